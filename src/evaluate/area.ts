/** Area under the ROC curve, of all texts or of a sample in which some count more than once. */

/** Texts in the order of their scores. */
export interface ScoredOrder {
  /** Places, the lowest score first. */
  readonly order: Int32Array;
  /** [texts] in that order: 1 where the score is higher than the one before. */
  readonly steps: Uint8Array;
  /** [texts] in that order: 1 for the class in question. */
  readonly positive: Uint8Array;
}

export function byScore(scores: readonly number[], isPositive: readonly boolean[]): ScoredOrder {
  const order = Int32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  return {
    order,
    steps: Uint8Array.from(order, (place, i) => (i > 0 && scores[place]! > scores[order[i - 1]!]! ? 1 : 0)),
    positive: Uint8Array.from(order, (place) => (isPositive[place] ? 1 : 0)),
  };
}

/**
 * The share of (positive, negative) pairs that the scores order rightly, ties counted half: the Mann-Whitney
 * statistic, which is the area under the curve. `null` when one of the two is absent.
 *
 * @param weights how often each text counts
 */
export function areaFromWeights(
  { order, steps, positive }: ScoredOrder,
  weights: ArrayLike<number>,
): number | null {
  let [below, negatives, positives, right] = [0, 0, 0, 0];
  let [tiedNegatives, tiedPositives] = [0, 0];
  for (let i = 0; i <= order.length; i++) {
    if (i === order.length || steps[i] === 1) {
      right += tiedPositives * (below + tiedNegatives / 2);
      below += tiedNegatives;
      tiedNegatives = tiedPositives = 0;
      if (i === order.length) break;
    }
    const weight = weights[order[i]!]!;
    if (positive[i] === 1) {
      tiedPositives += weight;
      positives += weight;
    } else {
      tiedNegatives += weight;
      negatives += weight;
    }
  }
  return positives === 0 || negatives === 0 ? null : right / (positives * negatives);
}
