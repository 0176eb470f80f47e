/** `Classifier` and `evaluate` as a program calls them. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Classifier,
  evaluate,
  InterruptedError,
  UsageError,
  BertuneError,
  type Prediction,
} from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { fixtureJson } from '../support/fixtures.js';
import { editConfig, editFloat, tinyCopy } from '../support/models.js';
import { csv, reviews } from '../support/reviews.js';

const expected = fixtureJson('hf-saved/expected.json') as {
  max_length: number;
  labels: string[];
  texts: { text: string; logits: number[]; probabilities: [number, number] }[];
};

let classifier: Classifier;
beforeAll(async () => {
  classifier = await Classifier.load(TINY, { threads: 1 });
});
afterAll(async () => {
  await classifier.release();
});

describe('a folder that Python saved', () => {
  test('has its labels, and is read to the length that it can read', () => {
    expect(classifier.labels).toEqual(expected.labels);
    expect(classifier.maxLength).toBe(expected.max_length);
    expect(classifier.cleaning).toBe('none');
    expect(classifier.folder).toBe(TINY);
  });

  test('gives the same probabilities and logits, within 1e-5', async () => {
    const texts = expected.texts.map(({ text }) => text);
    const found: Prediction[] = await classifier.predict(texts);
    const logits = await classifier.logits(texts);
    expect(found.map(({ text }) => text)).toEqual(texts);
    expected.texts.forEach(({ probabilities, logits: wanted }, i) => {
      const { label, score, scores } = found[i]!;
      expect(Math.abs(scores['negative']! - probabilities[0])).toBeLessThan(1e-5);
      expect(Math.abs(scores['positive']! - probabilities[1])).toBeLessThan(1e-5);
      expect(label).toBe(expected.labels[probabilities[1] > probabilities[0] ? 1 : 0]);
      expect(score).toBe(scores[label]);
      wanted.forEach((logit, id) => {
        expect(Math.abs(logits[i]![id]! - logit)).toBeLessThan(2e-5); // of numbers up to 3
      });
    });
  });

  test('without names for its labels has those that transformers gives', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    editConfig(model, { id2label: undefined, label2id: undefined });
    const unnamed = await Classifier.load(model);
    expect(unnamed.labels).toEqual(['LABEL_0', 'LABEL_1']);
    await unnamed.release();
  });
});

describe('predict', () => {
  test('answers in the order of the texts, whatever their lengths', async () => {
    const texts = reviews(60).map(({ text }, i) => `${text} ${'good '.repeat((i * 7) % 13)}`);
    const together = await classifier.predict(texts);
    for (const i of [0, 17, 31, 59]) {
      const [alone] = await classifier.predict([texts[i]!]);
      expect(together[i]!.text).toBe(texts[i]);
      expect(together[i]!.label).toBe(alone!.label);
      expect(Math.abs(together[i]!.score - alone!.score)).toBeLessThan(1e-5);
    }
  });

  test('of no texts is nothing; of something else a UsageError', async () => {
    expect(await classifier.predict([])).toEqual([]);
    for (const wrong of ['a text', [3], undefined]) {
      const error = await failureOf(classifier.predict(wrong as unknown as string[]));
      expect(error).toBeInstanceOf(UsageError);
    }
  });

  test('cleans as it is told', async () => {
    const [marked, plain] = ['A <b>fine</b><br />film', 'A fine film'];
    const cleaning = await Classifier.load(TINY, { threads: 1, clean: 'html' });
    const [a, b] = await cleaning.predict([marked, plain]);
    expect(a!.text).toBe(marked);
    expect(a!.score).toBeCloseTo(b!.score, 6);
    const [c] = await classifier.predict([marked]);
    expect(Math.abs(c!.scores['positive']! - a!.scores['positive']!)).toBeGreaterThan(1e-4);
    await cleaning.release();
  });

  test('takes items as they come, any number of them, and gives each back with its answer', async () => {
    const items = reviews(50).map(({ text }, id) => ({
      id,
      text: `${text} ${'good '.repeat((id * 7) % 13)}`,
    }));
    async function* stream(): AsyncGenerator<(typeof items)[number]> {
      for (const item of items) yield await Promise.resolve(item);
    }
    const progress: number[] = [];
    const found: { item: { id: number }; prediction: Prediction }[] = [];
    const options = { portion: 7, onProgress: (done: number) => progress.push(done) };
    for await (const each of classifier.predictAll(stream(), options)) found.push(each);
    expect(found.map(({ item }) => item)).toEqual(items);
    expect(progress).toEqual(Array.from({ length: 8 }, (_, i) => Math.min(50, 7 * (i + 1))));
    const together = await classifier.predict(items.map(({ text }) => text));
    found.forEach(({ prediction: { text, label, score } }, i) => {
      expect({ text, label }).toEqual({ text: together[i]!.text, label: together[i]!.label });
      expect(Math.abs(score - together[i]!.score)).toBeLessThan(1e-5);
    });
  });

  test('a fault of the stream comes after the answers before it', async () => {
    async function* stream(): AsyncGenerator<{ text: string }> {
      for (let i = 0; i < 10; i++) yield await Promise.resolve({ text: 'a fine film' });
      throw new RangeError('torn');
    }
    let answers = 0;
    const all = async (): Promise<void> => {
      for await (const _ of classifier.predictAll(stream(), { portion: 4 })) answers++;
    };
    expect(await failureOf(all())).toBeInstanceOf(RangeError);
    expect(answers).toBe(8);
  });

  test('weights that are no numbers are refused, with their place', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    editFloat(model, 'bert.pooler.dense.weight', 9, () => Infinity);
    const error = await failureOf(Classifier.load(model));
    expect(error).toMatchObject({ code: 'MODEL' });
    expect(error.message).toMatch(/"bert\.pooler\.dense\.weight" has Infinity at element 9; .*spoiled/);
  });

  test('stops between batches when asked', async () => {
    const error = await failureOf(classifier.predict(['a'], { signal: AbortSignal.abort() }));
    expect(error.name).toBe('AbortError');
  });
});

describe('evaluate', () => {
  const examples = reviews(20);

  test('takes a folder or a classifier, a file or examples', async () => {
    const file = join(tempFolder(), 'a.csv');
    writeFileSync(file, csv([['x', 'y'], ...examples.map(({ text, label }) => [text, label])]));
    const progress: [number, number][] = [];
    const fromMemory = await evaluate(classifier, examples, {
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(progress.at(-1)).toEqual([20, 20]);
    const fromFile = await evaluate(TINY, file, { textColumn: 'x', labelColumn: 'y', threads: 1 });
    const { seconds, examples_per_second: rate, ...metrics } = fromMemory;
    expect(fromFile).toMatchObject(metrics);
    expect(seconds * rate).toBeCloseTo(20, 8);
    expect(metrics.examples).toBe(20);
    const right = (await classifier.predict(examples.map(({ text }) => text))).filter(
      ({ label }, i) => label === examples[i]!.label,
    );
    expect(metrics.accuracy).toBe(right.length / 20);
    // It stays open.
    expect(await classifier.predict(['a fine film'])).toHaveLength(1);
  });

  test('with a class absent has no ROC AUC', async () => {
    const { roc_auc: auc, confusion_matrix: matrix } = await evaluate(classifier, reviews(3, ['positive']));
    expect(auc).toBeNull();
    expect(matrix![0]).toEqual([0, 0]);
  });

  test.each<[string, unknown, string, RegExp]>([
    [
      'an unknown label',
      [{ text: 'a', label: 'mild' }],
      'DATA',
      /unknown label "mild".*"negative", "positive"/,
    ],
    ['no examples', [], 'DATA', /the list of examples is empty/],
    ['a missing file', 'no/such.csv', 'FILE', /no such file: no\/such\.csv/],
  ])('refuses %s', async (_, data, code, message) => {
    const error = await failureOf(evaluate(classifier, data as string));
    expect(error).toBeInstanceOf(BertuneError);
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(error.message).toMatch(message);
  });

  test('stops when asked', async () => {
    const controller = new AbortController();
    const onProgress = (): void => {
      controller.abort();
    };
    const many = Array.from({ length: 10 }, () => examples).flat();
    const error = await failureOf(evaluate(classifier, many, { signal: controller.signal, onProgress }));
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error.message).toMatch(/^stopped after \d+ of 200 texts\.$/);
  });

  test('a model that is not there, or threads that can not be, are refused', async () => {
    expect(await failureOf(Classifier.load('no/such'))).toMatchObject({ code: 'HUB' });
    for (const threads of [0, -1, 1.5, NaN]) {
      expect(await failureOf(Classifier.load(TINY, { threads }))).toMatchObject({ code: 'USAGE' });
    }
  });
});
