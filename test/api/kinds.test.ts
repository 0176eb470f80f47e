/** Several labels, numbers and pairs of texts, from data to predictions of the saved run. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Classifier,
  evaluate,
  exportModel,
  train,
  type ModelDtype,
  type Prediction,
  type TrainEvent,
  type TrainResult,
} from '../../src/index.js';
import { TINY } from '../support/cli.js';
import { relativeError } from '../support/fixtures.js';
import { readJsonFile, reviews } from '../support/reviews.js';

const folder = { path: mkdtempSync(join(tmpdir(), 'bertune-kinds-')) };
const SETTINGS = { model: TINY, maxLength: 24, batchSize: 8, threads: 1, learningRate: 3e-3, evalSteps: 10 };
const INT8 = { format: 'onnx', dtype: 'int8', threads: 1, maxDrop: 100 } as const;
const events: TrainEvent[] = [];
const onEvent = (event: TrainEvent): void => void events.push(event);
afterAll(() => {
  rmSync(folder.path, { recursive: true });
});

const texts = reviews(120, ['dull', 'great', 'plain']).map(({ text, label }, i) => ({
  text,
  kind: label,
  i,
}));

function expectSigmoids({ scores }: Prediction, logits: Float32Array): void {
  Object.values(scores).forEach((p, id) => {
    expect(p).toBeCloseTo(1 / (1 + Math.exp(-logits[id]!)), 12);
  });
}

describe('several labels', () => {
  const data = texts.map(({ text, kind, i }) => ({ text, label: i % 4 === 0 ? [kind, 'fourth'] : [kind] }));
  const out = join(folder.path, 'several');
  let result: TrainResult;
  beforeAll(async () => {
    result = await train({ ...SETTINGS, data, out, epochs: 6, classWeights: 'balanced', onEvent });
  });

  test('are found, learnt and measured', () => {
    const start = events.find((event) => event.type === 'start');
    expect(start).toMatchObject({ problem: { problemType: 'multi_label_classification' } });
    expect(result.labels).toEqual(['dull', 'fourth', 'great', 'plain']);
    const { metrics, settings, baseline, bagOfWords } = result;
    if (metrics.problem_type !== 'multi_label_classification') throw new Error(metrics.problem_type);
    expect(metrics.f1_micro).toBeGreaterThan(baseline.f1_micro!);
    expect(metrics.per_label[0]!.label).toBe('dull');
    expect(metrics.per_label[0]!.f1).toBeGreaterThan(0.6);
    expect(bagOfWords!.f1_micro).toBeGreaterThan(0);
    expect(settings.metric).toBe('f1_micro');
    expect(result.training.best!.value).toBeGreaterThan(0);
    expect(result.reliability).toBeUndefined();
  });

  test('are written down, and read again', async () => {
    expect(readJsonFile(out, 'config.json')).toMatchObject({
      problem_type: 'multi_label_classification',
      id2label: { 0: 'dull', 1: 'fourth', 2: 'great', 3: 'plain' },
    });
    expect(readJsonFile(out, 'eval_results.json')).toMatchObject({ eval_f1_micro: result.metrics.f1_micro });
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('F1, over all labels (micro)');
    const classifier = await Classifier.load(out, { threads: 1 });
    const [prediction] = await classifier.predict([texts[0]!.text]);
    const [logits] = await classifier.logits([texts[0]!.text]);
    expect(Object.keys(prediction!.scores)).toEqual(result.labels);
    expectSigmoids(prediction!, logits!);
    const given = Object.entries(prediction!.scores).flatMap(([label, p]) => (p >= 0.5 ? [label] : []));
    expect([...prediction!.labels!].sort()).toEqual(given);
    expect(prediction!.labels).toContain('dull');
    await classifier.release();
  });

  test('are evaluated from strings too, and learnt further', async () => {
    const path = join(folder.path, 'several.csv');
    const rows = data.map(({ text, label }) => `"${text}",${label.join('|')}`);
    writeFileSync(path, `text,labels\n${rows.join('\n')}\n`);
    const evaluation = await evaluate(out, path, { threads: 1, baseline: false });
    const inMemory = await evaluate(out, data, { threads: 1, baseline: false });
    expect(evaluation.f1_micro).toBe(inMemory.f1_micro);
    const further = await train({
      ...SETTINGS,
      model: out,
      data: path,
      out: `${out}-2`,
      maxSteps: 1,
      onEvent,
    });
    const started = events.findLast((event) => event.type === 'start');
    expect(started?.report.made).toEqual([]);
    expect(further.labels).toEqual(result.labels);
  });

  test('int8 is checked by micro F1, over texts of which some may have none', async () => {
    const held = [...data, { text: 'a plain film', label: [] }];
    const { f1_micro } = await evaluate(out, held, { threads: 1, baseline: false });
    const { check } = await exportModel(out, { ...INT8, data: held, out: `${out}-int8` });
    expect(check).toMatchObject({ metric: 'f1_micro', examples: 121, fp32: { score: f1_micro } });
    expect(check!.drop).toBeCloseTo(100 * (check!.fp32.score - check!.int8.score), 9);
    expect(check!.same_label).toBeGreaterThan(0.9);
    expect(readFileSync(join(`${out}-int8`, 'README.md'), 'utf8')).toContain('| | micro F1 | size |');
  });
});

describe('numbers', () => {
  const data = texts.map(({ text, kind }) => ({
    text,
    label: kind === 'dull' ? 1.5 : kind === 'great' ? 4.5 : 3,
  }));
  const out = join(folder.path, 'numbers');

  test('are found, learnt, measured and predicted, and learnt further', async () => {
    const result = await train({ ...SETTINGS, data, out, epochs: 10 });
    const { metrics, baseline } = result;
    if (metrics.problem_type !== 'regression') throw new Error(metrics.problem_type);
    expect(metrics.pearson).toBeGreaterThan(0.6);
    expect(metrics.mae).toBeLessThan(baseline.mae!);
    expect(result.settings.metric).toBe('loss');
    const classifier = await Classifier.load(out, { threads: 1 });
    const [dull, great] = await classifier.predict(['a dull film', 'a great film']);
    expect(dull!.value).toBeLessThan(great!.value!);
    expect(dull).toMatchObject({ label: 'LABEL_0', score: dull!.value });
    await classifier.release();
    expect(readJsonFile(out, 'config.json')).toMatchObject({
      problem_type: 'regression',
      id2label: { 0: 'LABEL_0' },
    });
    await train({ ...SETTINGS, model: out, data, out: `${out}-2`, maxSteps: 1, onEvent });
    expect(events.findLast((event) => event.type === 'start')?.report.made).toEqual([]);
    await exportModel(out, { format: 'onnx' });
    const exported = await Classifier.load(`${out}-onnx`, { threads: 1 });
    const [again] = await exported.predict(['a dull film']);
    expect(again!.value).toBeCloseTo(dull!.value!, 4);
    await exported.release();
  });

  test('int8 is checked by R2, which needs numbers that differ', async () => {
    const { r2 } = await evaluate(out, data, { threads: 1, baseline: false });
    const { check } = await exportModel(out, { ...INT8, data, out: `${out}-int8` });
    expect(check).toMatchObject({ metric: 'r2', examples: 120 });
    expect(check!.fp32.score).toBeCloseTo(r2!, 6);
    expect(check!.drop).toBeCloseTo(100 * (check!.fp32.score - check!.int8.score), 9);
    expect(check!.mean_difference).toBeGreaterThan(0);
    expect(check!.mean_difference).toBeLessThan(0.5);
    const alike = data.map(({ text }) => ({ text, label: 3 }));
    await expect(exportModel(out, { ...INT8, data: alike, out: `${out}-none` })).rejects.toThrow(
      'all texts are labelled with the same number',
    );
  });

  test('have no probabilities', async () => {
    const wrong = exportModel(out, { format: 'onnx', probabilities: true, out: `${out}-probabilities` });
    await expect(wrong).rejects.toThrow(/^--probabilities: .*numbers predicts a number/);
  });

  test('have no class weights, and no metric of classes', async () => {
    const failing = join(folder.path, 'none');
    await expect(train({ ...SETTINGS, data, out: failing, classWeights: 'balanced' })).rejects.toThrow(
      '--class-weights is for classes',
    );
    await expect(train({ ...SETTINGS, data, out: failing, metric: 'f1' })).rejects.toThrow(
      '--metric f1: for regression there are loss, mae, r2, pearson, spearman.',
    );
  });
});

describe('pairs', () => {
  // Which of two openings stands first is what is to be learnt.
  const data = texts.map(({ text, i }) => {
    const [a, b] = [`great ${text}`, `dull ${text}`];
    return i % 2 === 0 ? { text: a, textPair: b, label: 'falls' } : { text: b, textPair: a, label: 'rises' };
  });
  const out = join(folder.path, 'pairs');

  test('are read in their order, by what was trained and by what is loaded', async () => {
    const { metrics } = await train({ ...SETTINGS, data, out, epochs: 15, truncation: 'head' });
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect(readJsonFile(out, 'bertune.json')).toMatchObject({ text_pair: true });
    const classifier = await Classifier.load(out, { threads: 1 });
    const [falls, rises] = await classifier.predict([
      { text: 'great film', textPair: 'dull film' },
      { text: 'dull film', textPair: 'great film' },
    ]);
    expect([falls!.label, rises!.label]).toEqual(['falls', 'rises']);
    expect(falls!.textPair).toBe('dull film');
    const single = [{ text: 'great film', label: 'falls' }];
    await expect(evaluate(classifier, single, { baseline: false })).rejects.toThrow('was trained on pairs');
    await classifier.release();
  });

  test('are the same in every export', async () => {
    const probe = data.slice(0, 4);
    const logitsOf = async (from: string, dtype?: ModelDtype): Promise<Float32Array> => {
      const classifier = await Classifier.load(from, { threads: 1, dtype });
      const rows = await classifier.logits(probe);
      const [falls, rises] = await classifier.predict(probe);
      expect([falls!.label, rises!.label], from).toEqual(['falls', 'rises']);
      await classifier.release();
      return Float32Array.from(rows.flatMap((row) => [...row]));
    };
    const expected = await logitsOf(out);
    for (const format of ['onnx', 'transformers.js'] as const) {
      const dtypes = ['fp32', 'fp16', 'int8'] as const;
      const { check } = await exportModel(out, {
        ...INT8,
        format,
        dtype: dtypes,
        data,
        out: `${out}-${format}`,
      });
      expect(check).toMatchObject({ metric: 'accuracy', examples: data.length });
      for (const [dtype, error] of [['fp32', 1e-5], ['fp16', 2e-3], ['int8', 0.1]] as const) {
        expect(relativeError(await logitsOf(`${out}-${format}`, dtype), expected), dtype).toBeLessThan(error);
      } // prettier-ignore
    }
    // The file alone remembers that it reads pairs.
    rmSync(join(`${out}-onnx`, 'bertune.json'));
    const alone = await Classifier.load(`${out}-onnx`, { threads: 1 });
    expect(alone.contract).toMatchObject({ textPair: true, truncation: 'head', maxLength: 24 });
    await alone.release();
    await exportModel(out, { format: 'hf', out: `${out}-hf` });
    expect(await logitsOf(`${out}-hf`)).toEqual(expected);
    const single = [{ text: 'great film', label: 'falls' }];
    await expect(exportModel(out, { ...INT8, data: single, out: `${out}-x` })).rejects.toThrow(
      'was trained on pairs',
    );
  });

  test('are not read in windows', async () => {
    const wrong = train({ ...SETTINGS, data, out: `${out}-windows`, truncation: 'windows' });
    await expect(wrong).rejects.toThrow('not windows');
  });
});

test('a folder that Python saved for several labels gives the sigmoid of each', async () => {
  const saved = join(folder.path, 'saved');
  cpSync(TINY, saved, { recursive: true });
  const config = readJsonFile(saved, 'config.json') as object;
  writeFileSync(
    join(saved, 'config.json'),
    JSON.stringify({ ...config, problem_type: 'multi_label_classification' }),
  );
  const classifier = await Classifier.load(saved, { threads: 1 });
  const [logits] = await classifier.logits(['a fine film']);
  const [prediction] = await classifier.predict(['a fine film']);
  expectSigmoids(prediction!, logits!);
  await classifier.release();
});
