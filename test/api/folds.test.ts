/** Cross-validation on the tiny model, and how folds are drawn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stratifiedFolds } from '../../src/data/split.js';
import { argmax } from '../../src/evaluate/metrics.js';
import {
  Classifier,
  crossValidate,
  DataError,
  train,
  UsageError,
  type CrossValidation,
  type FoldsOptions,
} from '../../src/index.js';
import { RandomStream, PURPOSE } from '../../src/util/random.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { bertuneOk, expectRefused, ON_TINY, TINY } from '../support/cli.js';
import { readJsonFile, reviews, writeReviews } from '../support/reviews.js';

const draw = (labelIds: readonly number[], folds: number, seed = 1): number[] => {
  const random = new RandomStream(seed, PURPOSE.folds);
  return Array.from(stratifiedFolds(labelIds, folds, () => random.uniform()));
};

describe('folds', () => {
  const labelIds = Array.from({ length: 47 }, (_, i) => (i < 30 ? 0 : i < 44 ? 1 : 2));

  test('have nearly the same size and the same share of each class', () => {
    const foldOf = draw(labelIds, 5);
    const count = (fold: number, id?: number): number =>
      foldOf.filter((each, i) => each === fold && (id === undefined || labelIds[i] === id)).length;
    const all = [0, 1, 2, 3, 4];
    expect(all.map((fold) => count(fold, 0))).toEqual([6, 6, 6, 6, 6]);
    expect(all.map((fold) => count(fold, 1)).sort()).toEqual([2, 3, 3, 3, 3]);
    // 3 texts of the last class in 5 folds; dealt out from where the class before stopped, so 47 = 10 + 10 + 9 + 9 + 9
    expect(all.map((fold) => count(fold, 2)).sort()).toEqual([0, 0, 1, 1, 1]);
    expect(all.map((fold) => count(fold)).sort()).toEqual([10, 10, 9, 9, 9]);
  });

  test('are the same for a seed, and others for another', () => {
    expect(draw(labelIds, 5)).toEqual(draw(labelIds, 5));
    expect(draw(labelIds, 5)).not.toEqual(draw(labelIds, 5, 2));
  });

  test('a class with one example, and more folds than examples, are refused', () => {
    expect(() => draw([0, 0, 1], 2)).toThrow(/the class of example 3 has that one example alone/);
    expect(() => draw([0, 1], 3)).toThrow(DataError);
  });
});

const QUICK = {
  model: TINY,
  maxLength: 24,
  threads: 1,
  batchSize: 8,
  epochs: 6,
  learningRate: 0.01,
  folds: 3,
};
const run = (more: Partial<FoldsOptions> = {}): Promise<CrossValidation> =>
  crossValidate({ data: reviews(30), ...QUICK, ...more });

test('every text has the logits of a model that has not seen it, in the order of the data', async () => {
  const folds: number[] = [];
  const result = await run({ onFold: (fold) => folds.push(fold) });
  expect(folds).toEqual([0, 1, 2]);
  expect(result.logits).toHaveLength(30);
  expect(result.examples.map(({ text }) => text)).toEqual(reviews(30).map(({ text }) => text));
  expect(Array.from(result.labelIds, (id) => result.labels[id])).toEqual(
    reviews(30).map(({ label }) => label),
  );
  const right = result.logits.map((row, i) => argmax(row) === result.labelIds[i]);
  result.folds.forEach(({ accuracy, examples }, fold) => {
    const members = right.filter((_, i) => result.foldOf[i] === fold);
    expect(members).toHaveLength(examples);
    expect(accuracy).toBeCloseTo(members.filter(Boolean).length / examples, 12);
  });
  expect(result.metrics.accuracy).toBeCloseTo(right.filter(Boolean).length / 30, 12);
  const mean = result.folds.reduce((sum, { accuracy }) => sum + accuracy, 0) / 3;
  expect(result.accuracy.mean).toBeCloseTo(mean, 12);

  // The same model, trained and saved as any other.
  const { folds: _, ...options } = QUICK;
  const isTested = (_: unknown, i: number): boolean => result.foldOf[i] === 1;
  const data = reviews(30).filter((each, i) => !isTested(each, i));
  const tested = reviews(30).filter(isTested);
  const { folder } = await train({
    ...options,
    data,
    test: tested,
    out: join(tempFolder(), 'run'),
    baseline: false,
  });
  const classifier = await Classifier.load(folder, { threads: 1 });
  const expected = await classifier.logits(tested.map(({ text }) => text));
  await classifier.release();
  const found = result.logits.filter(isTested);
  expected.forEach((row, i) => {
    row.forEach((value, id) => {
      expect(found[i]![id]).toBeCloseTo(value, 4);
    });
  });
});

test.each<[Partial<FoldsOptions>, RegExp]>([
  [{ folds: 1 }, /--folds is 1, expected a whole number from 2 up/],
  [{ test: reviews(4) }, /--folds and --test exclude each other/],
  [{ testSplit: 0.2 }, /--folds and --test-split exclude each other/],
  [{ calibrate: true }, /--folds saves no model/],
])('%j is refused', async (options, message) => {
  const failure = await failureOf(run(options));
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure.message).toMatch(message);
});

test('--folds writes a row for each text and says mean and spread; the files are not replaced unasked', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(30));
  const args = ['train', 'a.csv', ...ON_TINY, '--folds', '3', '--out', 'x'];
  const stdout = await bertuneOk(args, { cwd });
  expect(stdout).toMatch(
    /^(?:Fold \d {5}\d+\.\d % of 10 texts\n){3}Accuracy {3}\d+\.\d % ± \d+\.\d \(mean .* of 3 folds\)\nAll texts/,
  );
  expect(stdout).toContain('bertune train a.csv --model');
  expect(stdout.slice(stdout.indexOf('Next'))).not.toMatch(/--folds|--out/);
  const rows = readFileSync(join(cwd, 'x', 'out_of_fold.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(rows).toHaveLength(31);
  expect(rows[0]).toBe('place,text,label,fold,predicted,score,p_negative,p_positive');
  expect(rows[1]).toMatch(new RegExp(`^line 2,.*,${reviews(1)[0]!.label},[123],(?:negative|positive),0\\.`));
  const document = readJsonFile(cwd, 'x', 'folds.json') as { accuracy_mean: number; folds: unknown[] };
  expect(stdout).toContain(`${(100 * document.accuracy_mean).toFixed(1)} % ±`);
  expect(document.folds).toHaveLength(3);
  await expectRefused(
    cwd,
    args,
    /x\/out_of_fold\.csv is there already: choose another --out or pass --force/,
  );
});
