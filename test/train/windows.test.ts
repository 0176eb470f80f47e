/**
 * Texts in overlapping windows, against Hugging Face's tokenizers and PyTorch in float64
 * (scripts/fixtures/make_windows.py): ids, mean logits, loss and the gradient of every parameter.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { firstsOf, meanOfRows } from '../../src/batching/windows.js';
import { loadForPrediction, type LoadedModel } from '../../src/checkpoint/load.js';
import { featuresOf, logitsOf } from '../../src/evaluate/logits.js';
import { ADAMW_DEFAULTS } from '../../src/optim/adamw.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { viewsOf, type Runtime } from '../../src/runtime/runtime.js';
import { placesOf } from '../../src/step/layout.js';
import { featureStep, gradientStep } from '../../src/step/steps.js';
import type { TextContract } from '../../src/tokenizer/truncate.js';
import { TrainingEngine } from '../../src/train/engine.js';
import { microBatches, MICRO_BATCH_TOKENS } from '../../src/train/micro-batches.js';
import { featureSet, labelledSet, type LabelledTexts } from '../../src/train/sets.js';
import { TINY } from '../support/cli.js';
import { fixtureJson, fixturePath, NO_DROPOUT, readTensors, relativeError } from '../support/fixtures.js';

interface Expected {
  readonly max_length: number;
  readonly stride: number;
  readonly class_weights: readonly number[];
  readonly label_smoothing: number;
  readonly head_tail: { readonly max_length: number; readonly head_tokens: number };
  readonly loss: number;
  readonly texts: readonly {
    readonly text: string;
    readonly label: number;
    readonly logits: readonly number[];
    readonly windows: readonly (readonly number[])[];
    readonly head_tail: readonly number[];
  }[];
}

const expected = fixtureJson('windows/expected.json') as Expected;
const gradients = readTensors(fixturePath('windows/gradients.safetensors'));
const contract: TextContract = {
  maxLength: expected.max_length,
  truncation: 'windows',
  stride: expected.stride,
};
let runtime: Runtime;
let model: LoadedModel;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 });
  model = await loadForPrediction(TINY);
});

const windowsOfTexts = () => expected.texts.map(({ text }) => model.tokenizer.read(text, contract).windows);

test('the windows are those of the Rust tokenizers', () => {
  expect(windowsOfTexts()).toEqual(expected.texts.map(({ windows }) => windows));
});

test('head+tail with a number for the head', () => {
  const { max_length: maxLength, head_tokens: headTokens } = expected.head_tail;
  for (const { text, head_tail } of expected.texts) {
    expect(model.tokenizer.encode(text, { maxLength, truncation: 'head+tail', headTokens }).ids).toEqual(
      head_tail,
    );
  }
});

test("a text's logits are the mean of its windows'", async () => {
  const scorer = {
    session: await runtime.load(model.forward.onnx),
    parameters: viewsOf(model.layout.parameters, model.weights),
    numLabels: 2,
    padId: 0,
  };
  const done: number[] = [];
  const logits = await logitsOf(scorer, windowsOfTexts(), { onProgress: (count) => done.push(count) });
  expected.texts.forEach(({ text, logits: wanted }, i) => {
    expect(relativeError(logits[i]!, wanted), text).toBeLessThan(1e-5);
  });
  expect(done.at(-1)).toBe(expected.texts.length); // texts, not windows
  await scorer.session.release();
});

describe('a text counts once in however many windows it is read', () => {
  const texts = (): LabelledTexts => ({
    texts: windowsOfTexts(),
    inWindows: true,
    targets: {
      problemType: 'single_label_classification',
      labelIds: Int32Array.from(expected.texts, ({ label }) => label),
    },
    numLabels: 2,
    origins: expected.texts.map((_, i) => `text ${i}`),
    padId: 0,
    classWeights: expected.class_weights,
  });
  const places = expected.texts.map((_, i) => i);
  const engineFor = (fromFeatures: boolean): Promise<TrainingEngine> =>
    TrainingEngine.create(
      runtime,
      model.layout,
      model.weights,
      gradientStep(model.spec, NO_DROPOUT, {
        loss: { labelSmoothing: expected.label_smoothing, classWeights: expected.class_weights },
        weighted: true,
        fromFeatures,
        trains: ({ name }) => !fromFeatures || name.startsWith('classifier'),
      }),
      { adamw: ADAMW_DEFAULTS, seed: 1 },
    );

  const check = (engine: TrainingEngine, loss: number, names: (name: string) => boolean): void => {
    expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
    for (const { name, start, end } of model.layout.parameters.filter((each) => names(each.name))) {
      const gradient = engine.gradients.subarray(start, end);
      const wanted = gradients.get(name)!.data as Float32Array;
      // Softmax doesn't change when all scores of a row do: the true gradient of a key's bias is 0.
      if (name.endsWith('key.bias')) expect(Math.max(...gradient.map(Math.abs)), name).toBeLessThan(1e-6);
      else expect(relativeError(gradient, wanted), name).toBeLessThan(3e-5);
    }
  };

  test('loss and gradients', async () => {
    const set = labelledSet(texts());
    const engine = await engineFor(false);
    let loss = 0;
    for (const micro of microBatches(set, places)) {
      loss += (await engine.accumulate(micro, set.weight(places, 0))).loss;
    }
    check(engine, loss, () => true);
    await engine.release();
  });

  test('in micro-batches of their own, in any order', async () => {
    const set = labelledSet(texts());
    const engine = await engineFor(false);
    let loss = 0;
    const rows = Array.from({ length: set.windows!.lengths.length }, (_, row) => row).reverse();
    for (const row of rows)
      loss += (await engine.accumulate(set.microBatch([row], 0), set.weight(places, 0))).loss;
    check(engine, loss, () => true);
    await engine.release();
  });

  test('of a head on what a frozen encoder made of each window', async () => {
    const { onnx, parameters } = featureStep(model.spec);
    const session = await runtime.load(onnx);
    const reader = {
      session,
      parameters: viewsOf(placesOf(model.layout, parameters), model.weights),
      padId: 0,
    };
    const given = texts();
    const features = await featuresOf(reader, model.config.hiddenSize, given.texts.flat());
    const set = featureSet(given, features);
    const engine = await engineFor(true);
    let loss = 0;
    for (const micro of microBatches(set, places)) {
      loss += (await engine.accumulate(micro, set.weight(places, 0))).loss;
    }
    check(engine, loss, (name) => name.startsWith('classifier'));
    await Promise.all([engine.release(), session.release()]);
  });

  test('micro-batches have every window of their texts once, and no more tokens than they should', () => {
    const long: LabelledTexts = {
      texts: [[300, 300, 300, 300, 20], [60], [300, 300, 71]].map((lengths) =>
        lengths.map((n) => new Int32Array(n)),
      ),
      inWindows: true,
      targets: { problemType: 'single_label_classification', labelIds: Int32Array.from([0, 1, 0]) },
      numLabels: 2,
      origins: ['a', 'b', 'c'],
      padId: 0,
    };
    const set = labelledSet(long);
    expect(set.lengths).toEqual([1220, 60, 671]);
    const micros = microBatches(set, [2, 0]);
    expect(micros.map(({ size, length }) => [size, length])).toEqual([
      [3, 300],
      [3, 300],
      [2, 71],
    ]);
    expect(micros.every(({ size, length }) => size * length <= MICRO_BATCH_TOKENS)).toBe(true);
    const shares = micros.flatMap(({ inputs }) => Array.from(inputs['loss_weights']!.data, Number));
    const sorted = shares.sort((a, b) => a - b);
    const wanted = [...new Array<number>(5).fill(1 / 5), ...new Array<number>(3).fill(1 / 3)].map(
      Math.fround,
    );
    expect(sorted).toEqual(wanted);
  });
});

test('means by hand', () => {
  const rows = [Float32Array.of(1, 2), Float32Array.of(0, 4), Float32Array.of(3, -1), Float32Array.of(3, 0)];
  const means = meanOfRows(rows, firstsOf([[0], [0, 0, 0]]));
  expect(means[0]).toBe(rows[0]);
  expect([...means[1]!]).toEqual([2, 1]);
});
