import { describe, expect, test } from 'vitest';
import {
  confidentErrors,
  slicesBy,
  slicesByCut,
  slicesByLength,
  type Judged,
} from '../../src/evaluate/slices.js';
import { wilson } from '../../src/evaluate/interval.js';

const judged = (tokens: number, correct = true, cut = 0): Judged => ({ tokens, correct, cut });

describe('wilson', () => {
  test('8 of 10, by hand', () => {
    // z^2/n = 3.8415/10 = 0.38415; (0.8 + 0.19207 -+ 1.95996 sqrt(0.016 + 0.0096036)) / 1.38415
    const [low, high] = wilson(8, 10);
    expect(low).toBeCloseTo((0.8 + 0.192073 - 1.959964 * Math.sqrt(0.0256036)) / 1.384146, 5);
    expect(low).toBeCloseTo(0.49016, 4);
    expect(high).toBeCloseTo(0.94331, 4);
  });

  test('the same as scipy.stats.binomtest(883, 1000).proportion_ci(method="wilson")', () => {
    expect(wilson(883, 1000)[0]).toBeCloseTo(0.8615970906, 9);
    expect(wilson(883, 1000)[1]).toBeCloseTo(0.9014716124, 9);
  });

  test('all, none, of none', () => {
    // All of n: from 1 / (1 + z^2/n).
    expect(wilson(10, 10)[0]).toBeCloseTo(1 / 1.384146, 5);
    expect(wilson(10, 10)[1]).toBe(1);
    expect(wilson(0, 10)[0]).toBe(0);
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});

test('slices by class, in the order of the classes, without those that no text has', () => {
  const truth = ['b', 'a', 'b', 'b'];
  const items = [true, true, false, true].map((correct) => ({ correct }));
  const slices = slicesBy(items, ['a', 'none', 'b'], (_, i) => truth[i]!);
  expect(slices.map(({ name, examples, correct, accuracy }) => [name, examples, correct, accuracy])).toEqual([
    ['a', 1, 1, 1],
    ['b', 3, 2, 2 / 3],
  ]);
  expect(slices[1]!.interval).toEqual(wilson(2, 3));
});

test('by length: parts of like size, each named by the lengths in it', () => {
  const texts = [30, 10, 50, 20, 40, 60, 80, 70, 100, 90].map((tokens) => judged(tokens, tokens > 25));
  const slices = slicesByLength(texts);
  expect(slices.map(({ name, examples, correct }) => [name, examples, correct])).toEqual([
    ['10 to 20 tokens', 2, 0],
    ['30 to 40 tokens', 2, 2],
    ['50 to 60 tokens', 2, 2],
    ['70 to 80 tokens', 2, 2],
    ['90 to 100 tokens', 2, 2],
  ]);
});

test('by length: what is equally long stays together', () => {
  const texts = [7, 7, 7, 7, 7, 7, 9, 30].map((tokens) => judged(tokens));
  const slices = slicesByLength(texts);
  expect(slices.map(({ name, examples }) => [name, examples])).toEqual([
    ['7 tokens', 6],
    ['9 tokens', 1],
    ['30 tokens', 1],
  ]);
  expect(slicesByLength([])).toEqual([]);
});

test('by how much was cut', () => {
  const texts = [judged(9), judged(100, false, 1), judged(100, true, 25), judged(100, true, 26)];
  const slices = slicesByCut([...texts, judged(100, false, 51)]);
  expect(slices.map(({ name, examples, correct }) => [name, examples, correct])).toEqual([
    ['read whole', 1, 1],
    ['up to 25 % cut', 2, 1],
    ['25 to 50 % cut', 1, 1],
    ['over 50 % cut', 1, 0],
  ]);
});

test('errors: the surest first', () => {
  const logits = [
    [2, 0],
    [0, 1],
    [0, 3],
    [0, 1],
  ];
  const wrong = confidentErrors(logits, [0, 0, 0, 0]);
  expect(wrong.map(({ place }) => place)).toEqual([2, 1, 3]);
  expect(wrong[0]).toEqual({ place: 2, truth: 0, predicted: 1, score: 1 / (1 + Math.exp(-3)) });
});
