/** Temperature, probabilities and errors of confidence, against scipy, scikit-learn and numpy. */
import { describe, expect, test } from 'vitest';
import { argmax, metricsOf } from '../../src/evaluate/metrics.js';
import { calibratedLogits, probabilitiesOf } from '../../src/evaluate/probabilities.js';
import { reliabilityOf } from '../../src/evaluate/reliability.js';
import { fitTemperature } from '../../src/evaluate/temperature.js';
import { fixtureJson } from '../support/fixtures.js';

interface Errors {
  readonly loss: number;
  readonly expected_calibration_error: number;
  readonly expected_calibration_error_equal_mass: number;
  readonly brier_score: number;
  readonly counts: readonly number[];
  readonly confidence: readonly (number | null)[];
  readonly accuracy: readonly (number | null)[];
}

interface Case {
  readonly name: string;
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly temperature: number;
  readonly before: Errors;
  readonly after: Errors;
}

const { cases } = fixtureJson('calibration.json') as { cases: readonly Case[] };

function expectErrors(
  { logits, labels }: Case,
  temperature: number | undefined,
  { counts, confidence, accuracy, ...expected }: Errors,
): void {
  const contract = temperature === undefined ? undefined : { calibration: { temperature } };
  const found = reliabilityOf(logits, labels, contract);
  for (const [name, value] of Object.entries(expected)) {
    expect(found[name as keyof typeof expected], name).toBeCloseTo(value, 9);
  }
  expect(found.reliability.map(({ count }) => count)).toEqual(counts);
  found.reliability.forEach((bin, i) => {
    expect([bin.from, bin.to]).toEqual([i / 15, (i + 1) / 15]);
    for (const [value, of] of [
      [bin.confidence, confidence[i]],
      [bin.accuracy, accuracy[i]],
    ] as const) {
      if (of === null || of === undefined) expect(value).toBeNull();
      else expect(value).toBeCloseTo(of, 9);
    }
  });
}

describe.each(cases)('$name', (each) => {
  const { logits, labels, temperature, before, after } = each;

  test("the temperature is scipy's", () => {
    expect(fitTemperature(logits, labels)! / temperature).toBeCloseTo(1, 8);
  });

  test('errors before and after are those of scikit-learn and numpy', () => {
    expectErrors(each, undefined, before);
    expectErrors(each, temperature, after);
    expect(after.loss).toBeLessThan(before.loss);
  });

  test('no answer changes, and neither does what is counted by answers', () => {
    const contract = { calibration: { temperature } };
    const names = logits[0]!.map((_, id) => `class ${id}`);
    const [plain, scaled] = [logits, calibratedLogits(logits, contract)].map((rows) =>
      metricsOf(rows, labels, names),
    );
    expect(scaled!.confusion_matrix).toEqual(plain!.confusion_matrix);
    expect(scaled!.accuracy).toBe(plain!.accuracy);
    expect(scaled!.loss).toBeCloseTo(after.loss, 9);
    for (const row of logits) expect(argmax(probabilitiesOf(row, contract))).toBe(argmax(row));
  });
});

test('the temperature of texts that are equally sure is the one that gives their accuracy', () => {
  // Three of four right: sigmoid(4 / T) = 3/4, so T = 4 / log 3.
  const logits = [1, 1, 1, 1].map(() => [0, 4]);
  expect(fitTemperature(logits, [1, 1, 1, 0])).toBeCloseTo(4 / Math.log(3), 8);
});

test('texts that say nothing of confidence have no temperature', () => {
  const logits = [[0, 4], [3, 0], [0, 1]]; // prettier-ignore
  expect(fitTemperature(logits, [1, 0, 1])).toBeUndefined(); // all right: the smaller T the better
  expect(fitTemperature(logits, [0, 1, 0])).toBeUndefined(); // all wrong: the larger the better
  expect(fitTemperature([[2, 2]], [0])).toBeUndefined(); // no slope at all
  expect(fitTemperature([], [])).toBeUndefined();
});

test('probabilities by hand, and without a temperature', () => {
  // softmax of (0, log 9) is (0.1, 0.9); at T = 2 of (0, log 3), (0.25, 0.75)
  const logits = [0, Math.log(9)];
  expect(probabilitiesOf(logits, undefined)[1]).toBeCloseTo(0.9, 12);
  expect(probabilitiesOf(logits, {})[1]).toBeCloseTo(0.9, 12);
  expect(probabilitiesOf(logits, { calibration: { temperature: 2 } })[1]).toBeCloseTo(0.75, 12);
});
