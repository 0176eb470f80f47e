/** Which words of an explanation matter. */
import type { WordContribution } from './explain.js';

/** A word with all its places in a text taken together. */
export interface RankedWord {
  /** As it is written where it is first. */
  readonly word: string;
  /** How often it is in the part of the text that was read. */
  readonly times: number;
  /** The sum over its places. */
  readonly contribution: number;
}

/**
 * Words by what they add, those that add most first: for the label, and against it. Upper and lower case are one word.
 *
 * ```ts
 * rankWords(explanation.words, 2).for; // [ { word: 'superb', times: 2, contribution: 3.1 }, ... ]
 * ```
 *
 * @param most how many of each
 */
export function rankWords(
  words: readonly WordContribution[],
  most: number,
): { readonly for: readonly RankedWord[]; readonly against: readonly RankedWord[] } {
  const found = new Map<string, RankedWord>();
  for (const { word, contribution } of words) {
    // What is neither letter nor number says little by itself, and is seen in the text.
    if (contribution === null || !/[\p{L}\p{N}]/u.test(word)) continue;
    const key = word.toLowerCase();
    const known = found.get(key) ?? { word, times: 0, contribution: 0 };
    found.set(key, {
      word: known.word,
      times: known.times + 1,
      contribution: known.contribution + contribution,
    });
  }
  const ranked = [...found.values()].sort((a, b) => b.contribution - a.contribution);
  return {
    for: ranked.filter(({ contribution }) => contribution > 0).slice(0, most),
    against: ranked
      .filter(({ contribution }) => contribution < 0)
      .reverse()
      .slice(0, most),
  };
}

/** How many strengths a word can be shown in, for or against. */
export const STRENGTHS = 4;

/** The largest contribution of any word, for it or against it. */
export function largestOf(words: readonly WordContribution[]): number {
  return Math.max(...words.map(({ contribution }) => Math.abs(contribution ?? 0)), Number.MIN_VALUE);
}

/** A stretch of a text that is shown in one way. */
export interface ShownStretch {
  readonly text: string;
  /** From `-STRENGTHS` (strongest against) over 0 to `STRENGTHS` (strongest for); `null` where it was not read. */
  readonly strength: number | null;
  /** Of a word; absent between words. */
  readonly contribution?: number;
}

/**
 * The text of an explanation in stretches, each with how strongly it is to be shown: in steps of the largest contribution,
 * nothing below an eighth of it. Joined, they are the text.
 *
 * @param largest the largest contribution; of a pair that of both texts
 */
export function stretchesOf(
  text: string,
  words: readonly WordContribution[],
  largest = largestOf(words),
): ShownStretch[] {
  const stretches: ShownStretch[] = [];
  let end = 0;
  let wasRead = true;
  for (const { start, end: next, contribution } of words) {
    const isRead = contribution !== null;
    // Between two words that were not read nothing was.
    if (start > end) stretches.push({ text: text.slice(end, start), strength: isRead || wasRead ? 0 : null });
    const word = text.slice(start, next);
    if (isRead) {
      const strength = Math.round((contribution / largest) * STRENGTHS) || 0;
      stretches.push({ text: word, strength, contribution });
    } else stretches.push({ text: word, strength: null });
    end = next;
    wasRead = isRead;
  }
  if (end < text.length) stretches.push({ text: text.slice(end), strength: wasRead ? 0 : null });
  return stretches;
}
