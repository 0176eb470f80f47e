import type { Targets } from '../util/problem.js';

/**
 * What makes every class count the same in the loss: for classes `balancedWeights`; for several labels the factor on texts
 * that have one, (n - n_c) / n_c, so that having it weighs as much as not having it (PyTorch's advice for `pos_weight`);
 * for numbers nothing.
 */
export function classWeightsOf(targets: Targets, labels: number): number[] | undefined {
  if (targets.problemType === 'regression') return undefined;
  if (targets.problemType === 'single_label_classification') return balancedWeights(targets.labelIds, labels);
  const counts = new Array<number>(labels).fill(0);
  for (const set of targets.labelSets) for (const id of set) counts[id]!++;
  return counts.map((count) => (count === 0 ? 1 : (targets.labelSets.length - count) / count));
}

/** n / (C * n_c) for each class c, as scikit-learn's "balanced"; 0 for a class without texts. */
export function balancedWeights(labelIds: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labelIds.length; i++) counts[labelIds[i]!]!++;
  return counts.map((count) => (count === 0 ? 0 : labelIds.length / (classes * count)));
}
