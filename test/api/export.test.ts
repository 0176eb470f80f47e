/** Models as ONNX: what is in the file, and that ONNX Runtime computes from it what the classifier does. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onnxOf } from '../../src/checkpoint/export.js';
import { loadForPrediction, type LoadedModel } from '../../src/checkpoint/load.js';
import { softmax } from '../../src/evaluate/logits.js';
import { Classifier, exportModel, UsageError, type ExportFormat } from '../../src/index.js';
import { float32, int64, type Tensor } from '../../src/runtime/runtime.js';
import type { InferenceModel } from '../../src/step/inference.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { runtimeWith } from '../reference/onnx.js';
import { decodeOnnx } from '../step/decode-onnx.js';
import { bertune, bertuneOk, expectRefused, ON_TINY, TINY, TINY_MODEL } from '../support/cli.js';
import { fixturePath, relativeError } from '../support/fixtures.js';
import { editFloat, tinyCopy } from '../support/models.js';
import { readJsonFile, reviews, writeReviews } from '../support/reviews.js';

const TEXTS = ['a charming film', 'the worst movie', 'the plot is a mess and the cast is great'];

describe.each(['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta', 'hf-saved-lora'])('%s', (name) => {
  const model = fixturePath(name);

  test('gives the classifier’s logits, from a file of ONNX’s own operators with all weights inside', async () => {
    const folder = join(tempFolder(), 'export');
    const { files, labels } = await exportModel(model, { format: 'onnx', out: folder });
    const file = join(folder, 'model.onnx');
    const onnx = new Uint8Array(readFileSync(file));
    expect(files).toEqual([{ file, dtype: 'fp32', bytes: onnx.length }]);
    const decoded = decodeOnnx(onnx);
    expect(decoded.opsets).toEqual([{ domain: '', version: 17 }]);
    expect(new Set(decoded.nodes.map(({ domain }) => domain))).toEqual(new Set(['']));
    const inputs = ['input_ids', 'attention_mask', ...(name.includes('distil') ? [] : ['token_type_ids'])];
    expect(decoded.inputs.map((input) => input.name)).toEqual(inputs);
    expect(decoded.inputs.map(({ shape }) => shape)).toEqual(inputs.map(() => ['B', 'S']));
    expect(decoded.outputs.map((output) => [output.name, output.shape])).toEqual([['logits', ['B', 2]]]);
    expect(decoded.metadata).toMatchObject({
      labels: JSON.stringify(labels),
      truncation: 'head',
      clean: 'none',
    });
    const { layout, tokenizer, positions } = await loadForPrediction(model);
    const inside = new Set(decoded.initializers.map((tensor) => tensor.name));
    for (const parameter of layout.parameters) expect(inside.has(parameter.name), parameter.name).toBe(true);

    const session = await (await runtimeWith(1)).load(onnx);
    const classifier = await Classifier.load(model, { threads: 1 });
    const expected = await classifier.logits(TEXTS);
    await classifier.release();
    for (const [i, text] of TEXTS.entries()) {
      const { ids } = tokenizer.encode(text, { maxLength: positions, truncation: 'head' });
      const dims = [1, ids.length];
      const feeds = {
        input_ids: int64(dims, BigInt64Array.from(ids, BigInt)),
        attention_mask: int64(dims, new BigInt64Array(ids.length).fill(1n)),
        token_type_ids: int64(dims, new BigInt64Array(ids.length)),
      };
      const logits = float32([1, 2], new Float32Array(2));
      await session.run(
        Object.fromEntries(Object.entries(feeds).filter(([input]) => inputs.includes(input))),
        { logits },
      );
      expect(relativeError(logits.data, expected[i]!), text).toBeLessThan(1e-5);
    }
    await session.release();
    expect(readJsonFile(folder, 'config.json')).toMatchObject({ id2label: { 0: labels[0], 1: labels[1] } });
    expect(readdirSync(folder).sort()).toEqual([
      'README.md',
      'bertune.json',
      'config.json',
      'model.onnx',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });
});

test('an unknown format is refused', async () => {
  const options = { format: 'tflite' as ExportFormat, out: join(tempFolder(), 'x') };
  const error = await failureOf(exportModel(fixturePath('hf-saved'), options));
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toContain('expected one of onnx, transformers.js, hf, training-step');
});

test('the command: the layout of transformers.js, beside the run, replaced with --force alone', async () => {
  const cwd = tempFolder();
  const args = ['export', fixturePath('hf-saved'), '--out', 'x'];
  const stdout = await bertuneOk(args, { cwd });
  expect(stdout).toMatch(
    /^Saved {5}x\/onnx\/model\.onnx {2}\(0\.\d MB, fp32\)\nUse it {4}await pipeline\('text-classification', "x", \{ dtype: 'fp32' \}\)\n$/,
  );
  expect(readdirSync(join(cwd, 'x', 'onnx'))).toEqual(['model.onnx']);
  await expectRefused(cwd, args, /x/);
  const { code, stdout: json } = await bertune([...args, '--force', '--format', 'onnx', '--json'], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(json)).toMatchObject({
    folder: 'x',
    files: [{ file: 'x/model.onnx', dtype: 'fp32' }],
    labels: ['negative', 'positive'],
  });
  expect(readdirSync(join(cwd, 'x'))).not.toContain('onnx');
});

describe('hf', () => {
  test('adapters come merged, and the folder gives what the original gives', async () => {
    const folder = join(tempFolder(), 'merged');
    const original = await Classifier.load(fixturePath('hf-saved-lora'), { threads: 1 });
    const expected = await original.logits(TEXTS);
    await original.release();
    const { files } = await exportModel(fixturePath('hf-saved-lora'), { format: 'hf', out: folder });
    expect(files.map(({ file }) => file)).toEqual([join(folder, 'model.safetensors')]);
    expect(readdirSync(folder)).not.toContain('adapter_config.json');
    const merged = await Classifier.load(folder, { threads: 1 });
    const logits = await merged.logits(TEXTS);
    await merged.release();
    logits.forEach((row, i) => {
      expect(relativeError(row, expected[i]!)).toBeLessThan(1e-6);
    });
  });

  test('fp16: half the bytes, said in config.json, read again within the error of fp16', async () => {
    const [whole, half] = ['whole', 'half'].map((name) => join(tempFolder(), name)) as [string, string];
    const fp32 = await exportModel(fixturePath('hf-saved'), { format: 'hf', out: whole });
    const fp16 = await exportModel(fixturePath('hf-saved'), { format: 'hf', dtype: 'fp16', out: half });
    expect(fp16.files[0]!.bytes).toBeLessThan(0.6 * fp32.files[0]!.bytes);
    expect(readJsonFile(half, 'config.json')).toMatchObject({ dtype: 'float16' });
    const logits: Float32Array[][] = [];
    for (const folder of [whole, half]) {
      const classifier = await Classifier.load(folder, { threads: 1 });
      logits.push(await classifier.logits(TEXTS));
      await classifier.release();
    }
    logits[1]!.forEach((row, i) => {
      expect(relativeError(row, logits[0]![i]!)).toBeLessThan(2e-3);
      expect(relativeError(row, logits[0]![i]!)).toBeGreaterThan(0);
    });
  });

  test('of a run: it keeps how texts are read, not where its data lay', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'secret.csv', reviews(40));
    await bertuneOk(['train', 'secret.csv', '--out', 'run', '--max-steps', '1', ...TINY_MODEL], { cwd });
    const of = { data: '/home/me/held-secret.csv', data_sha256: 'abc' };
    const chosen = { calibration: { temperature: 2, ...of }, threshold: { score: 0.6, label: null, ...of } };
    const path = join(cwd, 'run', 'bertune.json');
    writeFileSync(path, JSON.stringify({ ...(readJsonFile(path) as object), ...chosen }));
    await bertuneOk(['export', 'run', '--format', 'hf'], { cwd });
    await bertuneOk(['export', 'run', '--format', 'onnx', '--no-check'], { cwd });
    const [run, kept, onnx] = ['run', 'run-hf', 'run-onnx'].map((name) =>
      readJsonFile(join(cwd, name), 'bertune.json'),
    );
    expect(JSON.stringify(run)).toMatch(/"secret\.csv.*held-secret\.csv/);
    for (const each of [kept, onnx]) {
      expect(JSON.stringify(each)).not.toMatch(/secret\.csv|data_sha256/);
      expect(each).toMatchObject({
        ...{ max_length: 24, truncation: 'head+tail', clean: 'html' },
        ...{ calibration: { temperature: 2 }, threshold: { score: 0.6, label: null } },
      });
    }
    for (const folder of ['run-hf', 'run-onnx']) {
      expect(readFileSync(join(cwd, folder, 'README.md'), 'utf8')).toContain(
        'Bertune divides logits by 2 before the softmax and says "unsure" in the place of answers below 0.6; ' +
          "other libraries don't, and find the numbers in bertune.json.",
      );
    }
    const texts = ['predict', 'run-hf', 'A fine film.', '--json'];
    expect(await bertuneOk(texts, { cwd })).toBe(
      await bertuneOk(['predict', 'run', ...texts.slice(2)], { cwd }),
    );
  });
});

/** A model of which no int8 is possible: one activation a thousand times the others, which nothing reads. */
function withOutlier(folder: string): string {
  const model = tinyCopy(folder, 'outlier');
  for (const layer of [0, 1]) {
    const part = `bert.encoder.layer.${layer}`;
    editFloat(model, `${part}.intermediate.dense.bias`, 0, () => 3e4);
    for (let row = 0; row < 24; row++) editFloat(model, `${part}.output.dense.weight`, 40 * row, () => 0);
  }
  return model;
}

/** Reviews, labelled as the model does. */
async function asItSays(model: string): Promise<{ text: string; label: string }[]> {
  const classifier = await Classifier.load(model, { threads: 1 });
  const predictions = await classifier.predict(reviews(200).map(({ text }) => text));
  await classifier.release();
  return predictions.map(({ text, label }) => ({ text, label }));
}

describe('int8', () => {
  test('is checked on a run’s own test texts, and both numbers are in the result and the card', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'r.csv', reviews(100));
    await bertuneOk(['train', 'r.csv', '--out', 'run', '--learning-rate', '3e-3', ...ON_TINY], { cwd });
    const args = ['export', 'run', '--threads', '1', '--dtype'];
    const stdout = await bertuneOk([...args, 'fp32,fp16,int8'], { cwd });
    expect(readdirSync(join(cwd, 'run-onnx', 'onnx')).sort()).toEqual([
      ...['model.onnx', 'model_fp16.onnx', 'model_quantized.onnx'],
    ]);
    expect(stdout).toMatch(/^Checked {3}on 10 texts of r\.csv, the same label for \d+\.\d %$/m);
    expect(stdout).toMatch(/^fp32 +100\.00 % +0\.1 MB +[\d.]+$/m);
    expect(stdout).toMatch(/^int8 +100\.00 % +0\.\d MB +[\d.]+$/m);
    expect(stdout).toMatch(/^ +\+0\.00 points +[\d.]+x smaller +[\d.]+x$/m);
    expect(stdout).toContain("pipeline('text-classification', \"run-onnx\", { dtype: 'q8' })");
    const card = readFileSync(join(cwd, 'run-onnx', 'README.md'), 'utf8');
    expect(card).toMatch(/On 10 texts of r\.csv, not seen in training, in turn on one machine \(1 thread\)/);
    expect(card).toMatch(/^\| int8 \| 100\.00 % \| 0\.\d MB \| [\d.]+ \|$/m);
    const { stdout: json } = await bertune([...args, 'int8', '--out', 'j', '--json'], { cwd });
    expect(JSON.parse(json)).toMatchObject({
      files: [{ file: 'j/onnx/model_quantized.onnx', dtype: 'int8' }],
      check: {
        data: 'r.csv',
        examples: 10,
        threads: 1,
        drop: 0,
        same_label: 1,
        metric: 'accuracy',
        int8: { score: 1 },
      },
    });
    rmSync(join(cwd, 'r.csv'));
    await expectRefused(
      cwd,
      [...args, 'int8', '--out', 'k'],
      /r\.csv is not here: pass --data .* or --no-check/,
    );
    expect(readdirSync(cwd)).not.toContain('k');
  });

  test('that loses too much is refused, and nothing is left of it; --max-drop allows more', async () => {
    const cwd = tempFolder();
    const model = withOutlier(cwd);
    const texts = await asItSays(model);
    expect(new Set(texts.map(({ label }) => label)).size).toBe(2);
    writeReviews(cwd, 'held-out.csv', texts);
    const args = [
      'export',
      model,
      '--dtype',
      'int8',
      '--data',
      'held-out.csv',
      '--threads',
      '1',
      '--out',
      'x',
    ];
    const { code, stderr } = await bertune(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: int8 loses [\d.]+ points of accuracy on 200 texts of held-out\.csv \(100\.00 % in fp32, [\d.]+ % in int8\), more than the 0\.5 of --max-drop/m,
    );
    expect(readdirSync(cwd).sort()).toEqual(['held-out.csv', 'outlier']);
    const stdout = await bertuneOk([...args, '--max-drop', '100'], { cwd });
    expect(stdout).toMatch(/-[\d.]+ points/);
  });

  test('the file of each family is within the error of its steps', async () => {
    for (const name of ['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta']) {
      const model = await loadForPrediction(fixturePath(name));
      const exact = await logitsFrom(onnxOf(model, { dtype: 'fp32' }), model);
      const half = await logitsFrom(onnxOf(model, { dtype: 'fp16' }), model);
      const int8 = await logitsFrom(onnxOf(model, { dtype: 'int8' }), model);
      expect(relativeError(half, exact), name).toBeLessThan(1e-3);
      expect(relativeError(half, exact), name).toBeGreaterThan(0);
      expect(relativeError(int8, exact), name).toBeLessThan(0.1);
      expect(relativeError(int8, exact), name).toBeGreaterThan(1e-4);
    }
  });
});

async function logitsFrom(
  { onnx, inputs }: InferenceModel,
  { tokenizer }: LoadedModel,
): Promise<Float32Array> {
  const session = await (await runtimeWith(1)).load(onnx);
  const { ids } = tokenizer.encode(TEXTS[2]!, { maxLength: 24, truncation: 'head' });
  const dims = [1, ids.length];
  const feeds = {
    input_ids: int64(dims, BigInt64Array.from(ids, BigInt)),
    attention_mask: int64(dims, new BigInt64Array(ids.length).fill(1n)),
    token_type_ids: int64(dims, new BigInt64Array(ids.length)),
  };
  const logits = float32([1, 2], new Float32Array(2));
  await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.includes(name))), {
    logits,
  });
  await session.release();
  return logits.data;
}

test('--probabilities: softmax of the logits, a second output', async () => {
  const model = await loadForPrediction(fixturePath('hf-saved'));
  const { onnx } = onnxOf(model, { dtype: 'fp32', probabilities: true });
  expect(decodeOnnx(onnx).outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['logits', ['B', 2]],
    ['probabilities', ['B', 2]],
  ]);
  const session = await (await runtimeWith(1)).load(onnx);
  const [logits, probabilities] = [0, 1].map(() => float32([1, 2], new Float32Array(2))) as [Tensor, Tensor];
  const ids = (value: bigint): Tensor => int64([1, 3], new BigInt64Array(3).fill(value));
  const feeds = { input_ids: ids(5n), attention_mask: ids(1n), token_type_ids: ids(0n) };
  await session.run(feeds, { logits, probabilities });
  await session.release();
  const expected = softmax(logits.data as Float32Array);
  expect(probabilities.data[0]).toBeCloseTo(expected[0]!, 6);
  expect(probabilities.data[1]).toBeCloseTo(expected[1]!, 6);
});

test('the card of an export says which outputs there are', async () => {
  const cwd = tempFolder();
  const card = async (flags: readonly string[]): Promise<string> => {
    await bertuneOk(['export', TINY, '--format', 'onnx', '--out', 'x', '--force', ...flags], { cwd });
    return readFileSync(join(cwd, 'x', 'README.md'), 'utf8');
  };
  expect(await card([])).toContain('the output\nis `logits`. Texts');
  expect(await card(['--probabilities'])).toContain('is `logits`, and beside it `probabilities`. Texts');
});

test.each([
  [['--dtype', 'int4'], /--dtype <names>.*Expected fp32, fp16, int8/],
  [['--data', 'x.csv'], /it needs --dtype int8/],
  [['--dtype', 'int8'], /the run does not say what it was trained on: pass --data/],
  [['--max-drop', '-1', '--dtype', 'int8'], /--max-drop -1/],
  [['--probabilities'], /needs --format onnx/],
])('what doesn’t fit is refused: %j', async (args, message) => {
  const cwd = tempFolder();
  await expectRefused(cwd, ['export', fixturePath('hf-saved'), '--out', 'x', ...args], message);
  expect(readdirSync(cwd)).toEqual([]);
});
