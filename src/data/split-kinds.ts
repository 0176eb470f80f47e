/** Splits that keep the proportions of whatever texts are labelled with. */
import { DataError } from '../util/errors.js';
import type { Targets } from '../util/problem.js';
import { requireShare, splitOf, stratifiedSplit, type Split } from './split.js';

/** Numbers are put into so many bins, from the least to the greatest. */
const BINS = 10;

/**
 * Sets a share aside in which classes, labels or numbers are spread as in the rest.
 *
 * @param fraction what share goes to `test`, between 0 and 1
 * @param random gives numbers from 0 up to but not including 1; the same numbers give the same split
 */
export function splitTargets(targets: Targets, fraction: number, random: () => number): Split {
  switch (targets.problemType) {
    case 'single_label_classification':
      return stratifiedSplit(targets.labelIds, fraction, random);
    case 'multi_label_classification':
      return iterativeSplit(targets.labelSets, fraction, random);
    case 'regression':
      return stratifiedSplit(binsOf(targets.values, fraction), fraction, random);
  }
}

/**
 * Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data", algorithm 1):
 * the label with the fewest texts left is shared out first, each text to the part that lacks most of this label, or of texts
 * altogether, or by chance. So a label that is seen once is in `train`.
 */
export function iterativeSplit(
  labelSets: readonly (readonly number[])[],
  fraction: number,
  random: () => number,
): Split {
  requireShare(fraction);
  const count = labelSets.length;
  const labels = labelSets.reduce((most, set) => set.reduce((a, id) => Math.max(a, id + 1), most), 0);
  const order = shuffled(count, random);
  const members = Array.from({ length: labels }, (): number[] => []);
  for (const place of order) for (const id of labelSets[place]!) members[id]!.push(place);
  const left = members.map(({ length }) => length);
  // What each part still lacks, of texts and of each label; 0 is `train`.
  const shares = [1 - fraction, fraction] as const;
  const texts = shares.map((share) => share * count);
  const wanted = shares.map((share) => left.map((total) => share * total));
  const part = new Int8Array(count).fill(-1);
  const give = (place: number, to: number): void => {
    part[place] = to;
    texts[to]!--;
    for (const id of labelSets[place]!) {
      wanted[to]![id]!--;
      left[id]!--;
    }
  };
  const needier = (lacks: (part: number) => number): number => {
    const more = lacks(1) - lacks(0) || texts[1]! - texts[0]!;
    return more === 0 ? Math.floor(2 * random()) : more > 0 ? 1 : 0;
  };
  for (;;) {
    let rarest = -1;
    left.forEach((total, id) => {
      if (total > 0 && (rarest < 0 || total < left[rarest]!)) rarest = id;
    });
    if (rarest < 0) break;
    for (const place of members[rarest]!) {
      if (part[place]! < 0) give(place, needier((to) => wanted[to]![rarest]!)); // prettier-ignore
    }
  }
  for (const place of order) if (part[place]! < 0) give(place, needier((to) => texts[to]!)); // prettier-ignore
  const split = splitOf(part);
  if (split.test.length > 0 && split.train.length > 0) return split;
  throw new DataError(
    `Too few examples to set a share of ${fraction} aside (${count} in all). ` +
      `Give a larger share (--test-split), or a test file (--test).`,
  );
}

/** The bin of each number: as many in each, and each large enough to give one away. */
function binsOf(values: ArrayLike<number>, fraction: number): Int32Array {
  const count = values.length;
  const bins = Math.max(1, Math.min(BINS, Math.floor(count * Math.min(fraction, 1 - fraction))));
  const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
  const found = new Int32Array(count);
  order.forEach((place, rank) => (found[place] = Math.floor((rank * bins) / count)));
  return found;
}

function shuffled(count: number, random: () => number): number[] {
  const places = Array.from({ length: count }, (_, place) => place);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [places[i], places[j]] = [places[j]!, places[i]!];
  }
  return places;
}
