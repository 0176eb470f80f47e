/**
 * Layer-wise rates, frozen layers, label smoothing, class weights and averaged weights together, against PyTorch in
 * float64 (scripts/fixtures/make_craft.py), and each alone where it can be said by hand.
 */
import { describe, expect, test } from 'vitest';
import { depthOf } from '../../src/model/depth.js';
import type { LoraOptions } from '../../src/model/lora.js';
import { scheduleFactor } from '../../src/optim/schedule.js';
import { chunksOf } from '../../src/step/layout.js';
import { hasGradient } from '../../src/step/gradient.js';
import { featureStep, gradientStep, headStep, type GradientOptions } from '../../src/step/steps.js';
import { averageFrom, WeightAverage } from '../../src/train/average.js';
import { BestKeeper } from '../../src/train/best.js';
import { TrainingEngine, type MicroBatch } from '../../src/train/engine.js';
import { headRateOf, ruleOfParameters, type RuleOf } from '../../src/train/rules.js';
import { float32, viewsOf } from '../../src/runtime/runtime.js';
import { logitsOfFeatures } from '../../src/evaluate/logits.js';
import { runtimeWith } from '../reference/onnx.js';
import {
  bertFixture,
  fixtureJson,
  NO_DROPOUT,
  readTensors,
  fixturePath,
  relativeError,
} from '../support/fixtures.js';
import { batchOf, flatWeights } from '../support/training.js';

const fixture = bertFixture('three-classes');
const { steps, warmup_steps, learning_rate, max_norm, betas, epsilon, weight_decay } =
  fixture.expected.hyper_parameters;
const craft = fixtureJson('bert/three-classes/craft.json') as {
  readonly layer_decay: number;
  readonly head_rate: number;
  readonly frozen_layers: number;
  readonly label_smoothing: number;
  readonly class_weights: number[];
  readonly averaged_updates: number;
  readonly train: { readonly loss: number[]; readonly grad_norm: number[] };
};

async function engineOf(
  weights: Float32Array,
  { ruleOf, ...options }: { ruleOf: RuleOf } & GradientOptions,
): Promise<TrainingEngine> {
  const trains: GradientOptions['trains'] = (parameter) => ruleOf(parameter) !== undefined;
  const step = gradientStep(fixture.spec, NO_DROPOUT, { ...options, trains });
  return TrainingEngine.create(await runtimeWith(2), flatWeights(fixture).layout, weights, step, {
    adamw: { beta1: betas[0], beta2: betas[1], epsilon, weightDecay: weight_decay },
    seed: 1,
    ruleOf,
  });
}

/** The sum of the labels' weights, by which PyTorch divides. */
const weightOf = ({ inputs }: MicroBatch): number =>
  Array.from(inputs['labels']!.data, Number).reduce((sum, label) => sum + craft.class_weights[label]!, 0);

test('twenty steps with all of it are PyTorch’s', async () => {
  const expected = readTensors(fixturePath('bert/three-classes/craft.safetensors'));
  const { layout, weights } = flatWeights(fixture);
  const before = weights.slice();
  const ruleOf = ruleOfParameters(fixture.spec, {
    layerDecay: craft.layer_decay,
    headRate: craft.head_rate,
    freeze: craft.frozen_layers,
  });
  const engine = await engineOf(weights, {
    ruleOf,
    loss: { labelSmoothing: craft.label_smoothing, classWeights: craft.class_weights },
  });
  const average = new WeightAverage(engine.trained, weights);
  for (let step = 0; step < steps; step++) {
    const batch = batchOf(fixture, `train.${step}.`);
    const { loss } = await engine.accumulate(batch, weightOf(batch));
    const norm = await engine.gradientNorm();
    expect(Math.abs(loss / craft.train.loss[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-4);
    expect(Math.abs(norm / craft.train.grad_norm[step]! - 1), `norm of step ${step}`).toBeLessThan(1e-4);
    await engine.update(learning_rate * scheduleFactor('linear', step, steps, warmup_steps), norm, max_norm);
    if (step >= steps - craft.averaged_updates) average.add(weights);
  }
  let frozen = 0;
  for (const parameter of layout.parameters) {
    const { name, start, end } = parameter;
    const [final, mean] = [expected.get(`final.${name}`), expected.get(`average.${name}`)];
    expect(final === undefined, name).toBe(ruleOf(parameter) === undefined);
    if (!final) {
      frozen++;
      expect(weights.subarray(start, end), name).toEqual(before.subarray(start, end));
      expect(average.weights.subarray(start, end), name).toEqual(before.subarray(start, end));
    } else if (!name.endsWith('key.bias')) {
      expect(relativeError(weights.subarray(start, end), final.data as Float32Array), name).toBeLessThan(
        1e-4,
      );
      const averaged = average.weights.subarray(start, end);
      expect(relativeError(averaged, mean!.data as Float32Array), name).toBeLessThan(1e-4);
    }
  }
  expect(frozen).toBe(5 + 16); // the embeddings' five tensors and one layer's sixteen
  await engine.release();
});

describe('rates and freezing', () => {
  const L = fixture.config.numHiddenLayers;
  const { layout } = flatWeights(fixture);
  const rates = (
    freeze: 'none' | 'embeddings' | 'all' | number,
    layerDecay = 0.5,
    headRate = 3,
  ): Map<string, number> => {
    const ruleOf = ruleOfParameters(fixture.spec, { layerDecay, headRate, freeze });
    return new Map(
      layout.parameters.flatMap((parameter) => {
        const rule = ruleOf(parameter);
        return rule ? [[parameter.name, rule.rate] as const] : [];
      }),
    );
  };

  test('fall by half from the head to the embeddings', () => {
    const found = rates('none');
    expect(found.get('classifier.weight')).toBe(3);
    expect(found.get('bert.pooler.dense.bias')).toBe(3);
    expect(found.get(`bert.encoder.layer.${L - 1}.output.dense.weight`)).toBe(0.5);
    expect(found.get('bert.encoder.layer.0.attention.self.key.bias')).toBe(0.5 ** L);
    expect(found.get('bert.embeddings.LayerNorm.weight')).toBe(0.5 ** (L + 1));
    expect(found.size).toBe(layout.parameters.length);
  });

  test('of the head are as said, else ten times the others where nobody trained it', () => {
    const { weights } = flatWeights(fixture);
    const place = layout.parameters.find(({ name }) => name === 'bert.pooler.dense.bias')!;
    const rateOf = (freeze: 'none' | 'all' | number, lora?: LoraOptions, headRate?: number): number =>
      headRateOf({ spec: { ...fixture.spec, ...(lora && { lora }) }, layout, weights }, { headRate, freeze });
    expect(rateOf('none')).toBe(1);
    for (const { name, start, end } of layout.parameters) {
      if (/(?:pooler.dense|classifier).bias/.test(name)) weights.fill(0, start, end);
    }
    expect(rateOf('none')).toBe(10);
    expect(rateOf(1)).toBe(10);
    expect(rateOf('all')).toBe(1);
    expect(rateOf('none', { rank: 2, alpha: 4 })).toBe(1);
    expect(rateOf('none', undefined, 3)).toBe(3);
    weights[place.end - 1] = 1e-3;
    expect(rateOf('none')).toBe(1);
  });

  test('a layer is not mistaken for another whose number it begins', () => {
    expect(depthOf('bert.encoder.layer.11.output.dense.weight', 24)).toBe(12);
    expect(depthOf('bert.encoder.layer.1.output.dense.weight', 24)).toBe(2);
  });

  test.each([
    ['none', layout.parameters.length],
    ['embeddings', layout.parameters.length - 5],
    [0, layout.parameters.length - 5],
    [2, layout.parameters.length - 5 - 2 * 16],
    [L, 4],
    ['all', 2],
  ] as const)('--freeze %s leaves %i tensors to train', (freeze, left) => {
    expect(rates(freeze, 1).size).toBe(left);
  });

  test('the graph computes no gradient for what is frozen, and the update has no chunk for it', () => {
    const ruleOf = ruleOfParameters(fixture.spec, { layerDecay: 1, headRate: 1, freeze: 1 });
    const step = gradientStep(fixture.spec, NO_DROPOUT, {
      trains: (parameter) => ruleOf(parameter) !== undefined,
    });
    for (const parameter of layout.parameters) {
      const { name, start, end } = parameter;
      const is = hasGradient(step, name);
      expect(is, name).toBe(ruleOf(parameter) !== undefined);
      const inChunk = chunksOf(layout, ruleOf).some((chunk) => chunk.start < end && chunk.end > start);
      expect(inChunk, name).toBe(is);
    }
    const all = gradientStep(fixture.spec, NO_DROPOUT);
    expect(step.onnx.length).toBeLessThan(0.8 * all.onnx.length);
  });
});

describe('a head on features', () => {
  const ruleOf = ruleOfParameters(fixture.spec, { layerDecay: 1, headRate: 1, freeze: 'all' });
  const batch = batchOf(fixture);
  const H = fixture.config.hiddenSize;

  async function features(weights: Float32Array): Promise<Float32Array> {
    const step = featureStep(fixture.spec);
    expect(step.parameters.map(({ name }) => name)).not.toContain('classifier.weight');
    const session = await (await runtimeWith(2)).load(step.onnx);
    const rows = new Float32Array(batch.size * H);
    const names = new Set(step.parameters.map(({ name }) => name));
    const read = flatWeights(fixture).layout.parameters.filter(({ name }) => names.has(name));
    const { labels: _, ...texts } = batch.inputs;
    await session.run({ ...viewsOf(read, weights), ...texts }, { features: float32([batch.size, H], rows) });
    await session.release();
    return rows;
  }

  test('is trained as on the texts themselves', async () => {
    const [{ layout, weights: whole }, { weights: head }] = [flatWeights(fixture), flatWeights(fixture)];
    const rows = await features(head);
    const onTexts = await engineOf(whole, { ruleOf });
    const onFeatures = await engineOf(head, { ruleOf, fromFeatures: true });
    for (let step = 0; step < 3; step++) {
      const first = await onTexts.accumulate(batch, batch.size);
      const inputs = { features: float32([batch.size, H], rows), labels: batch.inputs['labels']! };
      const second = await onFeatures.accumulate({ ...batch, length: 1, inputs }, batch.size);
      expect(Math.abs(second.loss / first.loss - 1)).toBeLessThan(1e-6);
      await onTexts.update(1e-2, await onTexts.gradientNorm(), 1);
      await onFeatures.update(1e-2, await onFeatures.gradientNorm(), 1);
    }
    for (const { name, start, end } of layout.parameters) {
      const [a, b] = [head.subarray(start, end), whole.subarray(start, end)];
      if (name.startsWith('classifier')) expect(relativeError(a, b), name).toBeLessThan(1e-5);
      else expect(a, name).toEqual(b);
    }
    expect(head).not.toEqual(flatWeights(fixture).weights);
    await Promise.all([onTexts.release(), onFeatures.release()]);
  });

  test('gives the logits of the whole network', async () => {
    const { layout, weights } = flatWeights(fixture);
    const rows = await features(weights);
    const texts = Array.from({ length: batch.size }, (_, i) => rows.subarray(i * H, (i + 1) * H));
    const step = headStep(fixture.spec);
    const names = new Set(step.parameters.map(({ name }) => name));
    expect(names).toEqual(new Set(['classifier.weight', 'classifier.bias']));
    const session = await (await runtimeWith(2)).load(step.onnx);
    const parameters = viewsOf(
      layout.parameters.filter(({ name }) => names.has(name)),
      weights,
    );
    const logits = await logitsOfFeatures({ session, parameters, numLabels: 3 }, texts);
    await session.release();
    const expected = fixture.tensors.get('logits')!.data as Float32Array;
    expect(relativeError(Float32Array.from(logits.flatMap((row) => [...row])), expected)).toBeLessThan(2e-6);
  });
});

describe('the average', () => {
  test('is the mean of what was added, and what it began with elsewhere', () => {
    const average = new WeightAverage([{ start: 1, end: 3 }], Float32Array.of(9, 9, 9, 9));
    average.add(Float32Array.of(0, 1, 10, 0));
    expect([...average.weights]).toEqual([9, 1, 10, 9]);
    average.add(Float32Array.of(0, 2, 20, 0));
    average.add(Float32Array.of(0, 6, 60, 0));
    expect([...average.weights]).toEqual([9, 3, 30, 9]);
    expect(average.count).toBe(3);
  });

  test.each([
    [0.3, 10, 8],
    [1, 10, 1],
    [0.01, 10, 10],
    [0.5, 1, 1],
  ])('of the last %d of %i updates begins with number %i', (share, total, first) => {
    expect(averageFrom(share, total)).toBe(first);
  });
});

describe('the best', () => {
  const weights = (x: number): Float32Array => Float32Array.of(x);
  const run = (metric: 'accuracy' | 'loss', patience: number, values: (number | undefined)[]) => {
    const keeper = new BestKeeper(metric, patience);
    const stops = values.map((value, i) =>
      keeper.offer(i + 1, value === undefined ? {} : { [`eval_${metric}`]: value }, weights(i + 1)),
    );
    const kept = weights(-1);
    keeper.restore(kept);
    return { stops, best: keeper.best, kept: kept[0] };
  };

  test('of accuracy is the highest, the first of equal ones', () => {
    const { best, kept, stops } = run('accuracy', 0, [0.5, 0.9, 0.9, 0.8]);
    expect(best).toEqual({ step: 2, value: 0.9 });
    expect(kept).toBe(2);
    expect(stops).toEqual([false, false, false, false]);
  });

  test('of loss is the lowest', () => {
    expect(run('loss', 0, [0.5, 0.3, 0.4])).toMatchObject({ best: { step: 2, value: 0.3 }, kept: 2 });
  });

  test('stops after as many evaluations without a better one as it has patience', () => {
    expect(run('accuracy', 2, [0.5, 0.4, 0.6, 0.6, 0.5]).stops).toEqual([false, false, false, false, true]);
  });

  test('what is no number is never the best; without any, the weights stay', () => {
    expect(run('loss', 0, [NaN, undefined])).toEqual({ stops: [false, false], best: undefined, kept: -1 });
    expect(run('loss', 0, [NaN, 0.4]).best).toEqual({ step: 2, value: 0.4 });
  });
});
