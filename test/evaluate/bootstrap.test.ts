import { expect, test } from 'vitest';
import { areaFromWeights, byScore } from '../../src/evaluate/area.js';
import { intervalsOf, quantile } from '../../src/evaluate/bootstrap.js';
import { wilson } from '../../src/evaluate/interval.js';
import { measureIntervals } from '../../src/evaluate/measure.js';
import { RandomStream } from '../../src/util/random.js';
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
  expect(sure.accuracy).toEqual(wilson(8, 8)); // every sample is right, which says nothing
  expect(sure.roc_auc).toEqual([1, 1]);
  expect(intervalsOf(logits.slice(0, 2), [0, 0]).roc_auc).toBeNull();
});

test('quantiles are those of numpy', () => {
  const values = Float64Array.of(1, 2, 4, 8);
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 1.75, 3, 5, 8]);
});

type Ranges = Readonly<Record<string, readonly [number, number]>>;
const reference = fixtureJson('bootstrap.json') as {
  classes: { name: string; labels: number[]; logits: number[][]; intervals: Ranges }[];
  label_sets: { truth: number[][]; logits: number[][]; intervals: Ranges };
  numbers: { truth: number[]; predicted: number[]; intervals: Ranges };
};

/** Both draw at random: the ends of 1,500 and of 2,000 samples are within a tenth of the interval, or a text. */
function expectLike(found: object, expected: Ranges, texts: number): void {
  for (const [name, [low, high]] of Object.entries(expected)) {
    const [from, to] = (found as Ranges)[name]!;
    const allowed = Math.max(0.1 * (high - low), 1.01 / texts);
    expect(Math.abs(from - low), `${name} from ${from}, not ${low}`).toBeLessThanOrEqual(allowed);
    expect(Math.abs(to - high), `${name} to ${to}, not ${high}`).toBeLessThanOrEqual(allowed);
  }
}

test.each(reference.classes)("intervals of $name are those of numpy's draws", (each) => {
  expectLike(intervalsOf(each.logits, each.labels), each.intervals, each.labels.length);
});

test('and those of several labels and of numbers', () => {
  const { truth: rows, logits, intervals } = reference.label_sets;
  const labelSets = rows.map((row) => row.flatMap((is, id) => (is === 1 ? [id] : [])));
  const ofSets = measureIntervals(logits, { problemType: 'multi_label_classification', labelSets });
  expectLike(ofSets, intervals, rows.length);
  const { truth, predicted, intervals: ofNumbers } = reference.numbers;
  const values = Float64Array.from(truth);
  const found = measureIntervals(predicted.map((x) => [x]), { problemType: 'regression', values }); // prettier-ignore
  expectLike(found, ofNumbers, Infinity);
});

test('of test sets of one kind, about 95 in 100 have an interval that holds the true accuracy', () => {
  const random = new RandomStream(1, 9);
  const [sets, texts, truth] = [200, 150, 0.85];
  let held = 0;
  for (let set = 0; set < sets; set++) {
    const right = Array.from({ length: texts }, () => random.uniform() < truth).filter(Boolean).length;
    const { logits, labelIds } = answers(texts, right);
    const [from, to] = intervalsOf(logits, labelIds, { resamples: 200, seed: set }).accuracy;
    if (from <= truth && truth <= to) held++;
  }
  // The binomial's own middle 99.9 % of 200 sets is 0.895 to 0.99; percentiles of 200 samples are a little short.
  expect(held / sets).toBeGreaterThan(0.885);
  expect(held / sets).toBeLessThan(0.995);
});

test('where all or none are right, an interval is not a point', () => {
  const of = (texts: number, right: number) => intervalsOf(answers(texts, right).logits, answers(texts, right).labelIds).accuracy; // prettier-ignore
  // scipy.stats.binomtest(3, 3).proportion_ci(method='wilson'): 0.4385 to 1
  expect(of(3, 3)[0]).toBeCloseTo(0.4385, 4);
  expect(of(3, 3)[1]).toBe(1);
  expect(of(3, 0)[1]).toBeCloseTo(1 - 0.4385, 4);
  const none = measureIntervals([[1], [1]], { problemType: 'multi_label_classification', labelSets: [[0], [0]] }); // prettier-ignore
  expect(none.subset_accuracy).toEqual(wilson(2, 2));
});
