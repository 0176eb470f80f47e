/** An explanation as a piece of a page. */
import { escapeHtml } from '../util/html.js';
import type { WordContribution } from './explain.js';
import { largestOf, stretchesOf, STRENGTHS, type ShownStretch } from './ranking.js';

/** Styles for `explanationHtml`, in light and dark; a page holds them once. */
export const EXPLANATION_CSS = [
  '.why{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.7}',
  '.why span{border-radius:3px;padding:1px 2px}',
  '.why .cut{opacity:.7;font-style:italic}',
  ...rules('for', ['#e3f4e6', '#c2e7c9', '#97d6a3', '#66c279'], ''),
  ...rules('against', ['#fdeae7', '#fbcfc9', '#f6ada4', '#ef857a'], ''),
  '@media (prefers-color-scheme:dark){',
  ...rules('for', ['#16301d', '#1b4627', '#206034', '#257d42'], '#f2f5f2'),
  ...rules('against', ['#3a1d1b', '#57241f', '#7a2b25', '#a1352c'], '#f7f2f1'),
  '}',
].join('\n');

function rules(kind: string, colours: readonly string[], ink: string): string[] {
  // Dark ink on light colours also where the page's own is light.
  const color = ink === '' ? '#1a1a1a' : ink;
  return colours.map((colour, i) => `.why .${kind}-${i + 1}{background:${colour};color:${color}}`);
}

/** So much of a part that was not read is shown at each of its ends. */
const CUT_SHOWN = 60;

/**
 * A text with its words coloured by what they add, as HTML: a `<div class="why">` of text and `<span>`s with the classes
 * `for-1` to `for-4` and `against-1` to `against-4` (the strongest), and `cut` for what was not read; of a pair one for each
 * text. Whatever the text holds is shown as text. A word's contribution is in its `title`.
 */
export function explanationHtml({
  text,
  words,
  textPair,
  pair_words: others = [],
}: {
  readonly text: string;
  readonly words: readonly WordContribution[];
  readonly textPair?: string;
  readonly pair_words?: readonly WordContribution[];
}): string {
  const largest = largestOf([...words, ...others]);
  const coloured = (part: string, own: readonly WordContribution[]): string =>
    `<div class="why">${shortened(stretchesOf(part, own, largest))
      .map(spanOf)
      .join('')}</div>`;
  return coloured(text, words) + (textPair === undefined ? '' : coloured(textPair, others));
}

function spanOf({ text, strength, contribution }: ShownStretch): string {
  const shown = escapeHtml(text);
  if (strength === null) return `<span class="cut">${shown}</span>`;
  if (strength === 0 || contribution === undefined) return shown;
  const kind = strength > 0 ? 'for' : 'against';
  const title = `${contribution > 0 ? '+' : ''}${contribution.toFixed(3)}`;
  return `<span class="${kind}-${Math.min(STRENGTHS, Math.abs(strength))}" title="${title}">${shown}</span>`;
}

/** Runs of what was not read as one stretch each, long ones with their middle left out. */
export function shortened(stretches: readonly ShownStretch[], most = CUT_SHOWN): ShownStretch[] {
  const joined: ShownStretch[] = [];
  for (const stretch of stretches) {
    const last = joined.at(-1);
    if (last?.strength === null && stretch.strength === null) {
      joined[joined.length - 1] = { text: last.text + stretch.text, strength: null };
    } else joined.push(stretch);
  }
  return joined.map((stretch) => {
    if (stretch.strength !== null || stretch.text.length <= 2 * most) return stretch;
    const characters = Array.from(stretch.text);
    if (characters.length <= 2 * most) return stretch;
    const [front, back] = [characters.slice(0, most), characters.slice(-most)];
    return { text: `${front.join('')} … ${back.join('')}`, strength: null };
  });
}
