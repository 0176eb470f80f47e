/** ROC and precision-recall curves as scikit-learn computes them. */
import { expect, test } from 'vitest';
import { rankingCurves } from '../../src/evaluate/ranking.js';
import { fixtureJson } from '../support/fixtures.js';

interface Case {
  readonly name: string;
  readonly scores: number[];
  readonly labels: number[];
  readonly roc: [number, number][];
  readonly precision_recall: [number, number][];
  readonly area: number;
  readonly average_precision: number;
}
const { cases } = fixtureJson('ranking.json') as { cases: Case[] };

const expectClose = (
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): void => {
  expect(actual).toHaveLength(expected.length);
  actual.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i]!, 12);
  });
};

test.each(cases.map((each) => [each.name, each] as const))('scores %s', (_, expected) => {
  const curves = rankingCurves(
    expected.scores,
    expected.labels.map((label) => label === 1),
  )!;
  expectClose(curves.roc, expected.roc);
  expectClose(curves.precisionRecall, expected.precision_recall);
  expect(curves.area).toBeCloseTo(expected.area, 12);
  expect(curves.averagePrecision).toBeCloseTo(expected.average_precision, 12);
});

test('without the class, or with nothing else, there are no curves', () => {
  expect(rankingCurves([0.1, 0.9], [false, false])).toBeUndefined();
  expect(rankingCurves([0.1, 0.9], [true, true])).toBeUndefined();
});
