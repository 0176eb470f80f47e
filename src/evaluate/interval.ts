/** Where a true share may lie. */

/** From and to. */
export type Interval = readonly [number, number];

/** Of the standard normal distribution: 95 % lies within so many deviations of the mean. */
const DEVIATIONS = 1.959963984540054;

/**
 * The 95 % interval of a share (Wilson 1927): within 0 and 1 also near these, and of use with few texts.
 *
 * ```ts
 * wilson(8, 10); // [ 0.490..., 0.943... ]
 * ```
 *
 * @returns [0, 1] where there are no examples
 */
export function wilson(correct: number, examples: number): Interval {
  if (examples === 0) return [0, 1];
  const share = correct / examples;
  const square = DEVIATIONS ** 2 / examples;
  const middle = share + square / 2;
  const width = DEVIATIONS * Math.sqrt((share * (1 - share)) / examples + square / (4 * examples));
  // Rounding must not leave 1 outside where all are correct.
  const low = correct === 0 ? 0 : (middle - width) / (1 + square);
  return [low, correct === examples ? 1 : (middle + width) / (1 + square)];
}
