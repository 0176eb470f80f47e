/** A run's temperature: fitted, kept, and used wherever the run says how sure it is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  Classifier,
  evaluate,
  ModelError,
  train,
  type TrainEvent,
  type TrainResult,
} from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { sharedFolder, TINY } from '../support/cli.js';
import { readJsonFile as readUnknown, reviews } from '../support/reviews.js';

const QUICK = { model: TINY, maxLength: 24, threads: 1, batchSize: 16, baseline: false };
/** A third of the labels are wrong, so that no model is right about all of them. */
const noisy = (count: number): { text: string; label: string }[] =>
  reviews(count).map(({ text, label }, i) => ({
    text: `${text} ${i % 7}`,
    label: i % 3 === 0 ? (label === 'positive' ? 'negative' : 'positive') : label,
  }));

const readJsonFile = (...path: string[]): Record<string, unknown> =>
  readUnknown(...path) as Record<string, unknown>;

describe('train with calibrate', () => {
  const folder = sharedFolder();
  const run = join(folder, 'run');
  const events: TrainEvent[] = [];
  let result: TrainResult;

  beforeAll(async () => {
    result = await train({
      ...{ data: noisy(120), test: noisy(60), out: run, epochs: 8, learningRate: 0.01, calibrate: true },
      ...{ ...QUICK, onEvent: (event) => events.push(event) },
    });
  }, 60_000);

  test('sets validation texts aside and fits the temperature on them', () => {
    const start = events.find((event) => event.type === 'start');
    expect(start?.texts).toMatchObject({ train: 108, validation: 12, test: 60 });
    expect(events.filter(({ type }) => type === 'calibrating').at(-1)).toEqual({
      ...{ type: 'calibrating', done: 12, total: 12 },
    });
    expect(
      events.some((event) => event.type === 'note' && event.message.startsWith('calibrated on 12')),
    ).toBe(true);
    const { calibration } = result;
    expect(calibration).toMatchObject({ method: 'temperature_scaling', examples: 12 });
    expect(calibration!.after.loss).toBeLessThan(calibration!.before.loss);
    expect(calibration!.temperature).toBeGreaterThan(1.05); // trained far too long, it is too sure
    expect(readJsonFile(run, 'bertune.json')['calibration']).toEqual(calibration);
  });

  test('an evaluation, its files and each prediction go by it; accuracy is as without', async () => {
    const { temperature } = result.calibration!;
    const { metrics, reliability, uncalibrated } = result;
    expect(metrics.loss).toBeCloseTo(reliability!.loss, 12);
    expect(Math.abs(uncalibrated!.loss - reliability!.loss)).toBeGreaterThan(1e-3);
    const written = readJsonFile(run, 'eval_results.json');
    expect(written).toMatchObject({ eval_temperature: temperature, eval_loss: metrics.loss });
    expect(written['eval_reliability']).toEqual(reliability!.reliability);
    expect(written['eval_uncalibrated']).toEqual(uncalibrated);

    const again = await evaluate(run, noisy(60), { threads: 1, baseline: false });
    expect(again.temperature).toBe(temperature);
    expect(again.accuracy).toBe(metrics.accuracy);
    expect(again.loss).toBeCloseTo(metrics.loss, 6);
    expect(again.brier_score).toBeCloseTo(reliability!.brier_score, 6);
    expect(again.uncalibrated!.loss).toBeCloseTo(uncalibrated!.loss, 6);

    const classifier = await Classifier.load(run, { threads: 1 });
    const texts = ['a fine film', 'a dull film'];
    const predictions = await classifier.predict(texts);
    const logits = await classifier.logits(texts);
    await classifier.release();
    predictions.forEach(({ scores }, i) => {
      // With two classes: the sigmoid of the difference, divided by T.
      const [negative, positive] = Array.from(logits[i]!);
      expect(scores['positive']).toBeCloseTo(1 / (1 + Math.exp((negative! - positive!) / temperature)), 9);
    });
  });

  test('the same seed gives the same temperature, bit for bit', async () => {
    const again = await train({
      ...{ data: noisy(120), test: noisy(60), out: join(folder, 'again'), epochs: 8, learningRate: 0.01 },
      ...{ ...QUICK, calibrate: true },
    });
    expect(again.calibration).toEqual(result.calibration);
  });

  test.each([0, -1, '2', null])('a temperature of %j in bertune.json is refused', async (temperature) => {
    const path = join(run, 'bertune.json');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(before), calibration: { temperature } }));
    const failure = await failureOf(Classifier.load(run, { threads: 1 }));
    writeFileSync(path, before);
    expect(failure).toBeInstanceOf(ModelError);
    expect(failure.message).toMatch(
      /bertune\.json: "calibration" is .*expected an object with a "temperature" above 0/,
    );
  });
});

test('where all validation texts are right, no temperature is fitted, and a note says why', async () => {
  const events: TrainEvent[] = [];
  const out = join(tempFolder(), 'run');
  const result = await train({
    ...{
      data: reviews(60),
      test: reviews(20),
      out,
      epochs: 30,
      learningRate: 0.01,
      calibrate: true,
      ...QUICK,
    },
    onEvent: (event) => events.push(event),
  });
  expect(result.calibration).toBeUndefined();
  expect(result.uncalibrated).toBeUndefined();
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
  expect(notes.at(-1)).toMatch(/^no temperature was fitted: 6 of the 6 texts are classified rightly/);
  expect(readJsonFile(out, 'bertune.json')['calibration']).toBeUndefined();
});
