/** What cleaning does to a user's own texts: how many it changes, and how a few of them look before and after. */
import { clean, type Cleaning } from '../data/clean.js';
import { placeOf, type Example } from '../data/example.js';

export interface CleanedText {
  readonly place: string;
  /** The part around the first change. */
  readonly before: string;
  readonly after: string;
}

export interface CleaningFound {
  /** What was asked for. */
  readonly cleaning: Cleaning;
  /** Texts that `html` changes: or would, where it is `none`. */
  readonly texts: number;
  /** The first few. */
  readonly examples: readonly CleanedText[];
}

const SHOWN = 3;
/** Characters before the first change, and of all that is shown. */
const AHEAD = 20;
const WIDTH = 70;

/**
 * Cleans examples that were read as they are written.
 *
 * @returns the examples as `cleaning` leaves them, the places of those of which nothing is left, and what `html` changes
 */
export function cleanExamples(
  examples: readonly Example[],
  cleaning: Cleaning,
): { cleaned: Example[]; emptied: string[]; found: CleaningFound } {
  const cleaned: Example[] = [];
  const emptied: string[] = [];
  const shown: CleanedText[] = [];
  let texts = 0;
  for (const example of examples) {
    const text = clean(example.text, 'html');
    const textPair = example.textPair === undefined ? undefined : clean(example.textPair, 'html');
    const isChanged = text !== example.text || textPair !== example.textPair;
    if (isChanged && text !== example.text && shown.length < SHOWN) {
      shown.push({ place: placeOf(example), ...around(example.text, text) });
    }
    if (isChanged) texts++;
    if (cleaning === 'none' || !isChanged) cleaned.push(example);
    else if (text.trim() === '' || textPair?.trim() === '') emptied.push(placeOf(example));
    else cleaned.push({ ...example, text, ...(textPair !== undefined && { textPair }) });
  }
  return { cleaned, emptied, found: { cleaning, texts, examples: shown } };
}

/** The same part of both texts, from a little before where they differ. */
function around(before: string, after: string): { before: string; after: string } {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  const start = at <= AHEAD ? 0 : at - AHEAD;
  const part = (text: string): string => {
    const characters = Array.from(text.slice(start, start + 2 * WIDTH));
    const more = start + characters.join('').length < text.length || characters.length > WIDTH;
    return `${start > 0 ? '…' : ''}${characters.slice(0, WIDTH).join('')}${more ? '…' : ''}`;
  };
  return { before: part(before), after: part(after) };
}
