/**
 * The graphs of a training, run from their files and description alone, without bertune's engine: ten steps have the losses
 * that Python's onnxruntime and PyTorch had (scripts/fixtures/run_training_step.py), and that the engine itself has.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadForPrediction } from '../../src/checkpoint/load.js';
import { parseSafetensorsHeader } from '../../src/formats/safetensors.js';
import { exportModel } from '../../src/index.js';
import { ADAMW_DEFAULTS } from '../../src/optim/adamw.js';
import { scheduleFactor, type ScheduleName } from '../../src/optim/schedule.js';
import { int64 } from '../../src/runtime/runtime.js';
import { gradientStep } from '../../src/step/steps.js';
import { TrainingEngine } from '../../src/train/engine.js';
import { failureOf } from '../files/temp.js';
import { runtimeWith } from '../reference/onnx.js';
import { fixtureJson, fixturePath } from '../support/fixtures.js';

type Dims = readonly (number | string)[];
interface Description {
  readonly graphs: Readonly<Record<string, { file: string; inputs: { name: string; shape: Dims }[] }>>;
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly gradient_before?: string;
    readonly gradient?: string;
    readonly gradient_rows?: string;
    readonly gradient_ids?: string;
    readonly decays: boolean;
    readonly learning_rate_factor: number;
  }[];
  readonly dropout: readonly { readonly input: string; readonly rate: number; readonly shape: Dims }[];
  readonly optimizer: Readonly<
    Record<'beta1' | 'beta2' | 'epsilon' | 'weight_decay' | 'max_grad_norm', number>
  >;
  readonly schedule: {
    readonly name: ScheduleName;
    readonly learning_rate: number;
    readonly warmup_ratio: number;
  };
}
interface Fixture {
  readonly batch: Readonly<Record<string, number[] | number[][]>>;
  readonly losses: readonly number[];
  readonly torch_losses: readonly number[];
}

const MODEL = fixturePath('hf-saved');
const STEPS = 10;
const { batch, losses, torch_losses } = fixtureJson('training-step.json') as Fixture;
const [B, S] = [4, 8];
const place = mkdtempSync(join(tmpdir(), 'bertune-test-'));
const folder = join(place, 'step');
let description: Description;

beforeAll(async () => {
  await exportModel(MODEL, { format: 'training-step', out: folder });
  description = JSON.parse(readFileSync(join(folder, 'training_step.json'), 'utf8')) as Description;
});

afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

const float = (shape: readonly number[], data: Float32Array): Tensor => new Tensor('float32', data, shape);
const scalar = (value: number): Tensor => float([], Float32Array.of(value));
const sizeOf = (dims: Dims): number[] =>
  dims.map((dim) =>
    String(dim)
      .split('*')
      .reduce((size, part) => size * (part === 'B' ? B : part === 'S' ? S : Number(part)), 1),
  );
const countOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

function weightsIn(path: string): Map<string, Float32Array> {
  const bytes = new Uint8Array(readFileSync(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, path);
  return new Map(
    [...tensors].map(([name, { start, end }]) => [name, new Float32Array(bytes.slice(start, end).buffer)]),
  );
}

/** The description followed to the letter. */
async function lossesFromFiles(): Promise<number[]> {
  const { parameters, optimizer, schedule, dropout } = description;
  const open = (name: string): Promise<InferenceSession> =>
    InferenceSession.create(join(folder, description.graphs[name]!.file), {
      logSeverityLevel: 3,
      intraOpNumThreads: 1,
    });
  const [gradient, squares, update] = [
    await open('gradient'),
    await open('sum_of_squares'),
    await open('update'),
  ];
  const weights = weightsIn(join(folder, 'model.safetensors'));
  const zeros = (): Map<string, Float32Array> =>
    new Map(parameters.map(({ name, shape }) => [name, new Float32Array(countOf(shape))]));
  const [first, second] = [zeros(), zeros()];
  const ids = (name: string): Tensor => {
    const values = batch[name]!.flat();
    return new Tensor('int64', BigInt64Array.from(values, BigInt), name === 'labels' ? [B] : [B, S]);
  };
  const found: number[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const gradients = zeros();
    const feeds: Record<string, Tensor> = { loss_scale: scalar(1 / B) };
    for (const name of Object.keys(batch)) feeds[name] = ids(name);
    for (const { input, shape } of dropout)
      feeds[input] = float(sizeOf(shape), new Float32Array(countOf(sizeOf(shape))).fill(1));
    for (const { name, shape, gradient_before } of parameters) {
      feeds[name] = float(shape, weights.get(name)!);
      if (gradient_before !== undefined) feeds[gradient_before] = float(shape, gradients.get(name)!);
    }
    const results = await gradient.run(feeds);
    found.push((results['loss']!.data as Float32Array)[0]!);
    let total = 0;
    for (const parameter of parameters) {
      const { name } = parameter;
      if (parameter.gradient !== undefined)
        gradients.set(name, results[parameter.gradient]!.data as Float32Array);
      const sum = gradients.get(name)!;
      if (parameter.gradient_rows !== undefined) {
        const rows = results[parameter.gradient_rows]!.data as Float32Array;
        const width = parameter.shape[1]!;
        batch[parameter.gradient_ids!]!.flat().forEach((id, row) => {
          for (let j = 0; j < width; j++) sum[id * width + j]! += rows[row * width + j]!;
        });
      }
      const squared = await squares.run({ gradient: float([1, sum.length], sum) });
      total += (squared['sum_of_squares']!.data as Float32Array)[0]!;
    }
    const clip = Math.min(1, optimizer.max_grad_norm / (Math.sqrt(total) + 1e-6));
    const c = Math.sqrt(1 - optimizer.beta2 ** t);
    const warmup = Math.ceil(STEPS * schedule.warmup_ratio);
    const factor = scheduleFactor(schedule.name, t - 1, STEPS, warmup);
    for (const { name, decays, learning_rate_factor } of parameters) {
      const rate = schedule.learning_rate * factor * learning_rate_factor;
      const flat = (data: Float32Array): Tensor => float([data.length], data);
      const updated = await update.run({
        parameter: flat(weights.get(name)!),
        gradient: flat(gradients.get(name)!),
        first: flat(first.get(name)!),
        second: flat(second.get(name)!),
        gradient_to_first: scalar(clip * (1 - optimizer.beta1)),
        gradient_to_second: scalar(clip * clip * (1 - optimizer.beta2)),
        keep: scalar(decays ? 1 - rate * optimizer.weight_decay : 1),
        epsilon: scalar(optimizer.epsilon * c),
        rate: scalar((rate * c) / (1 - optimizer.beta1 ** t)),
      });
      weights.set(name, updated['new_parameter']!.data as Float32Array);
      first.set(name, updated['new_first']!.data as Float32Array);
      second.set(name, updated['new_second']!.data as Float32Array);
    }
  }
  return found;
}

async function lossesOfEngine(): Promise<number[]> {
  const model = await loadForPrediction(MODEL);
  const step = gradientStep(model.spec, { hidden: 0, attention: 0, classifier: 0 });
  const { optimizer, schedule } = description;
  const engine = await TrainingEngine.create(await runtimeWith(1), model.layout, model.weights, step, {
    adamw: { ...ADAMW_DEFAULTS, weightDecay: optimizer.weight_decay },
    seed: 1,
  });
  const inputs = Object.fromEntries(
    Object.entries(batch).map(([name, values]) => [
      name,
      int64(name === 'labels' ? [B] : [B, S], BigInt64Array.from(values.flat(), BigInt)),
    ]),
  );
  const found: number[] = [];
  for (let t = 0; t < STEPS; t++) {
    const { loss } = await engine.accumulate({ size: B, length: S, inputs }, B);
    found.push(loss);
    const factor = scheduleFactor(schedule.name, t, STEPS, Math.ceil(STEPS * schedule.warmup_ratio));
    await engine.update(
      schedule.learning_rate * factor,
      await engine.gradientNorm(),
      optimizer.max_grad_norm,
    );
  }
  await engine.release();
  return found;
}

test('ten steps from the files have the losses of Python’s onnxruntime, of PyTorch and of the engine', async () => {
  const found = await lossesFromFiles();
  const engine = await lossesOfEngine();
  expect(losses).toHaveLength(STEPS);
  expect(found[STEPS - 1]!).toBeLessThan(found[0]! - 0.1); // it learns
  for (let step = 0; step < STEPS; step++) {
    expect(found[step]!, `step ${step + 1}`).toBeCloseTo(losses[step]!, 5);
    expect(found[step]!, `step ${step + 1}`).toBeCloseTo(torch_losses[step]!, 5);
    expect(found[step]!, `step ${step + 1}`).toBeCloseTo(engine[step]!, 6);
  }
});

test('the description names every input of the graphs, and the folder is one that Python opens', () => {
  const { graphs, parameters, dropout } = description;
  expect(readdirSync(folder).sort()).toEqual([
    ...['bertune.json', 'config.json', 'forward.onnx', 'gradient.onnx', 'model.safetensors'],
    ...[
      'sum_of_squares.onnx',
      'tokenizer.json',
      'tokenizer_config.json',
      'training_step.json',
      'update.onnx',
    ],
  ]);
  const known = new Set<string>([
    ...['input_ids', 'attention_mask', 'token_type_ids', 'labels', 'loss_scale'],
    ...parameters.flatMap(({ name, gradient_before = '' }) => [name, gradient_before]),
    ...dropout.map(({ input }) => input),
  ]);
  for (const { name } of graphs['gradient']!.inputs) expect(known).toContain(name);
  expect(dropout.length).toBeGreaterThan(0);
});

test('int8 is no kind of training', async () => {
  const error = await failureOf(
    exportModel(MODEL, { format: 'training-step', dtype: 'int8', out: join(place, 'x') }),
  );
  expect(error.message).toBe('--format training-step is written as fp32, not as int8.');
});
