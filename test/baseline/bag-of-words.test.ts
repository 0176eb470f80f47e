import { describe, expect, test } from 'vitest';
import { evenSample } from '../../src/api/baseline.js';
import { BagOfWords } from '../../src/baseline/bag-of-words.js';
import { fitLinear, logitsOfRows } from '../../src/baseline/linear.js';
import { PairTable } from '../../src/baseline/pair-table.js';
import { TfIdf } from '../../src/baseline/tfidf.js';
import { wordsOf } from '../../src/baseline/words.js';
import { softmax } from '../../src/evaluate/logits.js';
import { sigmoid } from '../../src/evaluate/multi-label.js';
import { fixtureJson } from '../support/fixtures.js';

interface Case {
  readonly classes: number;
  readonly train: string[];
  readonly labels: number[];
  readonly test: string[];
  readonly features: number;
  readonly probabilities: number[][];
  /** The weights of the first test text, by word or pair. */
  readonly row: Record<string, number>;
}

const { cases, kinds } = fixtureJson('baseline.json') as {
  cases: Case[];
  kinds: {
    train: string[];
    test: string[];
    label_sets: number[][];
    numbers: number[];
    probabilities: number[][];
    predicted: number[];
  };
};
const classesOf = (labelIds: readonly number[]) =>
  ({ problemType: 'single_label_classification', labelIds: Int32Array.from(labelIds) }) as const;
const pause = (): Promise<void> => Promise.resolve();

describe.each(cases)('$classes classes, the same as scikit-learn', (expected) => {
  const { train, labels, test: texts, classes } = expected;

  test('TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)', async () => {
    const { tfidf } = await TfIdf.fit(train, 1e6, pause);
    expect(tfidf.width).toBe(expected.features);
    const { offsets, values } = await tfidf.transform(texts, pause);
    const found = Array.from(values.subarray(0, offsets[1]), Number).sort((a, b) => a - b);
    const weights = Object.values(expected.row).filter((value) => value !== 0);
    expect(found.length).toBe(weights.length);
    weights
      .sort((a, b) => a - b)
      .forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 6);
      });
  });

  test('LogisticRegression(C=10)', async () => {
    const { tfidf, rows } = await TfIdf.fit(train, 1e6, pause);
    const model = await fitLinear(rows, classesOf(labels), classes, pause, 1e-9);
    const logits = logitsOfRows(model, await tfidf.transform(texts, pause));
    logits.map(softmax).forEach((row, i) => {
      row.forEach((p, id) => {
        expect(p).toBeCloseTo(expected.probabilities[i]![id]!, 5);
      });
    });
  });

  test('both together, twice the same', async () => {
    const bags = [
      await BagOfWords.train(train, classesOf(labels), classes),
      await BagOfWords.train(train, classesOf(labels), classes),
    ];
    const logits = await Promise.all(bags.map((bag) => bag.logits(texts)));
    expect(logits[0]).toEqual(logits[1]);
    logits[0]!.map(softmax).forEach((row, i) => {
      row.forEach((p, id) => {
        expect(p).toBeCloseTo(expected.probabilities[i]![id]!, 2); // it stops a little earlier
      });
    });
    expect(bags[0]!.features).toBe(expected.features);
  });
});

test('of several labels OneVsRestClassifier(LogisticRegression(C=10)), of numbers Ridge()', async () => {
  const { tfidf, rows } = await TfIdf.fit(kinds.train, 1e6, pause);
  const unseen = await tfidf.transform(kinds.test, pause);
  const { label_sets: labelSets, numbers } = kinds;
  const several = { problemType: 'multi_label_classification', labelSets } as const;
  const logits = logitsOfRows(await fitLinear(rows, several, 3, pause, 1e-9), unseen);
  logits.forEach((row, i) => {
    row.forEach((x, id) => {
      expect(sigmoid(x)).toBeCloseTo(kinds.probabilities[i]![id]!, 5);
    });
  });
  const values = { problemType: 'regression', values: Float64Array.from(numbers) } as const;
  const predicted = logitsOfRows(await fitLinear(rows, values, 1, pause, 1e-9), unseen);
  predicted.forEach(([x], i) => {
    expect(x).toBeCloseTo(kinds.predicted[i]!, 3);
  });
  // As it is used, it stops a little earlier.
  const bag = await BagOfWords.train(kinds.train, values, 1);
  (await bag.logits(kinds.test)).forEach(([x], i) => {
    expect(Math.abs(x! - kinds.predicted[i]!)).toBeLessThan(0.1);
  });
});

test('with too many features the ones in the most texts are kept', async () => {
  const { tfidf } = await TfIdf.fit(['aa bb', 'aa bb', 'aa cc', 'cc'], 1, pause);
  expect(tfidf.width).toBe(1); // aa, in three texts; bb, cc and "aa bb" in two
});

test('texts without a word in common, and texts without words', async () => {
  const bag = await BagOfWords.train(['aa', 'bb', '?', 'cc'], classesOf([0, 1, 1, 1]), 2);
  expect(bag.features).toBe(0);
  const [row] = await bag.logits(['!']);
  expect(softmax(row!)[1]).toBeCloseTo(0.75, 4); // all that it knows is how common the classes are
});

test('words are those of Python, of any script', () => {
  expect(wordsOf("Don't-see Ελλάς 5 so_so naïve 10x")).toEqual([
    'don',
    'see',
    'ελλάς',
    'so_so',
    'naïve',
    '10x',
  ]);
});

test('a table of pairs is a map, also when it grows', () => {
  const table = new PairTable();
  const map = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const [a, b] = [(i * 7919) % 101, (i * 104729) % 97];
    const known = map.get(`${a} ${b}`);
    expect(table.getOrAdd(a, b, i)).toBe(known ?? i);
    if (known === undefined) map.set(`${a} ${b}`, i);
  }
  expect(table.size).toBe(map.size);
  for (const [key, value] of map) {
    const [a, b] = key.split(' ').map(Number);
    expect(table.get(a!, b!)).toBe(value);
  }
  expect(table.get(1000, 1)).toBeUndefined();
});

test('of very many texts an even sample is learnt from', () => {
  const examples = ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee'].map((text) => ({ text }));
  expect(evenSample({ examples, targets: classesOf([0, 1, 2, 3, 4]) }, 10)).toEqual({
    examples: [{ text: 'aaaa' }, { text: 'cccc' }, { text: 'eeee' }],
    targets: classesOf([0, 2, 4]),
  });
  expect(evenSample({ examples, targets: classesOf([0, 1, 2, 3, 4]) }, 20).examples).toEqual(examples);
});

test('it stops when asked to', async () => {
  await expect(
    BagOfWords.train(['aa', 'bb', 'aa', 'bb'], classesOf([0, 1, 0, 1]), 2, {
      signal: AbortSignal.abort(new Error('enough')),
    }),
  ).rejects.toThrow('enough');
});
