/** `bertune calibrate` and `bertune compare` on the tiny model. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Classifier, type Prediction } from '../../src/index.js';
import { sharedFolder, bertune, bertuneOk, expectRefused, listing, TINY_MODEL } from '../support/cli.js';
import { readJsonFile, reviews, writeReviews, type Review } from '../support/reviews.js';

/** So many texts, of which every third has the wrong label. */
const noisy = (from: number, to: number): Review[] =>
  reviews(to)
    .slice(from)
    .map(({ text, label }, i) => ({
      text: `${text} ${from + i}`,
      label: i % 3 === 0 ? (label === 'positive' ? 'negative' : 'positive') : label,
    }));

const folder = sharedFolder();
const HELD = 'held.csv';
type Document = Record<string, unknown>;
const contract = (run: string): Document => readJsonFile(folder, run, 'bertune.json') as Document;

beforeAll(async () => {
  writeReviews(folder, 'train.csv', noisy(0, 60));
  writeReviews(folder, 'test.csv', noisy(60, 90));
  writeReviews(folder, HELD, noisy(90, 250));
  writeReviews(folder, 'stars.csv', reviews(24, ['bad', 'good']));
  const options = [...TINY_MODEL, '--epochs', '12', '--learning-rate', '0.01', '--no-baseline'];
  const train = (name: string, ...args: string[]) =>
    bertuneOk(['train', ...args, ...options, '--out', name], { cwd: folder });
  await train('run', 'train.csv', '--test', 'test.csv');
  await train('other', 'train.csv', '--test', 'test.csv', '--seed', '7', '--max-steps', '3');
  await train('stars', 'stars.csv', '--max-steps', '1');
}, 60_000);

describe('calibrate', () => {
  test('keeps temperature and threshold in the run, and touches nothing else', async () => {
    cpSync(join(folder, 'run'), join(folder, 'a'), { recursive: true });
    const before = contract('a');
    const args = ['calibrate', 'a', HELD, '--target-precision', '0.67', '--threads', '1', '--json'];
    const result = JSON.parse(await bertuneOk(args, { cwd: folder })) as {
      calibration: { temperature: number; before: { loss: number }; after: { loss: number } };
      threshold: { score: number; precision: number; coverage: number; answered: number };
    };
    const after = contract('a');
    const { calibration, threshold, ...rest } = after;
    expect(rest).toEqual(before);
    expect(calibration).toEqual(result.calibration);
    expect(threshold).toEqual(result.threshold);
    expect(result.calibration.temperature).toBeGreaterThan(1);
    expect(result.calibration.after.loss).toBeLessThan(result.calibration.before.loss);
    expect(result.threshold.precision).toBeGreaterThanOrEqual(0.67);
    expect(result.threshold.coverage).toBe(result.threshold.answered / 160);
    expect(readFileSync(join(folder, 'a', 'model.safetensors'))).toEqual(
      readFileSync(join(folder, 'run', 'model.safetensors')),
    );

    // An evaluation on the same texts finds what was promised.
    const evaluation = JSON.parse(
      await bertuneOk(['evaluate', 'a', HELD, '--no-baseline', '--threads', '1', '--json'], { cwd: folder }),
    ) as { answered: Document; loss: number; accuracy: number };
    expect(evaluation.answered).toMatchObject({
      ...{ examples: result.threshold.answered, accuracy: result.threshold.precision },
      coverage: result.threshold.coverage,
    });
    expect(evaluation.loss).toBeCloseTo(result.calibration.after.loss, 9);
  });

  test('what is below the threshold is "unsure", with its score, wherever it is written', async () => {
    cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true });
    await bertuneOk(['calibrate', 'b', HELD, '--target-recall', '0.3', '--threads', '1'], { cwd: folder });
    const { score } = contract('b')['threshold'] as { score: number };
    const json = await bertuneOk(['predict', 'b', '--file', HELD, '--threads', '1', '--json'], {
      cwd: folder,
    });
    const parsed = (lines: string): Prediction[] =>
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Prediction);
    const lines = parsed(json);
    const unsure = lines.filter(({ label }) => label === 'unsure');
    expect(unsure.length).toBeGreaterThan(0);
    expect(unsure.length).toBeLessThan(lines.length);
    for (const line of lines) {
      expect(line.unsure).toBe(line.score < score);
      expect(line.label).toBe(line.unsure === true ? 'unsure' : line.likeliest);
      expect(line.score).toBe(line.scores[line.likeliest!]);
    }
    for (const out of ['b.csv', 'b.jsonl']) {
      await bertuneOk(['predict', 'b', '--file', HELD, '--out', out, '--threads', '1'], { cwd: folder });
    }
    const answers = lines.map(({ label, score: sure, likeliest }) => ({ label, score: sure, likeliest }));
    const table = readFileSync(join(folder, 'b.csv'), 'utf8').trimEnd().split('\n');
    expect(table[0]).toBe('text,label,predicted_label,score,likeliest');
    expect(table.slice(1).map((row) => row.split(',').slice(-3))).toEqual(
      answers.map((each) => Object.values(each).map(String)),
    );
    expect(parsed(readFileSync(join(folder, 'b.jsonl'), 'utf8'))).toMatchObject(
      answers.map(({ label, ...rest }) => ({ predicted_label: label, ...rest })),
    );

    // A library's answers are the same, and what stands in a terminal says what it leans to.
    const classifier = await Classifier.load(join(folder, 'b'), { threads: 1 });
    const texts = lines.map(({ text }) => text);
    expect(await classifier.predict(texts)).toEqual(lines);
    const [{ text, likeliest }] = unsure as [Prediction];
    const why = await classifier.explain(text);
    await classifier.release();
    expect(why).toMatchObject({ label: 'unsure', likeliest, explained: likeliest });
    const hint = new RegExp(`^unsure \\(${likeliest}\\) +\\d+\\.\\d %`);
    for (const command of ['predict', 'explain']) {
      expect(await bertuneOk([command, 'b', text, '--threads', '1'], { cwd: folder })).toMatch(hint);
    }
    const out = await bertuneOk(['evaluate', 'b', HELD, '--no-baseline', '--threads', '1'], { cwd: folder });
    expect(out).toMatch(
      /^Answered {3}\d+\.\d % of the texts, \d+\.\d % \(.*\) of them rightly; the others are below/m,
    );
  });

  test('a new temperature takes an old threshold away, and says so', async () => {
    const { code, stderr, stdout } = await bertune(['calibrate', 'a', 'test.csv', '--threads', '1'], {
      cwd: folder,
    });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^Note {6}these are the texts that the run was evaluated on/m);
    expect(stderr).toMatch(/^Note {6}30 texts are few to calibrate on/m);
    expect(stderr).toMatch(/^Note {6}the threshold that was kept with the old temperature is gone/m);
    expect(stdout).toMatch(/^Temperature {2}\d+\.\d{3}, fitted on 30 texts of test\.csv\n/);
    expect(contract('a')['threshold']).toBeUndefined();
  });

  test.each([
    [['run', 'train.csv'], /train\.csv is what run was trained on/],
    [
      ['run', HELD, '--target-precision', '98'],
      /--target-precision is 98, expected a number between 0 and 1/,
    ],
    [['run', HELD, '--target-precision', '0.9', '--target-recall', '0.9'], /exclude each other/],
    [['run', HELD, '--label', 'positive'], /--label goes with --target-precision/],
    [
      ['run', HELD, '--target-recall', '0.5', '--label', 'positiv'],
      /no label "positiv"; did you mean "positive"/,
    ],
    [['run', 'stars.csv'], /stars\.csv.*"(?:bad|good)"/],
    [[TINY_MODEL[1]!, HELD], /has no bertune\.json, where its temperature would be kept/],
  ])('%j is refused, and the run is as it was', async (args, message) => {
    await expectRefused(folder, ['calibrate', ...args, '--threads', '1'], message);
  });
});

test.each([
  [
    ['run', HELD, '--target-precision', '0.999'],
    /160 answers can't tell a precision of 0\.999: 1000 are needed at least\. The run is as it was/,
  ],
  [
    ['run', HELD, '--target-recall', '0.95'],
    /no threshold gives a recall of 0\.95 on these texts\. The highest is 0\.\d+, where nothing is withheld/,
  ],
])('%j is out of reach, and the run is as it was', async (args, message) => {
  const before = listing(folder);
  const result = await bertune(['calibrate', ...args, '--threads', '1'], { cwd: folder });
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr.trimEnd().split('\n').at(-1)).toMatch(message);
  expect(listing(folder)).toEqual(before);
});

describe('compare', () => {
  test('says which is better, in a table, a sentence and JSON', async () => {
    const args = ['compare', 'run', 'other', HELD, '--threads', '1'];
    const stdout = await bertuneOk(args, { cwd: folder });
    const found = JSON.parse(await bertuneOk([...args, '--json'], { cwd: folder })) as {
      [key: string]: number | string | null | Document;
      verdict: string;
    };
    expect(stdout).toContain(`${found.verdict}\n`);
    expect(stdout).toMatch(/^on 160 texts {2}accuracy +F1\nrun +\d+\.\d % \(/);
    const accuracy = async (run: string): Promise<number> =>
      (
        JSON.parse(
          await bertuneOk(['evaluate', run, HELD, '--no-baseline', '--threads', '1', '--json'], {
            cwd: folder,
          }),
        ) as { accuracy: number }
      ).accuracy;
    expect(found['a']).toMatchObject({ run: 'run', accuracy: await accuracy('run') });
    expect(found['b']).toMatchObject({ run: 'other', accuracy: await accuracy('other') });
    const counts = ['both_right', 'both_wrong', 'only_a_right', 'only_b_right'].map(
      (key) => found[key] as number,
    );
    expect(counts.reduce((a, b) => a + b)).toBe(160);
  });

  test('models with different labels are refused, with both lists', async () => {
    await expectRefused(
      folder,
      ['compare', 'run', 'stars', HELD, '--threads', '1'],
      /different labels.*run has "negative", "positive", stars has "bad", "good"/,
    );
  });
});
