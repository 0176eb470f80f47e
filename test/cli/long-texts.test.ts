/** `--truncation` through the whole life of a model: training, evaluation, prediction, export, and what is refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Classifier, type ClassifierOptions } from '../../src/index.js';
import { bertune, bertuneOk, expectRefused, sharedFolder, TINY, TINY_MODEL } from '../support/cli.js';
import { editJson } from '../support/models.js';
import { readJsonFile, reviews, reviewsCsv } from '../support/reviews.js';

const LONG = 'the film is a bad and boring mess but i loved the music and every scene of it, a gem. '.repeat(
  3,
);
const WINDOWS = [
  ...TINY_MODEL.slice(0, 2),
  '--threads',
  '1',
  '--max-length',
  '16',
  '--truncation',
  'windows',
];
const TRAIN = ['train', 'a.csv', '--test', 'a.csv', '--max-steps', '2', '--no-baseline'];

const cwd = sharedFolder();
const run = join(cwd, 'run');
beforeAll(async () => {
  const rows = [
    ...reviews(14),
    { text: LONG, label: 'negative' },
    { text: LONG + 'good', label: 'positive' },
  ];
  writeFileSync(join(cwd, 'a.csv'), reviewsCsv(rows));
  await bertuneOk([...TRAIN, ...WINDOWS, '--out', 'run'], { cwd });
});

test('a run keeps its way, and a long golden text that hangs on it', async () => {
  const contract = readJsonFile(run, 'bertune.json') as Record<string, unknown>;
  expect(contract).toMatchObject({ max_length: 16, truncation: 'windows', stride: 4 });
  expect(contract).not.toHaveProperty('head_tokens');
  const tokenizer = readJsonFile(run, 'tokenizer.json') as { truncation: unknown };
  expect(tokenizer.truncation).toMatchObject({ direction: 'Right', max_length: 16, stride: 4 });
  editJson(run, 'bertune.json', { stride: 5 });
  await expectRefused(cwd, ['predict', 'run', 'a'], /doesn't compute what it did.*"1\. It begins slowly/);
  editJson(run, 'bertune.json', { stride: 16 });
  await expectRefused(
    cwd,
    ['predict', 'run', 'a'],
    /"stride" is 16, expected a whole number below "max_length"/,
  );
  editJson(run, 'bertune.json', { stride: 4 });
});

test('predicts the mean of the windows, also where it was exported; and says what others will do', async () => {
  const classifier = await Classifier.load(run, { threads: 1 });
  expect(classifier.reading).toEqual({ maxLength: 16, truncation: 'windows', stride: 4 });
  const [mean] = await classifier.logits([LONG]);
  await classifier.release();
  const { code, stderr } = await bertune(['export', 'run'], { cwd });
  expect(code).toBe(0);
  expect(stderr).toContain('read the first 16 tokens of such texts, unless they are asked for windows');
  const exported = await Classifier.load(join(cwd, 'run-onnx'), { threads: 1 });
  expect(exported.reading).toEqual({ maxLength: 16, truncation: 'windows', stride: 4 });
  const [same] = await exported.logits([LONG]);
  await exported.release();
  same!.forEach((value, i) => {
    expect(value).toBeCloseTo(mean![i]!, 4);
  });
  const head = await Classifier.load(run, { threads: 1, truncation: 'head' });
  const [cut] = await head.logits([LONG]);
  await head.release();
  expect(Math.abs(cut![0]! - mean![0]!)).toBeGreaterThan(1e-3); // else nothing above says anything
});

test('a run of an earlier version, which says nothing of a head, reads as it did', async () => {
  await bertuneOk([...TRAIN, ...WINDOWS.slice(0, -1), 'head+tail', '--out', 'old'], { cwd });
  const contract = readJsonFile(cwd, 'old', 'bertune.json') as Record<string, unknown>;
  expect(contract['head_tokens']).toBe(4); // round(14 * 128 / 510)
  const { head_tokens: _, ...before } = contract;
  writeFileSync(join(cwd, 'old', 'bertune.json'), JSON.stringify(before));
  await bertuneOk(['predict', 'old', LONG], { cwd });
  editJson(join(cwd, 'old'), 'bertune.json', { head_tokens: 9 });
  await expectRefused(cwd, ['predict', 'old', LONG], /doesn't compute what it did/);
});

test('a dry run counts windows', async () => {
  const json = await bertuneOk([...TRAIN, ...WINDOWS, '--dry-run', '--json'], { cwd });
  // 69 and 70 word pieces in windows of 14, each 10 after the one before: 1 + ceil(55 / 10) = 7.
  expect(JSON.parse(json)).toMatchObject({
    windows: 14 + 2 * 7,
    texts_in_windows: 2,
    cut_texts: 0,
    steps: 2,
  });
  const text = await bertuneOk([...TRAIN, ...WINDOWS, '--dry-run'], { cwd });
  expect(text).toContain(
    '2 training texts are longer than 16 tokens and read in windows that overlap: 28 windows in all',
  );
});

test('a folder that bertune did not save is read as it is asked to be', async () => {
  const ask = async (reading: ClassifierOptions): Promise<number> => {
    const classifier = await Classifier.load(TINY, { threads: 1, ...reading });
    const [logits] = await classifier.logits([LONG]);
    await classifier.release();
    return logits![0]!;
  };
  const found = [
    await ask({}),
    await ask({ truncation: 'tail' }),
    await ask({ truncation: 'windows' }),
    await ask({ truncation: 'windows', stride: 12 }),
    await ask({ maxLength: 12, truncation: 'head+tail' }),
    await ask({ maxLength: 12, truncation: 'head+tail', headTokens: 8 }),
  ];
  expect(new Set(found).size).toBe(found.length);
  const flags = ['--truncation', 'windows', '--max-length', '12', '--no-baseline', '--json'];
  const evaluation = JSON.parse(await bertuneOk(['evaluate', TINY, 'a.csv', ...flags], { cwd })) as object;
  expect(evaluation).toHaveProperty('accuracy');
});

describe('refuses', () => {
  test.each([
    [
      ['--head-tokens', '3'],
      /--head-tokens goes with --truncation head\+tail, and this is --truncation head/,
    ],
    [['--truncation', 'windows', '--stride', '22'], /--stride 22: expected a whole number from 0 to 21/],
    [['--truncation', 'middle'], /--truncation is "middle", expected one of head, tail, head\+tail, windows/],
    [['--max-length', '25'], /--max-length 25: .* reads 3 to 24 tokens/],
  ])('predict %j', async (flags, message) => {
    await expectRefused(cwd, ['predict', TINY, 'a', ...flags], message);
  });

  test('train with a number that goes with another way, but not one from a config file', async () => {
    const head = [...TRAIN, ...TINY_MODEL, '--truncation', 'head', '--dry-run'];
    await expectRefused(cwd, [...head, '--stride', '3'], /--stride goes with --truncation windows/);
    writeFileSync(join(cwd, 'c.json'), JSON.stringify({ truncation: 'windows', stride: 3 }));
    await bertuneOk([...head, '--config', 'c.json'], { cwd });
  });
});
