/**
 * Logistic regression with an L2 penalty on sparse rows: scikit-learn's `LogisticRegression()`, which minimises
 * sum of losses + |w|^2 / (2 C) with C = 1; the intercept has no penalty. With two classes one set of weights, with more
 * the softmax of one set for each.
 */
import { minimise } from './lbfgs.js';
import type { SparseRows } from './tfidf.js';

const PENALTY = 1; // 1 / C
/** Of the mean loss. scikit-learn stops at 1e-4 by default; this costs a few iterations more. */
const TOLERANCE = 1e-5;
const MOST_ITERATIONS = 200;

export interface LinearModel {
  /** [outputs][features], one after another; one output with two classes, else one for each. */
  readonly weights: Float64Array;
  readonly intercepts: Float64Array; // [outputs]
  readonly width: number;
}

/**
 * @param labelIds the class of each row
 * @param classes how many there are
 */
export async function fitLogistic(
  rows: SparseRows,
  labelIds: ArrayLike<number>,
  classes: number,
  pause: () => Promise<void>,
  tolerance = TOLERANCE,
): Promise<LinearModel> {
  const outputs = outputsOf(classes);
  const size = outputs * rows.width;
  const x = new Float64Array(size + outputs); // weights, then intercepts
  await minimise({
    evaluate: (at, gradient) => meanLoss(rows, labelIds, outputs, at, gradient),
    x,
    tolerance,
    mostIterations: MOST_ITERATIONS,
    pause,
  });
  return { weights: x.subarray(0, size), intercepts: x.subarray(size), width: rows.width };
}

export const outputsOf = (classes: number): number => (classes === 2 ? 1 : classes);

/** The logits of each row: [rows][classes]; with two classes 0 and the one output. */
export function logitsOfRows({ weights, intercepts, width }: LinearModel, rows: SparseRows): Float64Array[] {
  const outputs = intercepts.length;
  return Array.from({ length: rows.offsets.length - 1 }, (_, i) => {
    const scores = new Float64Array(outputs);
    scoreRow(rows, i, weights, intercepts, width, scores);
    return outputs === 1 ? Float64Array.of(0, scores[0]!) : scores;
  });
}

function scoreRow(
  { offsets, features, values }: SparseRows,
  row: number,
  weights: Float64Array,
  intercepts: Float64Array,
  width: number,
  scores: Float64Array,
): void {
  for (let output = 0; output < scores.length; output++) {
    let score = intercepts[output]!;
    const first = output * width;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      score += weights[first + features[at]!]! * values[at]!;
    }
    scores[output] = score;
  }
}

/** The mean over rows of loss and penalty; its gradient goes to `gradient`. */
function meanLoss(
  rows: SparseRows,
  labelIds: ArrayLike<number>,
  outputs: number,
  x: Float64Array,
  gradient: Float64Array,
): number {
  const { offsets, features, values, width } = rows;
  const size = outputs * width;
  const count = offsets.length - 1;
  const weights = x.subarray(0, size);
  const intercepts = x.subarray(size);
  const scores = new Float64Array(outputs);
  const shrink = PENALTY / count;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    squares += weights[i]! ** 2;
    gradient[i] = shrink * weights[i]!;
  }
  gradient.fill(0, size);
  let loss = 0;
  for (let row = 0; row < count; row++) {
    scoreRow(rows, row, weights, intercepts, width, scores);
    loss += outputs === 1 ? binary(scores, labelIds[row]!) : softmax(scores, labelIds[row]!);
    for (let output = 0; output < outputs; output++) {
      const slope = scores[output]! / count;
      const first = output * width;
      for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
        const place = first + features[at]!;
        gradient[place] = gradient[place]! + slope * values[at]!;
      }
      gradient[size + output] = gradient[size + output]! + slope;
    }
  }
  return loss / count + (shrink * squares) / 2;
}

/** The loss of one row; its slope takes the score's place. */
function binary(scores: Float64Array, label: number): number {
  const score = scores[0]!;
  const power = Math.exp(-Math.abs(score));
  const probability = score >= 0 ? 1 / (1 + power) : power / (1 + power);
  scores[0] = probability - label;
  return Math.max(score, 0) - label * score + Math.log1p(power);
}

/** The loss of one row; its slopes take the scores' places. */
function softmax(scores: Float64Array, label: number): number {
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const own = scores[label]!;
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i]! - largest);
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / total - (i === label ? 1 : 0);
  return Math.log(total) + largest - own;
}
