/** What always giving the same answer reaches: the least that a model has to beat. */
import type { OneOf, Targets } from '../util/problem.js';
import { majorityBaseline } from './metrics.js';

/** Of classes the commonest, of several labels the commonest one, of numbers the mean of the training texts. */
export type Baseline = OneOf<
  | { readonly label: string; readonly accuracy: number }
  | { readonly label: string; readonly f1_micro: number }
  | { readonly value: number; readonly mse: number; readonly mae: number }
>;

/**
 * @param targets of the texts that it is measured on
 * @param train of the training texts
 * @param labels by id
 */
export function simplestAnswer(targets: Targets, train: Targets, labels: readonly string[]): Baseline {
  if (targets.problemType === 'single_label_classification') {
    const { id, accuracy } = majorityBaseline(targets.labelIds);
    return { accuracy, label: labels[id]! };
  }
  if (targets.problemType === 'multi_label_classification') {
    const all = targets.labelSets.flat();
    if (all.length === 0) return { label: labels[0]!, f1_micro: 0 };
    const { id, accuracy: share } = majorityBaseline(all);
    // One answer for each text, of which so many are right.
    return {
      label: labels[id]!,
      f1_micro: (2 * share * all.length) / (targets.labelSets.length + all.length),
    };
  }
  const known = train.problemType === 'regression' ? train.values : targets.values;
  const value = mean(known);
  return {
    value,
    mse: mean(targets.values.map((truth) => (truth - value) ** 2)),
    mae: mean(targets.values.map((truth) => Math.abs(truth - value))),
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
