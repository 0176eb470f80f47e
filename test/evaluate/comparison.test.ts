/** Whether a difference is real: against statsmodels and scipy. */
import { expect, test } from 'vitest';
import { comparisonOf } from '../../src/api/compare.js';
import { mcnemar, textsNeeded } from '../../src/evaluate/mcnemar.js';
import { differenceIntervals } from '../../src/evaluate/paired.js';
import { fixtureJson } from '../support/fixtures.js';

const fixture = fixtureJson('comparison.json') as {
  tests: { only_a: number; only_b: number; p_value: number; mid_p_value: number }[];
  needed: { only_a: number; only_b: number; examples: number; texts: number; power: number }[];
  difference: { labels: number[]; first: number[]; second: number[]; interval: [number, number] };
};

test.each(fixture.tests)("McNemar's test of $only_a and $only_b is statsmodels'", (each) => {
  const { p_value, mid_p_value } = mcnemar(each.only_a, each.only_b);
  expect(p_value / each.p_value).toBeCloseTo(1, 9);
  expect(mid_p_value / each.mid_p_value).toBeCloseTo(1, 9);
});

test.each(fixture.needed)('$texts texts tell $only_a and $only_b of $examples apart', (each) => {
  expect(textsNeeded(each.only_a, each.only_b, each.examples)).toBe(each.texts);
  expect(Math.abs(each.power - 0.8)).toBeLessThan(0.015); // so often in the simulation
});

test('no number of texts tells equals apart', () => {
  expect(textsNeeded(9, 9, 100)).toBeUndefined();
});

test("a difference's interval is that of scipy's paired bootstrap", () => {
  const { labels, first, second, interval } = fixture.difference;
  const { accuracy, f1 } = differenceIntervals(first, second, labels, 2);
  // Ends by chance a text or two of 300 apart.
  expect(Math.abs(accuracy[0] - interval[0])).toBeLessThanOrEqual(2 / 300);
  expect(Math.abs(accuracy[1] - interval[1])).toBeLessThanOrEqual(2 / 300);
  expect(f1[0]).toBeLessThan(f1[1]);
  expect(differenceIntervals(first, second, labels, 2)).toEqual({ accuracy, f1 });
  // The same answers: every draw is the same for both.
  expect(differenceIntervals(first, first, labels, 2)).toEqual({ accuracy: [0, 0], f1: [0, 0] });
});

/** So many texts of which both are right on some, and each alone on some. */
function comparison(both: number, onlyA: number, onlyB: number, neither: number) {
  const pairs = [[1, 1, both], [1, 0, onlyA], [0, 1, onlyB], [0, 0, neither]] as const; // prettier-ignore
  const rights = pairs.flatMap(([a, b, count]) => Array.from({ length: count }, () => [a, b] as const));
  const labelIds = Int32Array.from(rights, (_, i) => i % 2);
  const logits = (who: 0 | 1): number[][] =>
    rights.map((right, i) => ((right[who] === 1) === (labelIds[i] === 1) ? [0, 1] : [1, 0]));
  const names = { first: 'a', second: 'b', labels: ['no', 'yes'], labelIds };
  return comparisonOf(names, logits(0), logits(1));
}

test('the verdict says who is better, by what', () => {
  const found = comparison(300, 12, 31, 57);
  expect(found.verdict).toBe(
    'b is right on 31 texts where a is wrong, a on 12 where b is wrong: b is better, p = 0.005.',
  );
  expect(found).toMatchObject({
    ...{ examples: 400, both_right: 300, only_a_right: 12, only_b_right: 31, both_wrong: 57 },
    ...{ better: 'b', texts_needed: null },
  });
  expect(found.difference.accuracy).toBeCloseTo(19 / 400, 12);
  expect(found.difference.accuracy_interval[0]).toBeGreaterThan(0);
  const other = comparison(300, 31, 12, 57);
  expect(other.better).toBe('a');
  expect(other.verdict).toMatch(/^a is right on 31 texts where b is wrong, b on 12/);
});

test('or that the data can not tell, and how many texts could', () => {
  const found = comparison(900, 20, 26, 54);
  expect(found.verdict).toBe(
    "b is right on 26 texts where a is wrong, a on 20 where b is wrong: the data can't tell them apart, p = 0.46; " +
      'about 11,000 texts would be needed to tell a difference of this size.',
  );
  expect(found.better).toBeNull();
  expect(found.difference.accuracy_interval[0]).toBeLessThan(0);
  expect(comparison(20, 3, 3, 4).verdict).toMatch(/p = 1\.00; there is no difference that more texts/);
});
