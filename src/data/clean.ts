import { decodeHTMLStrict } from 'entities/decode';
import { Tokenizer } from 'htmlparser2';

import {
  BARE_ATTRIBUTES,
  CELL_ELEMENTS,
  HIDDEN_ELEMENTS,
  INLINE_ELEMENTS,
  isElement,
  LINE_ELEMENTS,
  mayHoldMarkup,
} from './html-names.js';

/** How texts are cleaned: `html` turns tags and entities into text, `none` leaves texts as they are. */
export type Cleaning = 'html' | 'none';

/**
 * Applies a cleaning.
 *
 * ```ts
 * clean('Good.<br /><br />See it!', 'html'); // 'Good.\nSee it!'
 * ```
 */
export function clean(text: string, cleaning: Cleaning): string {
  return cleaning === 'html' ? cleanHtml(text) : text;
}

/**
 * Turns HTML into the text a reader sees. People write `<` and `&` for other reasons too, so only what is
 * surely HTML counts: whole tags of known elements, comments that end, entities that exist and end in `;`.
 *
 * ```ts
 * cleanHtml('Good.<br /><br />See <b>it</b>!'); // 'Good.\nSee it!'
 * cleanHtml('I <3 it, 5 < 6, AT&T, <sarcasm>'); // as written
 * ```
 */
export function cleanHtml(text: string): string {
  if (!mayHoldMarkup(text)) return text;
  const result = new TextBuilder();
  const html = escapeNonTags(text);
  let hidden = ''; // the element being skipped, if any
  const onTag = (start: number, end: number): void => {
    const name = html.slice(start, end).toLowerCase();
    if (LINE_ELEMENTS.has(name)) result.separate('\n');
    else if (CELL_ELEMENTS.has(name)) result.separate(' ');
    else if (!INLINE_ELEMENTS.has(name)) hidden = hidden === '' ? name : '';
  };
  const tokenizer = new Tokenizer(
    { decodeEntities: false },
    {
      ...IGNORE_THE_REST,
      onopentagname: onTag,
      onclosetag: onTag,
      ontext: (start, end) => {
        if (hidden === '') result.add(decodeHTMLStrict(html.slice(start, end)));
      },
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return result.toString();
}

const ignore = (): void => undefined;
const IGNORE_THE_REST = {
  onattribdata: ignore,
  onattribend: ignore,
  onattribentity: ignore,
  onattribname: ignore,
  oncdata: ignore,
  oncomment: ignore,
  ondeclaration: ignore,
  onend: ignore,
  onopentagend: ignore,
  onprocessinginstruction: ignore,
  onselfclosingtag: ignore,
  ontextentity: ignore,
};

/** Joins pieces of text; a run of separators becomes one, together with the white space around it. */
class TextBuilder {
  readonly #pieces: string[] = [];
  #separator: '' | ' ' | '\n' = '';

  separate(separator: ' ' | '\n'): void {
    if (this.#separator !== '\n') this.#separator = separator;
  }

  add(text: string): void {
    let piece = text;
    if (this.#separator !== '') {
      piece = text.trimStart();
      if (piece === '') return;
      this.#trimEnd();
      if (this.#pieces.length > 0) this.#pieces.push(this.#separator);
      this.#separator = '';
    }
    this.#pieces.push(piece);
  }

  toString(): string {
    return this.#pieces.join('').trim();
  }

  #trimEnd(): void {
    for (let last = this.#pieces.pop(); last !== undefined; last = this.#pieces.pop()) {
      const kept = last.trimEnd();
      if (kept === '') continue;
      this.#pieces.push(kept);
      return;
    }
  }
}

// A tag with its attributes; quotes after "=" may hold anything, else neither "<" nor ">". The alternatives
// exclude each other, so that matching takes linear time on any text.
const LESS_THAN =
  /<(?:(!--)|!doctype\b[^<>]*>|(\/?)([a-z][a-z0-9]*)(?=[\s/>])((?:[^<>=]|=\s*"[^"]*"|=\s*'[^']*'|=(?!\s*["']))*)>)?/gi;

/** Writes `<` as `&lt;` wherever it does not begin a tag or a comment, so that a parser can't be misled. */
function escapeNonTags(text: string): string {
  const lastComment = text.lastIndexOf('-->');
  const lastEnd = lastEndTags(text);
  return text.replace(
    LESS_THAN,
    (
      match: string,
      comment: string | undefined,
      slash: string | undefined,
      tag: string | undefined,
      attributes: string | undefined,
      offset: number,
    ) => {
      const name = tag?.toLowerCase();
      let isMarkup: boolean;
      if (comment !== undefined) isMarkup = lastComment >= offset + '<!--'.length;
      else if (name === undefined) isMarkup = match !== '<'; // a doctype
      else isMarkup = isElement(name) && areAttributes(attributes ?? '');
      if (name !== undefined && HIDDEN_ELEMENTS.has(name) && slash === '') {
        isMarkup &&= (lastEnd.get(name) ?? -1) > offset; // else it would hide all that follows
      }
      if (!isMarkup) return match.replaceAll('<', '&lt;');
      // Parsers take all that follows these as their text, tags included.
      return name !== undefined && RAW_TEXT.has(name) ? '<br>' : match;
    },
  );
}

const RAW_TEXT: ReadonlySet<string> = new Set(['title', 'textarea', 'xmp', 'noscript', 'noframes']);

/** Where `</script>` and `</style>` occur last. */
function lastEndTags(text: string): Map<string, number> {
  const ends = new Map<string, number>();
  for (const match of text.matchAll(/<\/(script|style)\s*>/gi)) {
    ends.set(match[1]!.toLowerCase(), match.index);
  }
  return ends;
}

function areAttributes(text: string): boolean {
  const bare = text.replace(/\/$/, '').trim();
  if (bare === '' || bare.includes('=')) return true;
  return bare.split(/\s+/).every((word) => BARE_ATTRIBUTES.has(word.toLowerCase()));
}
