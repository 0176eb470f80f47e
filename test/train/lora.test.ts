/** Adapters: training against PEFT in float64 (scripts/fixtures/make_lora.py), its files read and written. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadForPrediction, loadForTraining } from '../../src/checkpoint/load.js';
import { Classifier, ModelError, train, UsageError, type TrainOptions } from '../../src/index.js';
import { isLora } from '../../src/model/lora.js';
import { float32, int64, viewsOf, type Tensor } from '../../src/runtime/runtime.js';
import { gradientStep } from '../../src/step/steps.js';
import { TrainingEngine, type MicroBatch } from '../../src/train/engine.js';
import { ruleOfParameters } from '../../src/train/rules.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { runtimeWith } from '../reference/onnx.js';
import { TINY } from '../support/cli.js';
import { fixtureJson, fixturePath, NO_DROPOUT, readTensors, relativeError } from '../support/fixtures.js';
import { editJson, tinyCopy } from '../support/models.js';
import { readJsonFile, reviews, sha256 } from '../support/reviews.js';

const ADAPTER = fixturePath('hf-saved-lora');
const PREFIX = 'base_model.model.';
const tensors = readTensors(`${ADAPTER}/expected.safetensors`);
const expected = fixtureJson('hf-saved-lora/expected.json') as {
  readonly train: { readonly loss: number[]; readonly grad_norm: number[] };
  readonly hyper_parameters: Record<
    'rank' | 'alpha' | 'learning_rate' | 'weight_decay' | 'epsilon' | 'max_norm',
    number
  > & { readonly betas: [number, number] };
};
const { rank, alpha, learning_rate, weight_decay, epsilon, max_norm, betas } = expected.hyper_parameters;
const LABELS = ['negative', 'positive'];

function batchAt(step: number): MicroBatch {
  const [size, length] = tensors.get(`${step}.input_ids`)!.shape as [number, number];
  const get = (name: string, dims: number[]): Tensor =>
    int64(dims, tensors.get(`${step}.${name}`)!.data as BigInt64Array);
  const names = ['input_ids', 'attention_mask', 'token_type_ids'];
  const texts = Object.fromEntries(names.map((name) => [name, get(name, [size, length])]));
  return { size, length, inputs: { ...texts, labels: get('labels', [size]) } };
}

test('six training steps are PEFT’s, and nothing but adapters and head changes', async () => {
  const model = await loadForTraining(TINY, LABELS, { seed: 1, lora: { rank, alpha } });
  const { layout, weights, spec } = model;
  // B begins as 0, A within 1 / sqrt(in): so the model begins as the original.
  for (const { name, start, end, shape } of layout.parameters.filter((each) => isLora(each.name))) {
    const made = weights.subarray(start, end);
    const bound = name.includes('lora_B') ? 0 : 1 / Math.sqrt(shape[1]!);
    expect(Math.max(...made.map(Math.abs)), name).toBeLessThanOrEqual(bound);
    if (bound > 0) expect(Math.max(...made.map(Math.abs))).toBeGreaterThan(0.8 * bound);
    weights.set(tensors.get(`initial.${PREFIX}${name}`)!.data as Float32Array, start);
  }
  const before = weights.slice();
  const ruleOf = ruleOfParameters(spec, { freeze: 'none', layerDecay: 1, headRate: 1 });
  const step = gradientStep(spec, NO_DROPOUT, { trains: (parameter) => ruleOf(parameter) !== undefined });
  const engine = await TrainingEngine.create(await runtimeWith(2), layout, weights, step, {
    adamw: { beta1: betas[0], beta2: betas[1], epsilon, weightDecay: weight_decay },
    seed: 1,
    ruleOf,
  });
  for (const [index, wanted] of expected.train.loss.entries()) {
    const batch = batchAt(index);
    const { loss } = await engine.accumulate(batch, batch.size);
    const norm = await engine.gradientNorm();
    expect(Math.abs(loss / wanted - 1), `loss of step ${index}`).toBeLessThan(2e-5);
    expect(Math.abs(norm / expected.train.grad_norm[index]! - 1), `norm of step ${index}`).toBeLessThan(1e-4);
    await engine.update(learning_rate, norm, max_norm);
  }
  await engine.release();
  const saved = readTensors(`${ADAPTER}/adapter_model.safetensors`);
  let trained = 0;
  for (const { name, start, end } of layout.parameters) {
    const now = weights.subarray(start, end);
    const wanted = saved.get(PREFIX + name);
    if (!wanted) expect(now, name).toEqual(before.subarray(start, end));
    else {
      trained++;
      expect(relativeError(now, wanted.data as Float32Array), name).toBeLessThan(1e-4);
    }
  }
  expect(trained).toBe(saved.size);
});

describe('an adapter that PEFT saved', () => {
  test('gives PEFT’s logits', async () => {
    const { layout, weights, forward, labels } = await loadForPrediction(ADAPTER);
    expect(labels).toEqual(LABELS);
    const { inputs, size } = batchAt(expected.train.loss.length - 1);
    const { labels: _, ...texts } = inputs;
    const logits = float32([size, 2], new Float32Array(2 * size));
    const session = await (await runtimeWith(2)).load(forward.onnx);
    await session.run({ ...viewsOf(layout.parameters, weights), ...texts }, { logits });
    await session.release();
    expect(relativeError(logits.data, tensors.get('logits')!.data as Float32Array)).toBeLessThan(2e-6);
  });

  test('can be trained further, whole, from its own head', async () => {
    const model = await loadForTraining(ADAPTER, LABELS, { seed: 1 });
    const head = model.layout.parameters.find(({ name }) => name === 'classifier.weight')!;
    const wanted = readTensors(`${ADAPTER}/adapter_model.safetensors`).get(`${PREFIX}classifier.weight`)!;
    expect(model.weights.subarray(head.start, head.end)).toEqual(wanted.data);
    expect(model.layout.parameters.filter(({ name }) => isLora(name))).toEqual([]);
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    ['of another kind', (m) => { editJson(m, 'adapter_config.json', { peft_type: 'IA3' }); }, /peft_type is "IA3"/],
    ['with a magnitude', (m) => { editJson(m, 'adapter_config.json', { use_dora: true }); }, /use_dora is true/],
    [
      'of a model that is not there',
      (m) => { editJson(m, 'adapter_config.json', { base_model_name_or_path: 'some/model' }); },
      /adapter for "some\/model", which can't be had: no such folder: some\/model; and .*HF_HUB_OFFLINE/,
    ],
    ['without a rank', (m) => { editJson(m, 'adapter_config.json', { r: 0 }); }, /r is 0, expected a whole number/],
  ])('%s is refused', async (_, spoil, message) => {
    const folder = join(tempFolder(), 'adapter');
    cpSync(ADAPTER, folder, { recursive: true });
    spoil(folder);
    const error = await failureOf(loadForPrediction(folder));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
  }); // prettier-ignore
});

describe('a run', () => {
  const data = reviews(32);
  const quick = async (options: Partial<TrainOptions>): Promise<string> => {
    const out = join(tempFolder(), 'run');
    const base = { data, model: TINY, out, threads: 1, epochs: 3, batchSize: 8, maxLength: 24 };
    await train({ ...base, learningRate: 0.02, ...options });
    return out;
  };

  test('leaves PEFT’s files, and predicts as one whose adapters are merged', async () => {
    const [apart, merged] = [await quick({ loraRank: 2 }), await quick({ loraRank: 2, loraMerge: true })];
    expect(readdirSync(apart)).toContain('adapter_model.safetensors');
    expect(readdirSync(apart)).not.toContain('model.safetensors');
    expect(readdirSync(merged)).not.toContain('adapter_config.json');
    const config = readJsonFile(apart, 'adapter_config.json');
    expect(config).toMatchObject({
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 4,
      target_modules: ['query', 'value'],
    });
    const names = [...readTensors(`${apart}/adapter_model.safetensors`).keys()].sort();
    expect(names).toEqual([...readTensors(`${ADAPTER}/adapter_model.safetensors`).keys()].sort());
    expect([...readTensors(`${merged}/model.safetensors`).keys()].sort()).toEqual(
      [...readTensors(`${TINY}/model.safetensors`).keys()].sort(),
    );
    const texts = data.slice(0, 5).map(({ text }) => text);
    const scores = await Promise.all(
      [apart, merged].map(async (folder) => {
        const classifier = await Classifier.load(folder, { threads: 1 });
        const found = await classifier.logits(texts);
        await classifier.release();
        return found.flatMap((row) => [...row]);
      }),
    );
    expect(relativeError(scores[0]!, scores[1]!)).toBeLessThan(1e-6);
  });

  test('is the same for the same seed; its original may lie elsewhere by a relative path', async () => {
    const hash = async (): Promise<string> =>
      sha256(await quick({ loraRank: 2 }), 'adapter_model.safetensors');
    expect(await hash()).toBe(await hash());
    const cwd = tempFolder();
    const run = await quick({ loraRank: 1, model: tinyCopy(cwd, 'base') });
    expect(readJsonFile(run, 'adapter_config.json')).toMatchObject({
      base_model_name_or_path: join(cwd, 'base'),
    });
  });

  test.each<[Partial<TrainOptions>, RegExp]>([
    [{ loraMerge: true }, /--lora-merge needs --lora-rank/],
    [{ loraAlpha: 4 }, /--lora-alpha needs --lora-rank/],
    [{ loraRank: 2, freeze: 'all' }, /leave --freeze out/],
  ])('with %o is refused', async (options, message) => {
    const error = await failureOf(quick(options));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
  });
});
