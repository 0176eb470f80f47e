/** The HTML elements, by what becomes of their tags in plain text. Anything else in angle brackets is text. */

const words = (list: string): string[] => list.trim().split(/\s+/);

/** Elements that begin on a line of their own, or end one. */
export const LINE_ELEMENTS: ReadonlySet<string> = new Set(
  words(`
    address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu
    nav noframes noscript ol optgroup option p pre search section select summary table tbody textarea tfoot
    thead title tr ul xmp`),
);

/** Elements that are set apart from their neighbours on the same line. */
export const CELL_ELEMENTS: ReadonlySet<string> = new Set(['td', 'th']);

/** Elements whose content is not text. */
export const HIDDEN_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style']);

/** Elements that leave no trace: `un<b>believ</b>able` is one word. */
export const INLINE_ELEMENTS: ReadonlySet<string> = new Set(
  words(`
    a abbr acronym applet area audio b base basefont bdi bdo big blink button canvas cite code col colgroup
    data datalist del dfn em embed font frame i iframe img input ins kbd label link map mark marquee meta
    meter nobr object output param picture progress q rp rt ruby s samp slot small source span strike strong
    sub sup svg template time track tt u var video wbr`),
);

/** Attributes that stand without a value: `<hr noshade>` is a tag, `<i loved it>` is not. */
export const BARE_ATTRIBUTES: ReadonlySet<string> = new Set(
  words(`
    allowfullscreen async autofocus autoplay checked compact controls default defer disabled hidden inert
    ismap itemscope loop multiple muted nohref noresize noshade novalidate nowrap open readonly required
    reversed selected`),
);

export function isElement(name: string): boolean {
  return [LINE_ELEMENTS, CELL_ELEMENTS, HIDDEN_ELEMENTS, INLINE_ELEMENTS].some((names) => names.has(name));
}

/** Whether a text may hold a tag or an entity; most hold neither. */
export function mayHoldMarkup(text: string): boolean {
  return /[<&]/.test(text);
}
