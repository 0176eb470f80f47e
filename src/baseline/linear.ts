/**
 * Linear models with an L2 penalty on sparse rows, which minimise sum of losses + penalty |w|^2 / 2; the intercept has none.
 * Of classes scikit-learn's `LogisticRegression(C=10)`: with two one set of weights, with more the softmax of one set
 * for each. Of several labels `OneVsRestClassifier(LogisticRegression(C=10))`. Of numbers `Ridge()` (alpha = 1).
 */
import type { Targets } from '../util/problem.js';
import { minimise } from './lbfgs.js';
import type { SparseRows } from './tfidf.js';

/**
 * 1 / C. The rows of TF-IDF have length 1, for which scikit-learn's default of 1 is too strong: on film reviews a tenth of it is
 * a point better (docs/evaluate.md), and who beats something simple should beat it at its best.
 */
const PENALTY = { classes: 0.1, numbers: 1 };
/** Of the mean loss. scikit-learn stops at 1e-4 by default; this costs a few iterations more. */
const TOLERANCE = 1e-5;
const MOST_ITERATIONS = 200;

export interface LinearModel {
  /** [outputs][features], one after another; one output with two classes, else one for each class or label. */
  readonly weights: Float64Array;
  readonly intercepts: Float64Array; // [outputs]
  readonly width: number;
  /** Whether the one output is the second of two classes. */
  readonly ofTwo: boolean;
}

/** The loss of one row from its scores, whose place its slopes take. */
type RowLoss = (scores: Float64Array, row: number) => number;

/**
 * @param targets what each row is labelled with
 * @param labels how many classes or labels there are; 1 for numbers
 */
export async function fitLinear(
  rows: SparseRows,
  targets: Targets,
  labels: number,
  pause: () => Promise<void>,
  tolerance = TOLERANCE,
): Promise<LinearModel> {
  const outputs = outputsOf(targets.problemType, labels);
  const size = outputs * rows.width;
  const x = new Float64Array(size + outputs); // weights, then intercepts
  const { mean, spread } = unitOf(targets);
  const loss = rowLossOf(targets, outputs, mean, spread);
  const penalty = targets.problemType === 'regression' ? PENALTY.numbers : PENALTY.classes;
  await minimise({
    evaluate: (at, gradient) => meanLoss(rows, outputs, loss, penalty, at, gradient),
    x,
    tolerance,
    mostIterations: MOST_ITERATIONS,
    pause,
  });
  if (targets.problemType === 'regression') {
    for (let i = 0; i < x.length; i++) x[i] = x[i]! * spread;
    x[size] = x[size]! + mean;
  }
  return {
    ...{ weights: x.subarray(0, size), intercepts: x.subarray(size), width: rows.width },
    ofTwo: targets.problemType === 'single_label_classification' && outputs === 1,
  };
}

/** Sets of weights. */
export const outputsOf = (problemType: Targets['problemType'], labels: number): number =>
  problemType === 'single_label_classification' && labels === 2 ? 1 : labels;

/** What numbers are measured in while weights are sought, as a tolerance has no unit; the best weights only scale with it. */
function unitOf(targets: Targets): { mean: number; spread: number } {
  if (targets.problemType !== 'regression') return { mean: 0, spread: 1 };
  const { values } = targets;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / values.length) || 1 };
}

function rowLossOf(targets: Targets, outputs: number, mean: number, spread: number): RowLoss {
  switch (targets.problemType) {
    case 'single_label_classification': {
      const { labelIds } = targets;
      return outputs === 1
        ? (scores, row) => binary(scores, 0, labelIds[row]!)
        : (scores, row) => softmax(scores, labelIds[row]!);
    }
    case 'multi_label_classification': {
      const is = new Uint8Array(outputs);
      return (scores, row) => {
        const set = targets.labelSets[row]!;
        for (const id of set) is[id] = 1;
        let loss = 0;
        for (let id = 0; id < outputs; id++) loss += binary(scores, id, is[id]!);
        for (const id of set) is[id] = 0;
        return loss;
      };
    }
    case 'regression':
      return (scores, row) => {
        const error = scores[0]! - (targets.values[row]! - mean) / spread;
        scores[0] = error;
        return error ** 2 / 2;
      };
  }
}

/** The logits of each row: [rows][labels]; with two classes 0 and the one output. */
export function logitsOfRows(
  { weights, intercepts, width, ofTwo }: LinearModel,
  rows: SparseRows,
): Float64Array[] {
  return Array.from({ length: rows.offsets.length - 1 }, (_, i) => {
    const scores = new Float64Array(intercepts.length);
    scoreRow(rows, i, weights, intercepts, width, scores);
    return ofTwo ? Float64Array.of(0, scores[0]!) : scores;
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
  outputs: number,
  rowLoss: RowLoss,
  penalty: number,
  x: Float64Array,
  gradient: Float64Array,
): number {
  const { offsets, features, values, width } = rows;
  const size = outputs * width;
  const count = offsets.length - 1;
  const weights = x.subarray(0, size);
  const intercepts = x.subarray(size);
  const scores = new Float64Array(outputs);
  const shrink = penalty / count;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    squares += weights[i]! ** 2;
    gradient[i] = shrink * weights[i]!;
  }
  gradient.fill(0, size);
  let loss = 0;
  for (let row = 0; row < count; row++) {
    scoreRow(rows, row, weights, intercepts, width, scores);
    loss += rowLoss(scores, row);
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

/** The loss of one choice between yes and no; its slope takes the score's place. */
function binary(scores: Float64Array, output: number, label: number): number {
  const score = scores[output]!;
  const power = Math.exp(-Math.abs(score));
  const probability = score >= 0 ? 1 / (1 + power) : power / (1 + power);
  scores[output] = probability - label;
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
