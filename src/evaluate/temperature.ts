/**
 * Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599,
 * section 4.2): one number that all logits are divided by, fitted by the loss on texts that were not learnt from.
 */
import { softmax } from './logits.js';

/** No temperature beyond these is believed: it is then fitted to texts that say nothing of confidence. */
const HIGHEST = 100;
const LOWEST = 1 / HIGHEST;
/** Of the loss's slope by 1 / T, in nats times logits. */
const TOLERANCE = 1e-10;
const MOST_ITERATIONS = 100;

/**
 * The temperature of least mean cross-entropy. With b = 1 / T the loss is convex (its second derivative is the variance of the
 * logits under the softmax), so Newton's steps, kept within a bracket by bisection, find the one minimum.
 *
 * ```ts
 * // three of four right, each time with a probability of 0.95: log(19) / log(3)
 * fitTemperature([[0, 2.944], [0, 2.944], [0, 2.944], [0, 2.944]], [1, 1, 1, 0]); // 2.68
 * ```
 *
 * @param logits [texts][C]
 * @param labelIds the true classes
 * @returns `undefined` where there is no such temperature: all texts are classified rightly (the loss falls for ever as T
 *   does), or no better than by chance (as T grows)
 */
export function fitTemperature(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
): number | undefined {
  if (logits.length === 0) return undefined;
  let [low, high] = [LOWEST, HIGHEST]; // of b: the slope is negative at the first and positive at the second
  if (slopes(logits, labelIds, low).first >= 0 || slopes(logits, labelIds, high).first <= 0) return undefined;
  let inverse = 1;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const { first, second } = slopes(logits, labelIds, inverse);
    if (Math.abs(first) <= TOLERANCE) break;
    if (first < 0) low = inverse;
    else high = inverse;
    const newton = inverse - first / second;
    inverse = newton > low && newton < high ? newton : (low + high) / 2;
  }
  return 1 / inverse;
}

/** First and second derivative of the mean loss by b, at b. */
function slopes(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  inverse: number,
): { first: number; second: number } {
  let [first, second] = [0, 0];
  logits.forEach((row, i) => {
    const probabilities = softmax(Float64Array.from(row, (value) => inverse * value));
    const mean = probabilities.reduce((sum, p, id) => sum + p * row[id]!, 0);
    second += probabilities.reduce((sum, p, id) => sum + p * (row[id]! - mean) ** 2, 0);
    first += mean - row[labelIds[i]!]!;
  });
  return { first: first / logits.length, second: second / logits.length };
}
