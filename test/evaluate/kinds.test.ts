/** Metrics of several labels and of numbers, against scikit-learn and SciPy (scripts/fixtures/make_kinds.py). */
import { describe, expect, test } from 'vitest';
import { measure, measureIntervals, numbersOf } from '../../src/evaluate/measure.js';
import { multiLabelMetrics } from '../../src/evaluate/multi-label.js';
import { placesInOrder, regressionMetrics, weightedNumbers } from '../../src/evaluate/regression.js';
import { fixtureJson } from '../support/fixtures.js';

type Numbers = Readonly<Record<'mse' | 'rmse' | 'mae' | 'r2' | 'pearson' | 'spearman', number>>;

const { labels: labelCases, numbers: numberCases } = fixtureJson('kinds.json') as {
  labels: {
    name: string;
    truth: number[][];
    probabilities: number[][];
    expected: Record<string, number>;
    per_label: Record<'precision' | 'recall' | 'f1' | 'support' | 'average_precision', (number | null)[]>;
  }[];
  numbers: {
    name: string;
    predicted: number[];
    truth: number[];
    expected: Numbers;
    samples: { weights: number[]; expected: Numbers }[];
  }[];
};

/** What sigmoid makes the probability of. */
const logit = (p: number): number => Math.log(p / (1 - p));
const setsOf = (rows: number[][]): number[][] =>
  rows.map((row) => row.flatMap((is, id) => (is === 1 ? [id] : [])));

describe('several labels, as scikit-learn', () => {
  test.each(labelCases)('$name', ({ truth, probabilities, expected, per_label }) => {
    const logits = probabilities.map((row) => row.map((p) => logit(Math.min(1 - 1e-12, Math.max(1e-12, p)))));
    const names = truth[0]!.map((_, id) => `label ${id}`);
    const metrics = multiLabelMetrics(logits, setsOf(truth), names);
    const found = numbersOf(metrics);
    for (const [name, value] of Object.entries(expected)) expect(found[name], name).toBeCloseTo(value, 10);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    metrics.per_label.forEach((row, id) => {
      for (const name of ['precision', 'recall', 'f1', 'support', 'average_precision'] as const) {
        const value = per_label[name][id] ?? null;
        if (value === null) expect(row[name], `${name} of ${id}`).toBeNull();
        else expect(row[name], `${name} of ${id}`).toBeCloseTo(value, 12);
      }
    });
  });
});

describe('numbers, as scikit-learn and SciPy', () => {
  test.each(numberCases)('$name', ({ predicted, truth, expected, samples }) => {
    const metrics = regressionMetrics(
      predicted.map((x) => [x]),
      truth,
    );
    const orders = [placesInOrder(predicted), placesInOrder(truth)] as const;
    for (const name of ['mse', 'rmse', 'mae', 'r2', 'pearson', 'spearman'] as const) {
      expect(metrics[name], name).toBeCloseTo(expected[name], 8);
      for (const { weights, expected: ofSample } of samples) {
        expect(weightedNumbers(predicted, truth, weights, orders)[name], name).toBeCloseTo(ofSample[name], 8);
      }
    }
    expect(metrics.loss).toBe(metrics.mse);
  });
});

test('where all numbers are the same there is no correlation and nothing to explain', () => {
  const { r2, pearson, spearman, mae } = regressionMetrics([[1], [2], [3]], [0.1, 0.1, 0.1]);
  expect({ r2, pearson, spearman }).toEqual({ r2: null, pearson: null, spearman: null });
  expect(mae).toBeCloseTo(1.9, 12);
});

test('each metric lies in its interval, the same each time', () => {
  const { predicted, truth } = numberCases[0]!;
  const { truth: rows, probabilities } = labelCases[0]!;
  for (const [logits, targets, labels] of [
    [predicted.map((x) => [x]), { problemType: 'regression', values: Float64Array.from(truth) }, ['LABEL_0']],
    [
      probabilities.map((row) => row.map((p) => logit(p))),
      { problemType: 'multi_label_classification', labelSets: setsOf(rows) },
      ['a', 'b', 'c', 'd'],
    ],
  ] as const) {
    const values = numbersOf(measure(logits, targets, labels));
    const intervals = measureIntervals(logits, targets);
    expect(measureIntervals(logits, targets)).toEqual(intervals);
    const { level, resamples, ...ranges } = intervals;
    expect([level, resamples]).toEqual([0.95, 2000]);
    for (const [name, range] of Object.entries(ranges)) {
      const [from, to] = range as readonly [number, number];
      expect(from, name).toBeLessThan(values[name]!);
      expect(to, name).toBeGreaterThan(values[name]!);
    }
  }
});
