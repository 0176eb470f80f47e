import { DataError, UsageError } from '../util/errors.js';
import { plural } from '../util/wording.js';

/** The two parts of a split: places in the original list, in ascending order. */
export interface Split {
  train: number[];
  test: number[];
}

/**
 * Sets a share of each class aside, chosen at random: the rounded share of its members, but never all of
 * them, as a class that is not in the training part can't be learnt.
 *
 * @param labelIds each example's class
 * @param fraction what share goes to `test`, between 0 and 1
 * @param random gives numbers from 0 up to but not including 1; the same numbers give the same split
 *
 * ```ts
 * stratifiedSplit([0, 0, 0, 0, 1, 1, 1, 1], 0.25, random); // { train: [0, 1, 3, 4, 5, 7], test: [2, 6] }
 * ```
 */
export function stratifiedSplit(
  labelIds: ArrayLike<number>,
  fraction: number,
  random: () => number,
): Split {
  requireShare(fraction);
  const inTest = new Int8Array(labelIds.length);
  const classes = membersByClass(labelIds);
  let taken = 0;
  for (const members of classes) {
    const count = Math.min(Math.round(members.length * fraction), members.length - 1);
    for (let i = 0; i < count; i++) {
      // A shuffle that stops when it has the cards it needs.
      const j = i + Math.floor(random() * (members.length - i));
      [members[i], members[j]] = [members[j]!, members[i]!];
      inTest[members[i]!] = 1;
    }
    taken += count;
  }
  // Where most classes are too small to give one, as many of them give one as there should be.
  const wanted = Math.round(labelIds.length * fraction);
  if (taken < wanted / 2) {
    const givers = classes.filter((members) => members.length > 1 && inTest[members[0]!] === 0);
    for (; taken < wanted && givers.length > 0; taken++) {
      const [members] = givers.splice(Math.floor(random() * givers.length), 1);
      inTest[members![Math.floor(random() * members!.length)]!] = 1;
    }
  }
  const split = splitOf(inTest);
  if (split.test.length === 0) {
    throw new DataError(
      `Too few examples to set a share of ${fraction} aside: no class has enough of them ` +
        `(${labelIds.length} in all). Give a larger share (--test-split), or a test file (--test).`,
    );
  }
  return split;
}

export function requireShare(fraction: number): void {
  if (fraction > 0 && fraction < 1) return;
  throw new UsageError(`The share to set aside must lie between 0 and 1, not ${fraction}.`);
}

/** The split from what each example goes to: 1 for `test`. */
export function splitOf(inTest: Int8Array): Split {
  const split: Split = { train: [], test: [] };
  inTest.forEach((isTest, index) => (isTest === 1 ? split.test : split.train).push(index));
  return split;
}

/**
 * Which of `folds` parts each example is in, from 0 up: every part has nearly the same share of each class, and sizes differ as
 * little as that allows. Each class is shuffled and dealt out in turn, from where the class before left off.
 *
 * ```ts
 * stratifiedFolds([0, 0, 0, 1, 1, 1], 3, random); // Int32Array [ 1, 0, 2, 2, 0, 1 ]
 * ```
 *
 * @param random as for `stratifiedSplit`
 * @param nameOf what to call the class of an example in an error
 * @throws `DataError` for a class with one example, as it can't be both learnt and tested
 */
export function stratifiedFolds(
  labelIds: ArrayLike<number>,
  folds: number,
  random: () => number,
  nameOf: (index: number) => string = (index) => `the class of example ${index + 1}`,
): Int32Array {
  if (labelIds.length < folds) {
    throw new DataError(`${plural(labelIds.length, 'example')} can't be cut into ${folds} folds; give fewer --folds.`);
  }
  const foldOf = new Int32Array(labelIds.length);
  let next = 0;
  for (const members of membersByClass(labelIds)) {
    if (members.length === 1) {
      throw new DataError(
        `${nameOf(members[0]!)} has that one example alone: cross-validation needs two of each class at least.`,
      );
    }
    for (let i = 0; i < members.length; i++) {
      const j = i + Math.floor(random() * (members.length - i));
      [members[i], members[j]] = [members[j]!, members[i]!];
      foldOf[members[i]!] = next++ % folds;
    }
  }
  return foldOf;
}

/** The places of each class's members; classes in ascending order, so that the draw is reproducible. */
function membersByClass(labelIds: ArrayLike<number>): number[][] {
  const classes = new Map<number, number[]>();
  for (let i = 0; i < labelIds.length; i++) {
    const members = classes.get(labelIds[i]!);
    if (members) members.push(i);
    else classes.set(labelIds[i]!, [i]);
  }
  return [...classes].sort(([a], [b]) => a - b).map(([, members]) => members);
}
