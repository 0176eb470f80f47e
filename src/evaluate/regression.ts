/** How near predicted numbers are to the true ones. Definitions are scikit-learn's and SciPy's; fixtures check them. */

/** The fields have the names of the JSON that `bertune evaluate` prints. */
export interface RegressionMetrics {
  readonly problem_type: 'regression';
  readonly examples: number;
  /** Mean of the squared errors; this is the loss too. */
  readonly mse: number;
  /** Its root, in the unit of the numbers. */
  readonly rmse: number;
  /** Mean of the absolute errors. */
  readonly mae: number;
  /** The share of the variance that is explained: 1 - mse / variance. `null` where all true numbers are the same. */
  readonly r2: number | null;
  /** Correlation of the numbers; `null` where one side is constant. */
  readonly pearson: number | null;
  /** Correlation of the ranks, ties sharing theirs. */
  readonly spearman: number | null;
  readonly loss: number;
}

/** Metrics as numbers, of all texts or of a sample in which some count more than once. */
export type RegressionNumbers = Omit<RegressionMetrics, 'problem_type' | 'examples' | 'loss'>;

/**
 * @param logits [examples][1]: what was predicted
 * @param values the true numbers
 */
export function regressionMetrics(
  logits: readonly ArrayLike<number>[],
  values: ArrayLike<number>,
): RegressionMetrics {
  const predicted = logits.map((row) => row[0]!);
  const truth = Array.from(values);
  const weights = new Uint8Array(truth.length).fill(1);
  const numbers = weightedNumbers(predicted, truth, weights, [
    placesInOrder(predicted),
    placesInOrder(truth),
  ]);
  return { problem_type: 'regression', examples: truth.length, ...numbers, loss: numbers.mse };
}

/**
 * @param weights how often each text counts
 * @param orders places by the predicted and by the true number
 */
export function weightedNumbers(
  predicted: readonly number[],
  truth: readonly number[],
  weights: ArrayLike<number>,
  [byPredicted, byTruth]: readonly [Int32Array, Int32Array],
): RegressionNumbers {
  let [count, squares, absolutes] = [0, 0, 0];
  truth.forEach((value, i) => {
    const error = predicted[i]! - value;
    count += weights[i]!;
    squares += weights[i]! * error * error;
    absolutes += weights[i]! * Math.abs(error);
  });
  const mse = squares / count;
  const variance = varianceOf(truth, weights);
  return {
    mse,
    rmse: Math.sqrt(mse),
    mae: absolutes / count,
    r2: variance === 0 ? null : 1 - mse / variance,
    pearson: correlation(predicted, truth, weights),
    spearman: correlation(
      ranksOf(predicted, weights, byPredicted),
      ranksOf(truth, weights, byTruth),
      weights,
    ),
  };
}

/**
 * How far off each number is, the largest error first.
 *
 * ```ts
 * largestErrors([2.5, 4], [3, 2]); // [ { place: 1, error: 2 }, { place: 0, error: -0.5 } ]
 * ```
 */
export function largestErrors(
  predicted: readonly number[],
  truth: ArrayLike<number>,
): { readonly place: number; readonly error: number }[] {
  return predicted
    .map((value, place) => ({ place, error: value - truth[place]! }))
    .sort((a, b) => Math.abs(b.error) - Math.abs(a.error) || a.place - b.place);
}

/** Pearson's correlation coefficient; `null` where one side is constant. */
export function correlation(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  weights: ArrayLike<number>,
): number | null {
  const spread = Math.sqrt(varianceOf(a, weights)) * Math.sqrt(varianceOf(b, weights));
  return spread === 0 ? null : covariance(a, b, weights) / spread;
}

/** 0 where all numbers are the same but for rounding. */
function varianceOf(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  const variance = covariance(values, values, weights);
  const size = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.sqrt(variance) <= 1e-13 * size ? 0 : variance;
}

/** Of the population: divided by the number of texts. In two passes, so that large means take no digits away. */
function covariance(a: ArrayLike<number>, b: ArrayLike<number>, weights: ArrayLike<number>): number {
  let [count, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    count += weights[i]!;
    sumA += weights[i]! * a[i]!;
    sumB += weights[i]! * b[i]!;
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += weights[i]! * (a[i]! - meanA) * (b[i]! - meanB);
  return sum / count;
}

/** Places, the lowest value first. */
export function placesInOrder(values: readonly number[]): Int32Array {
  return Int32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
}

/** The rank of each value among those that count, equal ones sharing the mean of theirs. */
function ranksOf(values: readonly number[], weights: ArrayLike<number>, order: Int32Array): Float64Array {
  const ranks = new Float64Array(values.length);
  let below = 0;
  for (let start = 0; start < order.length;) {
    let [end, tied] = [start, 0];
    for (; end < order.length && values[order[end]!] === values[order[start]!]; end++)
      tied += weights[order[end]!]!;
    for (let at = start; at < end; at++) ranks[order[at]!] = below + (tied + 1) / 2;
    below += tied;
    start = end;
  }
  return ranks;
}
