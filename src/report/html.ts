/** HTML from templates whose values are escaped: whatever a text holds, it is shown as text. */

import { escapeHtml } from '../util/html.js';

/** Markup that was made by `html`, and so goes into other markup as it is. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template; `false`, `null` and `undefined` leave nothing. */
export type Part = Markup | string | number | false | null | undefined | readonly Part[];

/**
 * A template. Values are escaped unless they are markup themselves; in attributes they stand between quotes.
 *
 * ```ts
 * String(html`<p title="${'a "b"'}">${'<script>'}</p>`); // <p title="a &quot;b&quot;">&lt;script&gt;</p>
 * ```
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const fixed = compact(strings);
  let text = fixed[0]!;
  parts.forEach((part, i) => (text += shown(part) + fixed[i + 1]!));
  return new Markup(text);
}

const compacted = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Templates are laid out for who reads the code; in the file that room would be a third of all bytes. */
function compact(strings: TemplateStringsArray): readonly string[] {
  let short = compacted.get(strings);
  if (!short) {
    short = strings.map((text) => text.replace(/\s*\n\s*/g, '\n'));
    compacted.set(strings, short);
  }
  return short;
}

function shown(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return (part as readonly Part[]).map(shown).join('');
  if (part === false || part === null || part === undefined) return '';
  return escapeHtml(String(part));
}
