/** Classifiers as ONNX: those of other tools and of bertune's own export, and what is said of files that don't fit. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PbfWriter } from 'pbf';
import { describe, expect, test } from 'vitest';
import { encodeOnnx, type OnnxModel } from '../../src/formats/onnx.js';
import {
  Classifier,
  evaluate,
  exportModel,
  ModelError,
  train,
  type ClassifierOptions,
} from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { bertuneOk, expectRefused, TINY } from '../support/cli.js';
import { fixtureJson, fixturePath, relativeError } from '../support/fixtures.js';
import { editConfig } from '../support/models.js';
import { reviews } from '../support/reviews.js';

const FOREIGN = fixturePath('hf-saved-onnx');
const { texts: EXPECTED } = fixtureJson('hf-saved-onnx/expected.json') as {
  texts: { text: string; fp32: number[]; int8: number[] }[];
};
const TEXTS = EXPECTED.map(({ text }) => text);

async function logitsOf(place: string, options: ClassifierOptions = {}): Promise<Float32Array[]> {
  const classifier = await Classifier.load(place, { threads: 1, ...options });
  const logits = await classifier.logits(TEXTS);
  await classifier.release();
  return logits;
}

function expectClose(
  found: readonly Float32Array[],
  wanted: readonly ArrayLike<number>[],
  limit: number,
): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((logits, i) => {
    expect(relativeError(logits, wanted[i]!), TEXTS[i]).toBeLessThan(limit);
  });
}

describe('an ONNX file that PyTorch wrote', () => {
  test('gives the logits of ONNX Runtime for Python, and those of the weights that it was made from', async () => {
    const found = await logitsOf(FOREIGN);
    expectClose(found, EXPECTED.map(({ fp32 }) => fp32), 1e-5); // prettier-ignore
    expectClose(found, await logitsOf(TINY), 1e-5);
  });

  test('has the labels of config.json, and reads what its tokenizer can', async () => {
    const classifier = await Classifier.load(FOREIGN, { threads: 1 });
    expect(classifier.labels).toEqual(['negative', 'positive']);
    expect(classifier.maxLength).toBe(24);
    expect(classifier.cleaning).toBe('none');
    expect(classifier.folder).toBe(FOREIGN);
    await classifier.release();
  });

  test('quantized to int8 is computed where it is asked for, or alone there', async () => {
    const classifier = await Classifier.load(FOREIGN, { threads: 1, dtype: 'int8' });
    // Activations are quantized for each batch: one text at a time, as they were.
    for (const { text, int8 } of EXPECTED) {
      const [logits] = await classifier.logits([text]);
      // Processors without VNNI round otherwise.
      expect(relativeError(logits!, int8), text).toBeLessThan(0.05);
    }
    await classifier.release();
    const copy = join(tempFolder(), 'm');
    cpSync(FOREIGN, copy, { recursive: true });
    rmSync(join(copy, 'onnx/model.onnx'));
    const alone = await logitsOf(copy);
    expect(alone).toEqual(await logitsOf(FOREIGN, { dtype: 'int8' }));
    expect(alone).not.toEqual(await logitsOf(FOREIGN));
  });

  test('is found by its path, in its folder or beside its config; weights go before it', async () => {
    const wanted = await logitsOf(FOREIGN);
    const int8 = await logitsOf(FOREIGN, { dtype: 'int8' });
    expect(await logitsOf(join(FOREIGN, 'onnx/model_quantized.onnx'))).toEqual(int8);
    const copy = join(tempFolder(), 'm');
    cpSync(FOREIGN, copy, { recursive: true });
    renameSync(join(copy, 'onnx/model.onnx'), join(copy, 'model.onnx'));
    expect(await logitsOf(copy)).toEqual(wanted);
    expect(await logitsOf(join(copy, 'model.onnx'))).toEqual(wanted);
    renameSync(join(copy, 'onnx/model_quantized.onnx'), join(copy, 'onnx/model.onnx'));
    expect(await logitsOf(copy)).toEqual(int8); // transformers.js's place first
    cpSync(join(TINY, 'model.safetensors'), join(copy, 'model.safetensors'));
    expect(await logitsOf(copy)).toEqual(await logitsOf(TINY));
    expect(await logitsOf(copy, { dtype: 'fp32' })).toEqual(int8); // the ONNX file, as it was asked for
    rmSync(join(copy, 'onnx'), { recursive: true });
    rmSync(join(copy, 'model.onnx'));
    expect(await logitsOf(copy, { dtype: 'fp32' })).toEqual(await logitsOf(TINY));
  });
});

describe.each(['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta'])("bertune's export of %s", (name) => {
  test.each(['onnx', 'transformers.js'] as const)('as %s gives what the weights give', async (format) => {
    const out = join(tempFolder(), 'x');
    await exportModel(fixturePath(name), { format, out, dtype: ['fp32', 'fp16', 'int8'], data: false });
    const wanted = await logitsOf(fixturePath(name));
    const found = await logitsOf(out);
    expectClose(found, wanted, 1e-5);
    expect(await logitsOf(out, { dtype: 'fp32' })).toEqual(found);
    expectClose(await logitsOf(out, { dtype: 'fp16' }), wanted, 0.01);
    expectClose(await logitsOf(out, { dtype: 'int8' }), wanted, 0.2); // of a model as narrow as this one
  });
});

test('an export keeps how its run reads texts, even without bertune.json; and can be evaluated', async () => {
  const cwd = tempFolder();
  const data = reviews(24);
  const { folder: run } = await train({
    ...{ data, model: TINY, out: join(cwd, 'run'), epochs: 1, maxLength: 16, threads: 1 },
    ...{ truncation: 'tail', clean: 'html' },
  });
  const { folder } = await exportModel(run, { format: 'transformers.js' });
  const marked = ['A <b>fine</b><br />film', `${'dull '.repeat(30)} but good`];
  const [before, after] = await Promise.all(
    [run, folder].map(async (place) => {
      const classifier = await Classifier.load(place, { threads: 1 });
      const { maxLength, cleaning, labels } = classifier;
      const scores = (await classifier.predict(marked)).map(({ score }) => score);
      await classifier.release();
      return { maxLength, cleaning, labels, scores };
    }),
  );
  expect(after).toMatchObject({
    ...before,
    scores: before!.scores.map((score) => expect.closeTo(score, 5) as number),
  });
  expect(after).toMatchObject({ maxLength: 16, cleaning: 'html' });
  rmSync(join(folder, 'bertune.json'));
  const alone = await Classifier.load(folder, { threads: 1 });
  expect(alone).toMatchObject({ maxLength: 16, cleaning: 'html' });
  await alone.release();
  const { accuracy } = await evaluate(folder, data, { threads: 1 });
  expect(accuracy).toBe((await evaluate(run, data, { threads: 1 })).accuracy);
});

test('temperature and threshold count without bertune.json, by the notes of the file; beside it, those of bertune.json', async () => {
  const run = join(tempFolder(), 'run');
  const data = reviews(24);
  await train({ data, model: TINY, out: run, maxSteps: 1, maxLength: 16, threads: 1 });
  const mark = (folder: string, temperature: number): void => {
    const path = join(folder, 'bertune.json');
    const json = JSON.parse(readFileSync(path, 'utf8')) as object;
    // Under it all of two classes' answers are withheld.
    const threshold = { score: 1, label: null, target: 'precision' };
    const withThreshold = temperature === 3 && { threshold };
    writeFileSync(
      path,
      JSON.stringify({ ...json, threshold: undefined, calibration: { temperature }, ...withThreshold }),
    );
  };
  mark(run, 3);
  const { folder } = await exportModel(run, { format: 'onnx' });
  const scoreOf = async (
    place: string,
  ): Promise<{ logits: Float32Array; score: number; unsure: boolean | undefined }> => {
    const classifier = await Classifier.load(place, { threads: 1 });
    const [logits] = await classifier.logits([TEXTS[0]!]);
    const [prediction] = await classifier.predict([TEXTS[0]!]);
    await classifier.release();
    return { logits: logits!, score: prediction!.score, unsure: prediction!.unsure };
  };
  /** Of two classes, the surer one. */
  const expected = ({ logits }: { logits: Float32Array }, temperature: number): number =>
    1 / (1 + Math.exp(-Math.abs(logits[0]! - logits[1]!) / temperature));
  const beside = await scoreOf(folder);
  expect(beside.score).toBeCloseTo(expected(beside, 3), 6);
  expect(beside.score).not.toBeCloseTo(expected(beside, 1), 4);
  expect(beside.unsure).toBe(true);
  rmSync(join(folder, 'bertune.json'));
  expect(await scoreOf(folder)).toEqual(beside);
  const again = await exportModel(run, { format: 'onnx', out: `${run}-2` });
  mark(again.folder, 5); // as `bertune calibrate` of the export would
  const later = await scoreOf(again.folder);
  expect(later.score).toBeCloseTo(expected(later, 5), 6);
  expect(later.unsure).toBeUndefined(); // the threshold of the notes was for their temperature
});

test('the command line takes an export, or its file, as a run', async () => {
  const cwd = tempFolder();
  const file = join(FOREIGN, 'onnx/model.onnx');
  const args = ['--json', '--threads', '1', TEXTS[0]!];
  const answer = await bertuneOk(['predict', TINY, ...args], { cwd });
  for (const place of [FOREIGN, file]) {
    const { label, score } = JSON.parse(await bertuneOk(['predict', place, ...args], { cwd })) as { label: string; score: number }; // prettier-ignore
    expect(label).toBe((JSON.parse(answer) as { label: string }).label);
    expect(score).toBeCloseTo((JSON.parse(answer) as { score: number }).score, 5);
  }
  expect(await bertuneOk(['predict', FOREIGN, '--dtype', 'int8', ...args], { cwd })).not.toBe(answer);
  await expectRefused(cwd, ['predict', FOREIGN, '--dtype', 'fp16', 'x'], /hf-saved-onnx has no fp16 model.*there is onnx\/model\.onnx/); // prettier-ignore
  await expectRefused(cwd, ['predict', join(FOREIGN, 'onnx/modle.onnx'), 'x'], /no such file: .*modle\.onnx; did you mean/); // prettier-ignore
});

describe('a file that does not fit is refused with what it declares', () => {
  const int64 = (name: string, shape: (number | string)[] = ['B', 'S']) =>
    ({ name, dtype: 'int64', shape }) as const;
  const float32 = (name: string, shape: (number | string)[] = ['B', 2]) =>
    ({ name, dtype: 'float32', shape }) as const;
  const shape = { name: 'shape', dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n) } as const;
  const cast = { to: { type: 'int', value: 1 } } as const;
  const node = (type: string, inputs: string[], outputs: string[], attributes = {}) => ({ type, domain: '', name: outputs[0]!, inputs, outputs, attributes }); // prettier-ignore
  /** As many "logits" as the text has ids: a graph that an engine runs, whatever it is worth. */
  const model = (changes: Partial<OnnxModel> = {}): Uint8Array =>
    encodeOnnx(
      {
        name: 'test',
        opsets: [{ domain: '', version: 17 }],
        inputs: [int64('input_ids')],
        outputs: [float32('logits')],
        initializers: [shape],
        nodes: [
          node('Cast', ['input_ids'], ['numbers'], cast),
          node('Reshape', ['numbers', 'shape'], ['logits']),
        ],
        ...changes,
      },
      '0',
    );
  const renamed = (from: string, to: string): Partial<OnnxModel> => ({
    nodes: [
      node('Cast', [from === 'input_ids' ? to : 'input_ids'], ['numbers'], cast),
      node('Reshape', ['numbers', 'shape'], [from === 'logits' ? to : 'logits']),
    ],
  });
  const refusal = async (onnx: Uint8Array, edit?: Record<string, unknown>): Promise<string> => {
    const folder = join(tempFolder(), 'm');
    mkdirSync(folder);
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) cpSync(join(FOREIGN, file), join(folder, file)); // prettier-ignore
    writeFileSync(join(folder, 'model.onnx'), onnx);
    if (edit) editConfig(folder, edit);
    const error = await failureOf(Classifier.load(folder, { threads: 1 }));
    expect(error).toBeInstanceOf(ModelError);
    return error.message.replaceAll(`${folder}/`, '');
  };
  /** A tensor that is said to be in a file, anywhere: fields of messages that come again are added to those before. */
  const withExternal = (path: string, within: 'initializer' | 'constant' | 'branch'): Uint8Array => {
    const pbf = new PbfWriter();
    const place = (_: unknown, to: PbfWriter): void => {
      to.writeStringField(1, 'location');
      to.writeStringField(2, path);
    };
    const tensor = (_: unknown, to: PbfWriter): void => {
      to.writeMessage(13, place, undefined);
      to.writeVarintField(14, 1);
    };
    const graph =
      (kind: string) =>
      (_: unknown, to: PbfWriter): void => {
        // prettier-ignore
        const attribute = (__: unknown, on: PbfWriter): void => {
        if (kind === 'constant') on.writeMessage(5, tensor, undefined);
        else on.writeMessage(6, graph('initializer'), undefined);
      };
        const constant = (__: unknown, on: PbfWriter): void => {
          on.writeMessage(5, attribute, undefined);
        };
        if (kind === 'initializer') to.writeMessage(5, tensor, undefined);
        else to.writeMessage(1, constant, undefined);
      };
    pbf.writeMessage(7, graph(within), undefined);
    return Buffer.concat([model(), pbf.finish()]);
  };

  test('the graph these are variants of is computed', async () => {
    expect(await refusal(model(), { id2label: { 0: 'a', 1: 'b', 2: 'c' }, label2id: undefined })).toBe(
      'model.onnx gives 2 logits, expected 3, as config.json names 3 labels.',
    );
  });

  test('inputs', async () => {
    expect(await refusal(model({ inputs: [int64('ids')], ...renamed('input_ids', 'ids') }))).toMatch(
      /^model\.onnx reads ids, expected input_ids, and perhaps/,
    );
    expect(await refusal(model({ inputs: [int64('input_ids'), int64('pixel_values')] }))).toMatch(
      /reads input_ids, pixel_values, expected/,
    );
    expect(await refusal(model({ inputs: [float32('input_ids', ['B', 'S'])] }))).toMatch(
      /reads input_ids float32 \[B, S\], expected int64/,
    );
    expect(await refusal(model({ inputs: [int64('input_ids', [1, 128])] }))).toMatch(
      /reads input_ids int64 \[1, 128\], expected any number of texts/,
    );
  });

  test('outputs', async () => {
    const other = { outputs: [float32('last_hidden_state')], ...renamed('logits', 'last_hidden_state') };
    expect(await refusal(model(other))).toMatch(
      /gives last_hidden_state float32 \[B, 2\], expected logits: is it a classifier\?/,
    );
    const whole = model({ nodes: [node('Reshape', ['input_ids', 'shape'], ['logits'])], outputs: [int64('logits', ['B', 2])] }); // prettier-ignore
    expect(await refusal(whole)).toMatch(/gives logits int64 \[B, 2\], expected logits as float32/);
  });

  test.each(['initializer', 'constant', 'branch'] as const)(
    'weights in other files, by its %s',
    async (within) => {
      expect(await refusal(withExternal('../../etc/passwd', within))).toMatch(
        /^model\.onnx keeps its weights in other files \("\.\.\/\.\.\/etc\/passwd"\), which are not opened/,
      );
    },
  );

  test('what is no ONNX file, or not all of it', async () => {
    const whole = new Uint8Array(readFileSync(join(FOREIGN, 'onnx/model.onnx')));
    for (const length of [1, 100, whole.length - 1]) {
      expect(await refusal(whole.subarray(0, length))).toMatch(/^model\.onnx is (cut|not an ONNX model, or is damaged): download it again\.$/); // prettier-ignore
    }
    expect(await refusal(new Uint8Array())).toMatch(/^model\.onnx is empty/);
    const text = (start: string): Uint8Array => new TextEncoder().encode(start);
    expect(await refusal(text('version https://git-lfs.github.com/spec/v1\n'))).toMatch(
      /is a Git LFS pointer/,
    );
    expect(await refusal(text('<!doctype html><html>'))).toMatch(/is a web page/);
    expect(await refusal(new Uint8Array(300).fill(0xff))).toMatch(/is not an ONNX model/);
    // An engine tells its own format by these four bytes, whatever a reader of protobuf makes of the file.
    expect(await refusal(Uint8Array.from([0x4a, 6, 0, 0, ...text('ORTM'), ...whole]))).toMatch(
      /is a model in ONNX Runtime's own format/,
    );
    const unknown = model({ nodes: [node('NoSuchOperator', ['input_ids'], ['logits'])] });
    expect(await refusal(unknown)).toMatch(
      /^model\.onnx can't be computed by onnxruntime-node .*NoSuchOperator/,
    );
  });
});
