/** Models as ONNX: what is in the file, and that ONNX Runtime computes from it what the classifier does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadForPrediction } from '../../src/checkpoint/load.js';
import { Classifier, exportModel, UsageError, type ExportFormat } from '../../src/index.js';
import { float32, int64 } from '../../src/runtime/runtime.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { runtimeWith } from '../reference/onnx.js';
import { decodeOnnx } from '../step/decode-onnx.js';
import { bertune, bertuneOk, expectRefused } from '../support/cli.js';
import { fixturePath, relativeError } from '../support/fixtures.js';
import { readJsonFile } from '../support/reviews.js';

const TEXTS = ['a charming film', 'the worst movie', 'the plot is a mess and the cast is great'];

describe.each(['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta', 'hf-saved-lora'])('%s', (name) => {
  const model = fixturePath(name);

  test('gives the classifier’s logits, from a file of ONNX’s own operators with all weights inside', async () => {
    const folder = join(tempFolder(), 'export');
    const { file, bytes, labels } = await exportModel(model, { format: 'onnx', out: folder });
    expect(file).toBe(join(folder, 'model.onnx'));
    const onnx = new Uint8Array(readFileSync(file));
    expect(bytes).toBe(onnx.length);
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
  expect(error.message).toContain('expected one of onnx, transformers.js');
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
    file: 'x/model.onnx',
    labels: ['negative', 'positive'],
  });
  expect(readdirSync(join(cwd, 'x'))).not.toContain('onnx');
});
