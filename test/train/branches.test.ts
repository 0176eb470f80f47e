/** `--branches`: a run that parts, and keeps the mean. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forecast, InterruptedError, train, type TrainOptions, type TrainResult } from '../../src/index.js';
import { gradientStep } from '../../src/step/steps.js';
import { beginsBranch, branchingOf, rateFactor, stepsOnPath } from '../../src/train/branches.js';
import { TrainingEngine } from '../../src/train/engine.js';
import { runTraining } from '../../src/train/loop.js';
import { forTexts } from '../../src/train/recipes.js';
import type { TrainingSet } from '../../src/train/sets.js';
import { resolveSettings } from '../../src/train/settings.js';
import { tempFolder } from '../files/temp.js';
import { runtimeWith } from '../reference/onnx.js';
import { TINY } from '../support/cli.js';
import {
  bertFixture,
  fixtureJson,
  fixturePath,
  NO_DROPOUT,
  readTensors,
  relativeError,
} from '../support/fixtures.js';
import { reviews, sha256 } from '../support/reviews.js';
import { ofStep, stopAt } from '../support/stopping.js';
import { batchOf, flatWeights } from '../support/training.js';

describe('how updates are shared out', () => {
  test.each([
    [[100, 29, 3], { trunkSteps: 31, branches: 3, branchSteps: 23 }],
    [[20, 6, 2], { trunkSteps: 6, branches: 2, branchSteps: 7 }],
    [[9, 0, 3], { trunkSteps: 0, branches: 3, branchSteps: 3 }],
    // One branch is the whole run, and so is one of too few updates to part.
    [[20, 6, 1], { trunkSteps: 0, branches: 1, branchSteps: 20 }],
    [[20, 18, 3], { trunkSteps: 0, branches: 1, branchSteps: 20 }],
  ] as const)('%j', ([total, shared, branches], expected) => {
    expect(branchingOf(total, shared, branches)).toEqual(expected);
  });

  test('a branch counts on from the trunk, and falls from the rate that the trunk has', () => {
    const branching = branchingOf(9, 3, 2);
    const steps = Array.from({ length: 9 }, (_, step) => step);
    expect(steps.map((step) => stepsOnPath(branching, step + 1))).toEqual([1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(steps.filter((step) => beginsBranch(branching, step))).toEqual([3, 6]);
    const factors = (schedule: 'linear' | 'constant', warmupSteps: number): number[] =>
      steps.map((step) => rateFactor({ ...branching, warmupSteps }, schedule, step));
    const falling = [1, 2 / 3, 1 / 3];
    expect(factors('linear', 2)).toEqual([0, 1 / 2, 1, ...falling, ...falling]);
    expect(factors('constant', 1)).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1]);
    // A warm-up that is longer than the trunk goes on in each branch.
    const late = [3 / 4, 1, 1 / 2];
    expect(factors('linear', 4)).toEqual([0, 1 / 4, 2 / 4, ...late, ...late]);
  });
});

test('twenty updates in a trunk and two branches are PyTorch’s', async () => {
  const fixture = bertFixture('three-classes');
  const { betas, epsilon, weight_decay, learning_rate, max_norm } = fixture.expected.hyper_parameters;
  const truth = fixtureJson('bert/three-classes/branches.json') as {
    readonly train: { readonly loss: number[]; readonly grad_norm: number[]; readonly rate: number[] };
  };
  const { layout, weights } = flatWeights(fixture);
  const engine = await TrainingEngine.create(
    await runtimeWith(2),
    layout,
    weights,
    gradientStep(fixture.spec, NO_DROPOUT),
    { adamw: { beta1: betas[0], beta2: betas[1], epsilon, weightDecay: weight_decay }, seed: 1 },
  );
  // A "text" is a batch of the fixture, another one in each branch.
  const batches: TrainingSet = {
    lengths: Array.from({ length: 20 }, () => 1),
    origins: [],
    microBatch: ([place], branch) => batchOf(fixture, `train.${(place! + 5 * branch) % 20}.`),
    weight: ([place], branch) => batchOf(fixture, `train.${(place! + 5 * branch) % 20}.`).size,
  };
  const given = resolveSettings({
    ...{ epochs: 1, shortFirst: 0.3, branches: 2, averageLast: 0.3, loggingSteps: 1 },
    ...{ batchSize: 1, order: 'sequential', warmupSteps: 3 },
    ...{ learningRate: learning_rate, maxGradNorm: max_norm },
  });
  const settings = forTexts(given, 20);
  const seen: { loss: number; gradNorm: number; learningRate: number }[] = [];
  await runTraining(engine, { ...batches, short: batches }, settings, { onStep: (step) => seen.push(step) });
  await engine.release();
  expect(seen).toHaveLength(20);
  for (const [step, { loss, gradNorm, learningRate }] of seen.entries()) {
    expect(Math.abs(loss / truth.train.loss[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-4);
    expect(Math.abs(gradNorm / truth.train.grad_norm[step]! - 1), `norm of step ${step}`).toBeLessThan(1e-4);
    expect(learningRate, `rate of step ${step}`).toBeCloseTo(truth.train.rate[step]!, 12);
  }
  const expected = readTensors(fixturePath('bert/three-classes/branches.safetensors'));
  for (const { name, start, end } of layout.parameters) {
    if (name.endsWith('key.bias')) continue;
    const wanted = expected.get(name)!.data as Float32Array;
    expect(relativeError(weights.subarray(start, end), wanted), name).toBeLessThan(1e-4);
  }
});

describe('a run', () => {
  const TEXTS = reviews(32);
  const BASE = {
    ...{ data: TEXTS, test: TEXTS.slice(0, 4), model: TINY, threads: 1, baseline: false },
    ...{ epochs: 3, batchSize: 4, shortFirst: 0.25, branches: 3, averageLast: 0.5, dropout: 0.2 },
  };

  async function run(options: Partial<TrainOptions>): Promise<{ weights: string; result: TrainResult }> {
    const out = options.out ?? join(tempFolder(), 'run');
    const result = await train({ ...BASE, out, ...options });
    return { result, weights: sha256(out, 'model.safetensors') };
  }

  test('says where it parts, takes as long as without, and three copies more', async () => {
    const [parted, whole] = [await forecast(BASE), await forecast({ ...BASE, branches: 1 })];
    expect(parted.plan).toMatchObject({ totalSteps: 24, trunkSteps: 6, branches: 3, branchSteps: 6 });
    expect(parted.plan.totalTokens).toBe(whole.plan.totalTokens);
    expect(parted.memory.parts.copies).toBe(4 * whole.memory.parts.copies);
  });

  test('keeps another mean than one that does not part, and the same each time', async () => {
    const [parted, again, whole] = [await run({}), await run({}), await run({ branches: 1 })];
    expect(again.weights).toBe(parted.weights);
    expect(whole.weights).not.toBe(parted.weights);
    expect(parted.result.training).toMatchObject({ steps: 24, epoch: 3 });
  });

  test.each([
    [3, {}],
    [6, {}],
    [7, {}],
    [15, {}],
    [23, {}],
    [12, { evalSteps: 5, validation: TEXTS.slice(4, 12) }],
  ])('that is stopped after update %i goes on to the same bits', async (update, settings) => {
    const { weights, result } = await run(settings);
    const out = join(tempFolder(), 'run');
    const error = await stopAt(run, { ...settings, out }, ofStep(update));
    expect(error).toBeInstanceOf(InterruptedError);
    const resumed = await run({ ...settings, out, resume: true });
    expect(resumed.weights).toBe(weights);
    expect(resumed.result.training.meanLoss).toBe(result.training.meanLoss);
  });
});
