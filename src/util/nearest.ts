import { distance } from 'fastest-levenshtein';

/**
 * The candidate closest to a mistyped name, or nothing when none is close enough to be what was meant:
 * at most a third of the letters may differ. Upper and lower case count as the same.
 *
 * ```ts
 * nearest('sentimant', ['review', 'sentiment']); // 'sentiment'
 * nearest('colour', ['review', 'sentiment']); // undefined
 * ```
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (edits > allowed || edits >= bestDistance) continue;
    // Among names of one or two letters, one edit away is any other name.
    if (edits > 0 && Math.min(name.length, candidate.length) < 3) continue;
    best = candidate;
    bestDistance = edits;
  }
  return best;
}
