/** Explanations of whole models beside those of Captum (scripts/fixtures/make_explain.py). */
import { afterAll, describe, expect, test } from 'vitest';
import { Classifier, type Explanation, type ExplanationBaseline } from '../../src/index.js';
import { fixtureJson, fixturePath, tokenizerIn } from '../support/fixtures.js';

interface Case {
  readonly model: string;
  readonly baseline: ExplanationBaseline;
  readonly text: string;
  readonly label: number;
  readonly ids: readonly number[];
  readonly logit: number;
  readonly baseline_logit: number;
  /** Of each id. */
  readonly contributions: readonly number[];
}

const { cases, max_length: maxLength } = fixtureJson('explain.json') as {
  readonly cases: readonly Case[];
  readonly max_length: number;
};
const models = [...new Set(cases.map(({ model }) => model))];
const classifiers = new Map<string, Classifier>();

async function classifierOf(model: string): Promise<Classifier> {
  const known = classifiers.get(model);
  if (known) return known;
  const loaded = await Classifier.load(fixturePath(model), { threads: 1 });
  classifiers.set(model, loaded);
  return loaded;
}

afterAll(async () => {
  for (const classifier of classifiers.values()) await classifier.release();
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const contributionsOf = ({ words }: Explanation): number[] =>
  words.flatMap(({ contribution }) => contribution ?? []);

test('the three architectures and both baselines are there', () => {
  expect(models).toEqual(['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta']);
  expect(cases.some(({ baseline }) => baseline === 'mask')).toBe(true);
});

describe.each(models)('%s', (model) => {
  test('contributions are those of Captum, and complete', async () => {
    const classifier = await classifierOf(model);
    for (const each of cases.filter((one) => one.model === model)) {
      const { text, baseline } = each;
      const label = classifier.labels[each.label]!;
      const found = await classifier.explain(text, {
        label,
        baseline,
        tolerance: 1e-3,
        mostIntervals: 4096,
      });
      expect(found.logit).toBeCloseTo(each.logit, 4);
      expect(found.baseline_logit).toBeCloseTo(each.baseline_logit, 4);
      // Pieces joined to words: every word of these texts is read, but for those at the end of the longest.
      const difference = each.logit - each.baseline_logit;
      expect(found.complete, text).toBe(true);
      const total = sum(contributionsOf(found));
      expect(Math.abs(total - (found.logit - found.baseline_logit) - found.residual)).toBeLessThan(1e-9);
      expect(Math.abs(total - difference)).toBeLessThan(0.01 * Math.abs(difference) + 1e-3);
      const joined = joinPieces(each);
      const largest = Math.max(...joined.map(Math.abs));
      contributionsOf(found).forEach((contribution, word) => {
        expect(Math.abs(contribution - joined[word]!), `word ${word} of "${text}"`).toBeLessThan(
          2e-3 * largest,
        );
      });
    }
  });
});

/** Captum's contributions of ids, added up to the words that were read: the tokenizers' own pieces of each word. */
function joinPieces({ model, text, contributions }: Case): number[] {
  const { wordOf } = tokenizerIn(fixturePath(model)).encodeWords(text, { maxLength, truncation: 'head' });
  const sums: number[] = [];
  wordOf.forEach((word, place) => {
    if (word >= 0) sums[word] = (sums[word] ?? 0) + contributions[place]!;
  });
  return sums;
}

test('special tokens stay in the baseline: they add nothing', () => {
  for (const { contributions } of cases) {
    expect(contributions[0]).toBe(0);
    expect(contributions.at(-1)).toBe(0);
  }
});

test('with the default tolerance the sum is within 1 % of the difference', async () => {
  const classifier = await classifierOf('hf-saved');
  const texts = [
    'Brilliant!',
    'WORST. MOVIE. EVER.',
    'the plot is',
    'a dull and boring film, slow, flat, lazy',
  ];
  for (const text of texts) {
    for (const label of classifier.labels) {
      const found = await classifier.explain(text, { label });
      const difference = found.logit - found.baseline_logit;
      expect(Math.abs(sum(contributionsOf(found)) - difference), text).toBeLessThanOrEqual(
        Math.max(0.01 * Math.abs(difference), 1e-3),
      );
      expect(found.complete).toBe(true);
    }
  }
});

test('the label that is predicted is explained by default; others by name', async () => {
  const classifier = await classifierOf('hf-saved');
  const found = await classifier.explain('a charming film with a great cast');
  expect(found).toMatchObject({ label: 'positive', explained: 'positive', baseline: 'pad', cut: 0 });
  expect(found.words.map(({ word }) => word).join(' ')).toBe('a charming film with a great cast');
  const against = await classifier.explain('a charming film with a great cast', { label: 'negative' });
  expect(against).toMatchObject({ label: 'positive', explained: 'negative' });
  await expect(classifier.explain('fine', { label: 'postive' })).rejects.toThrow(
    'the label "postive" is not one of the model\'s: "negative", "positive". Did you mean "positive"?',
  );
});

test('words that were cut off are told apart from words that add nothing', async () => {
  const classifier = await classifierOf('hf-saved');
  const found = await classifier.explain('a fine film ' + 'and a long story '.repeat(8));
  const read = found.words.filter(({ contribution }) => contribution !== null);
  expect(read.length).toBe(22); // of 24 tokens
  expect(found.cut).toBe(found.words.length - 22);
  expect(found.words.slice(22).every(({ contribution }) => contribution === null)).toBe(true);
});
