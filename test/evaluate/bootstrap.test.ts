import { expect, test } from 'vitest';
import { areaFromWeights, byScore } from '../../src/evaluate/area.js';
import { intervalsOf, quantile } from '../../src/evaluate/bootstrap.js';
import { fixtureJson } from '../support/fixtures.js';

test('the ROC area of a sample is that of scikit-learn with weights', () => {
  const { area } = fixtureJson('baseline.json') as {
    area: { scores: number[]; positive: number[]; weights: number[][]; areas: number[] };
  };
  const order = byScore(
    area.scores,
    area.positive.map((x) => x === 1),
  );
  area.weights.forEach((weights, i) => {
    expect(areaFromWeights(order, weights)).toBeCloseTo(area.areas[i]!, 12);
  });
});

/** So many texts of two classes, of which so many are classified rightly, with the same confidence. */
function answers(texts: number, right: number): { logits: number[][]; labelIds: number[] } {
  const labelIds = Array.from({ length: texts }, (_, i) => i % 2);
  const logits = labelIds.map((label, i) => ((i < right ? label : 1 - label) === 0 ? [1, 0] : [0, 1]));
  return { logits, labelIds };
}

test("an accuracy's interval is the binomial's", () => {
  const { logits, labelIds } = answers(400, 352);
  const { accuracy, level, resamples } = intervalsOf(logits, labelIds, { resamples: 4000 });
  expect([level, resamples]).toEqual([0.95, 4000]);
  // scipy.stats.binom(400, 0.88).ppf([0.025, 0.975]) / 400; by chance the ends are off by a text or two
  expect(Math.abs(accuracy[0] - 0.8475)).toBeLessThanOrEqual(0.005);
  expect(Math.abs(accuracy[1] - 0.91)).toBeLessThanOrEqual(0.005);
});

test('each metric lies in its interval, which is narrower with more texts, and the same each time', () => {
  const few = answers(100, 80);
  const many = answers(1000, 800);
  const found = intervalsOf(few.logits, few.labelIds);
  expect(intervalsOf(few.logits, few.labelIds)).toEqual(found);
  const wide = found.accuracy[1] - found.accuracy[0];
  const { accuracy, f1, roc_auc, matthews_correlation } = intervalsOf(many.logits, many.labelIds);
  expect(wide / (accuracy[1] - accuracy[0])).toBeGreaterThan(2.5); // the square root of 10 is 3.2
  for (const [interval, value] of [
    [accuracy, 0.8],
    [f1, 0.8],
    [roc_auc!, 0.8],
    [matthews_correlation, 0.6],
  ] as const) {
    expect(interval[0]).toBeLessThan(value);
    expect(interval[1]).toBeGreaterThan(value);
  }
});

test('three classes have intervals too; a class that is absent leaves no area', () => {
  const labelIds = [0, 1, 2, 0, 1, 2, 0, 1];
  const logits = labelIds.map((label) => [0, 1, 2].map((id) => (id === label ? 2 : 0)));
  const sure = intervalsOf(logits, labelIds);
  expect(sure.accuracy).toEqual([1, 1]);
  expect(sure.roc_auc).toEqual([1, 1]);
  expect(intervalsOf(logits.slice(0, 2), [0, 0]).roc_auc).toBeNull();
});

test('quantiles are those of numpy', () => {
  const values = Float64Array.of(1, 2, 4, 8);
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 1.75, 3, 5, 8]);
});
