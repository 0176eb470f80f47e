import { describe, expect, test } from 'vitest';
import { majorityBaseline, metricsOf, rocAuc } from '../../src/evaluate/metrics.js';
import { fixtureJson } from '../support/fixtures.js';

interface Case {
  readonly name: string;
  readonly labels: number[];
  readonly probabilities: number[][];
  readonly expected: Record<'accuracy' | 'precision' | 'recall' | 'f1' | 'roc_auc', number> & {
    readonly matthews_correlation: number;
    readonly log_loss: number;
    readonly confusion_matrix: number[][];
    readonly per_class: Record<'precision' | 'recall' | 'f1' | 'support', number[]>;
  };
}

const { cases, log_loss_epsilon: epsilon } = fixtureJson('metrics.json') as {
  cases: Case[];
  log_loss_epsilon: number;
};

describe('the same as scikit-learn', () => {
  test.each(cases)('$name', ({ labels, probabilities, expected }) => {
    // scikit-learn clips probabilities of 0; logits can't say 0.
    const logits = probabilities.map((row) => row.map((p) => Math.log(Math.max(p, epsilon))));
    const names = probabilities[0]!.map((_, id) => `class ${id}`);
    const metrics = metricsOf(logits, labels, names);
    for (const name of ['accuracy', 'precision', 'recall', 'f1', 'matthews_correlation'] as const) {
      expect(metrics[name], name).toBeCloseTo(expected[name], 12);
    }
    // On the probabilities themselves: on their way through logits, equal ones come out a last bit apart.
    expect(rocAuc(probabilities, labels)).toBeCloseTo(expected.roc_auc, 12);
    expect(metrics.roc_auc).toBeCloseTo(expected.roc_auc, 2);
    expect(metrics.loss).toBeCloseTo(expected.log_loss, 6);
    expect(metrics.confusion_matrix).toEqual(expected.confusion_matrix);
    expect(metrics.examples).toBe(labels.length);
    for (const name of ['precision', 'recall', 'f1', 'support'] as const) {
      metrics.per_class.forEach((row, id) => {
        expect(row[name], `${name} of class ${id}`).toBeCloseTo(expected.per_class[name][id]!, 12);
      });
    }
  });
});

test('large logits are no trouble, and a test set of one class has no ROC curve', () => {
  const metrics = metricsOf([[1e4, -1e4]], [1], ['no', 'yes']);
  expect(metrics.loss).toBe(2e4);
  expect(metrics.roc_auc).toBeNull();
});

test('the baseline is the share of the commonest class', () => {
  expect(majorityBaseline([0, 2, 2, 1])).toEqual({ id: 2, accuracy: 0.5 });
});
