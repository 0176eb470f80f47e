import { describe, expect, test } from 'vitest';

import type { Example } from '../../src/data/example.js';
import { encodeLabels, labelsOf } from '../../src/data/labels.js';
import { stratifiedSplit } from '../../src/data/split.js';
import { DataError, UsageError } from '../../src/util/errors.js';

const labelled = (labels: string[]): Example[] =>
  labels.map((label, i) => ({ text: 'a', label, row: i + 1, line: i + 2 }));

describe('labelsOf', () => {
  test.each([
    [
      ['positive', 'negative', 'positive'],
      ['negative', 'positive'],
    ],
    [
      ['10', '9', '-1', '2.5', '9', '1e1'],
      ['-1', '2.5', '9', '10', '1e1'],
    ],
    [
      ['10 stars', '1 star', '9 stars', '2 stars'],
      ['1 star', '2 stars', '9 stars', '10 stars'],
    ],
    [
      ['10', '9', 'x'],
      ['10', '9', 'x'],
    ],
    [
      ['b', 'B', 'é', 'a', ' a '],
      ['B', 'a', 'b', 'é'],
    ],
    [
      ['\u{1F600}', '\uFF5E'],
      ['\uFF5E', '\u{1F600}'],
    ],
    [
      ['__proto__', 'constructor'],
      ['__proto__', 'constructor'],
    ],
    [
      ['3-1', '3', '3-2'],
      ['3', '3-1', '3-2'],
    ],
  ])('%j', (labels, expected) => {
    expect(labelsOf(labelled(labels))).toEqual(expected);
    expect(labelsOf(labelled(labels.toReversed()))).toEqual(expected);
  });

  test('up to ten rows may have a label each', () => {
    const labels = Array.from({ length: 10 }, (_, i) => `label ${i}`);
    expect(labelsOf(labelled(labels))).toHaveLength(10);
  });

  test.each([
    [
      'one class',
      labelled(['good', 'good ']),
      'a.csv has only one class: every label is "good". Training needs at least two; is this the right column (--label-column)?',
    ],
    ['none', [], 'a.csv has no examples.'],
    [
      'a label each',
      labelled(Array.from({ length: 11 }, (_, i) => `text ${i}`)),
      'a.csv: each of the 11 rows has a label of its own ("text 0", "text 1", "text 2", ...). Is this the right column? Name the one with the classes: --label-column <name>.',
    ],
    [
      'too many',
      labelled(Array.from({ length: 2002 }, (_, i) => `${i % 1001}`)),
      'a.csv: there are 1001 different labels, at most 1000 are supported ("0", "1", "2", ...). Is this the right column? Name the one with the classes: --label-column <name>.',
    ],
    ['no label', [{ text: 'a', row: 7 }], 'a.csv, row 7: no label. Fill it in.'],
  ])('refused: %s', (_, examples, message) => {
    expect(() => labelsOf(examples, 'a.csv')).toThrow(new DataError(message));
  });
});

describe('encodeLabels', () => {
  test('places in the list', () => {
    const ids = encodeLabels(labelled(['b', 'a', ' b ']), ['a', 'b']);
    expect(ids).toEqual(Int32Array.of(1, 0, 1));
  });

  test.each([
    ['positve', 'Did you mean "positive"?'],
    ['neutral', 'Correct the label, or remove the row.'],
    ['toString', 'Correct the label, or remove the row.'],
  ])('an unknown label: %s', (label, advice) => {
    expect(() => encodeLabels(labelled(['positive', label]), ['negative', 'positive'], 'test.csv')).toThrow(
      new DataError(
        `test.csv, line 3: unknown label "${label}". The model knows "negative", "positive". ${advice}`,
      ),
    );
  });
});

describe('stratifiedSplit', () => {
  /** A poor but reproducible source of numbers. */
  const counter = (seed: number): (() => number) => {
    let state = seed;
    return () => (state = (state * 16807) % 2147483647) / 2147483647;
  };
  const ids = Array.from({ length: 100 }, (_, i) => (i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2)); // 70, 20, 10

  test('each class gives its rounded share, each place goes to one part, order is kept', () => {
    const { train, test: held } = stratifiedSplit(ids, 0.25, counter(1));
    const perClass = [0, 1, 2].map((id) => held.filter((i) => ids[i] === id).length);
    expect(perClass).toEqual([18, 5, 3]); // 17.5, 5 and 2.5, rounded
    expect([...train, ...held].sort((a, b) => a - b)).toEqual(ids.map((_, i) => i));
    expect(train).toEqual(train.toSorted((a, b) => a - b));
    expect(held).toEqual(held.toSorted((a, b) => a - b));
  });

  test('the same numbers give the same split, others another', () => {
    const splits = [1, 1, 2].map((seed) => stratifiedSplit(ids, 0.1, counter(seed)).test);
    expect(splits[1]).toEqual(splits[0]);
    expect(splits[2]).not.toEqual(splits[0]);
  });

  test('every place is equally likely to be held out', () => {
    const random = counter(3);
    const times = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      for (const place of stratifiedSplit([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 0.4, random).test) times[place]!++;
    }
    // 2 of each 5: 4000 each, standard deviation 49.
    for (const count of times) expect(Math.abs(count - 4000)).toBeLessThan(5 * 49);
  });

  test('one of each class stays for training', () => {
    const { train, test: held } = stratifiedSplit([0, 1, 1, 2, 2, 2], 0.99, counter(1));
    expect(train.map((i) => [0, 1, 1, 2, 2, 2][i])).toEqual([0, 1, 2]);
    expect(held).toHaveLength(3);
  });

  test('typed arrays', () => {
    expect(stratifiedSplit(Int32Array.of(5, 5, 5, 5), 0.5, () => 0)).toEqual({ train: [2, 3], test: [0, 1] });
  });

  test('the example in the documentation', () => {
    expect(stratifiedSplit([0, 0, 0, 0, 1, 1, 1, 1], 0.25, () => 0.5)).toEqual({
      train: [0, 1, 3, 4, 5, 7],
      test: [2, 6],
    });
  });

  test.each([0, 1, -0.1, 1.5, NaN])('a share of %d is refused', (fraction) => {
    expect(() => stratifiedSplit([0, 0], fraction, () => 0)).toThrow(UsageError);
  });

  test('too few examples', () => {
    expect(() => stratifiedSplit([0, 0, 1, 1], 0.1, () => 0)).toThrow(
      new DataError(
        'Too few examples to set a share of 0.1 aside: no class has enough of them (4 in all). ' +
          'Give a larger share (--test-split), or a test file (--test).',
      ),
    );
  });
});
