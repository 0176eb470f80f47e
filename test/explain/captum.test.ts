/** Explanations of whole models beside those of Captum (scripts/fixtures/make_explain.py). */
import { afterAll, describe, expect, test } from 'vitest';
import { Classifier, type Explanation, type ExplanationBaseline } from '../../src/index.js';
import { fixtureJson, fixturePath, tokenizerIn } from '../support/fixtures.js';

interface Case {
  readonly model: string;
  readonly baseline: ExplanationBaseline;
  readonly text: string;
  /** The second text of a pair. */
  readonly text_pair?: string;
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
/** Of the words that were read; of a pair those of the first text, then those of the second. */
const contributionsOf = ({ words, pair_words = [] }: Explanation): number[] =>
  [...words, ...pair_words].flatMap(({ contribution }) => contribution ?? []);
const writtenOf = ({ text, text_pair }: Case): string | { text: string; textPair: string } =>
  text_pair === undefined ? text : { text, textPair: text_pair };

test('the three architectures, both baselines, several classes, several labels and pairs are there', () => {
  expect(models.sort()).toEqual([
    ...['hf-saved', 'hf-saved-classes', 'hf-saved-distilbert', 'hf-saved-labels', 'hf-saved-roberta'],
  ]);
  const pairs = cases.filter(({ text_pair }) => text_pair !== undefined);
  expect([...new Set(pairs.map(({ model, baseline }) => `${model} ${baseline}`))]).toEqual([
    ...['hf-saved pad', 'hf-saved mask', 'hf-saved-roberta pad'],
  ]);
  expect(cases.some(({ baseline }) => baseline === 'mask')).toBe(true);
});

describe.each(models)('%s', (model) => {
  test('contributions are those of Captum, and complete', async () => {
    const classifier = await classifierOf(model);
    for (const each of cases.filter((one) => one.model === model)) {
      const { baseline } = each;
      const text = `${each.text} ${each.text_pair ?? ''}`;
      const label = classifier.labels[each.label]!;
      const found = await classifier.explain(writtenOf(each), {
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
function joinPieces(each: Case): number[] {
  const { model, contributions, ids } = each;
  // As `explain` has it for a model of these: types of BERT's second text make its ids complements.
  const tokenizer = tokenizerIn(fixturePath(model));
  const encoding = tokenizer.readWords(writtenOf(each), { maxLength, truncation: 'head' })[0]!;
  expect(encoding.ids.map((id) => (id < 0 ? ~id : id))).toEqual(ids);
  const sums: number[] = [];
  encoding.wordOf.forEach((word, place) => {
    if (word >= 0) sums[word] = (sums[word] ?? 0) + contributions[place]!;
  });
  return Object.values(sums); // those that were cut off have no place
}

test('special tokens stay in the baseline: they add nothing', () => {
  for (const { contributions } of cases) {
    expect(contributions[0]).toBe(0);
    expect(contributions.at(-1)).toBe(0);
  }
});

test('of a pair each text has its own words, with places in it; special tokens and types stay', async () => {
  const classifier = await classifierOf('hf-saved');
  const pair = { text: 'a charming film', textPair: 'i hated the script' };
  const found = await classifier.explain(pair);
  expect(found).toMatchObject(pair);
  const { words, pair_words = [], logit, baseline_logit: baseline, residual } = found;
  expect(words.map(({ word }) => word)).toEqual(pair.text.split(' '));
  expect(pair_words.map(({ word }) => word)).toEqual(pair.textPair.split(' '));
  for (const { word, start, end } of pair_words) expect(pair.textPair.slice(start, end)).toBe(word);
  expect(sum(contributionsOf(found))).toBeCloseTo(logit - baseline + residual, 9);
  // Without words nothing but the lengths is left of a pair.
  const other = await classifier.explain({ text: 'film a charming', textPair: 'the script i hated' });
  expect(other.baseline_logit).toBeCloseTo(baseline, 5);
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
