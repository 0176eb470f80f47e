/** How well scores put one class before the others, threshold after threshold: the ROC and the precision-recall curve. */
import { areaFromWeights, byScore } from './area.js';

/** Definitions are scikit-learn's: `roc_curve`, `precision_recall_curve`, `roc_auc_score`, `average_precision_score`. */
export interface RankingCurves {
  /** From (0, 0) to (1, 1): the share of the others, and of the class, whose score is at least a threshold. */
  readonly roc: readonly (readonly [falsePositiveRate: number, truePositiveRate: number])[];
  /** From recall 0, where precision is 1 by definition, to recall 1. */
  readonly precisionRecall: readonly (readonly [recall: number, precision: number])[];
  readonly area: number;
  /** Precision at each threshold, weighted by the recall that it adds. */
  readonly averagePrecision: number;
  /** The share of the class among all: the precision of guessing. */
  readonly prevalence: number;
}

/**
 * ```ts
 * const { area, averagePrecision } = rankingCurves([0.1, 0.4, 0.35, 0.8], [false, false, true, true])!;
 * console.log(area, averagePrecision); // 0.75 0.8333333333333333
 * ```
 *
 * @returns `undefined` where the class, or what isn't of it, is absent: then there are no such curves
 */
export function rankingCurves(
  scores: readonly number[],
  isPositive: readonly boolean[],
): RankingCurves | undefined {
  const ordered = byScore(scores, isPositive);
  const { order, steps, positive } = ordered;
  const positives = positive.reduce((sum, one) => sum + one, 0);
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const roc: [number, number][] = [[0, 0]];
  const precisionRecall: [number, number][] = [[0, 1]];
  let [hits, alarms, averagePrecision] = [0, 0, 0];
  for (let i = order.length - 1; i >= 0; i--) {
    if (positive[i] === 1) hits++;
    else alarms++;
    if (i > 0 && steps[i] === 0) continue; // texts of the same score pass a threshold together
    const [recall, precision] = [hits / positives, hits / (hits + alarms)];
    averagePrecision += (recall - precisionRecall.at(-1)![0]) * precision;
    roc.push([alarms / negatives, recall]);
    precisionRecall.push([recall, precision]);
  }
  const area = areaFromWeights(ordered, new Uint8Array(order.length).fill(1))!;
  return { roc, precisionRecall, area, averagePrecision, prevalence: positives / order.length };
}
