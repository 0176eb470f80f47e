import { describe, expect, test } from 'vitest';
import {
  ADAMW_DEFAULTS,
  adamwScalars,
  buildAdamW,
  clipFactor,
  type AdamWSettings,
} from '../../src/optim/adamw.js';
import { chunksOf, layOut, type Chunk } from '../../src/step/layout.js';
import { RandomStream } from '../../src/util/random.js';
import { evaluate } from '../reference/evaluate.js';
import { tensor } from '../reference/tensor.js';
import { fixtureJson } from '../support/fixtures.js';
import { newState, Optimizer, type State } from './chunks.js';

const whole = (size: number, decays: boolean): Chunk[] => [{ start: 0, end: size, decays, rate: 1 }];

describe('one update by hand', () => {
  // beta1 0.9, beta2 0.99, rate 0.1, weight decay 0.5, gradient 2 clipped to half of itself: g = 1.
  // m = 0.1 * 1 = 0.1, v = 0.01 * 1 = 0.01, corrected by 1 - 0.9 and 1 - 0.99: both 1.
  // p = 3 * (1 - 0.1 * 0.5) - 0.1 * 1 / (sqrt(1) + 0.25) = 2.85 - 0.08 = 2.77; without decay 2.92.
  const first: AdamWSettings = { beta1: 0.9, beta2: 0.99, epsilon: 0.25, weightDecay: 0.5 };
  test.each([
    [true, 2.77],
    [false, 2.92],
  ])('the first, with decay: %s', async (decays, expected) => {
    const optimizer = await Optimizer.create(first);
    const state = newState([3]);
    const step = { t: 1, learningRate: 0.1, clip: 0.5 };
    await optimizer.update(state, Float32Array.of(2), whole(1, decays), state, step);
    expect(state.parameter[0]).toBeCloseTo(expected, 6);
    expect(state.first[0]).toBeCloseTo(0.1, 7);
    expect(state.second[0]).toBeCloseTo(0.01, 8);
  });

  // beta1 0.5, beta2 0.75, epsilon 0, rate 1, no decay; from m = 1, v = 4, second update, gradient -2.
  // m = 0.5 * 1 + 0.5 * -2 = -0.5; v = 0.75 * 4 + 0.25 * 4 = 4.
  // Corrections: 1 - 0.5^2 = 0.75 and 1 - 0.75^2 = 0.4375: m^ = -2/3, v^ = 64/7, m^ / sqrt v^ = -(2/3) sqrt(7) / 8.
  test('the second', async () => {
    const optimizer = await Optimizer.create({ beta1: 0.5, beta2: 0.75, epsilon: 0, weightDecay: 0 });
    const state = {
      parameter: Float32Array.of(1),
      first: Float32Array.of(1),
      second: Float32Array.of(4),
    };
    const step = { t: 2, learningRate: 1, clip: 1 };
    await optimizer.update(state, Float32Array.of(-2), whole(1, true), state, step);
    expect(state.parameter[0]).toBeCloseTo(1 + ((2 / 3) * Math.sqrt(7)) / 8, 6);
    expect([state.first[0], state.second[0]]).toEqual([-0.5, 4]);
  });
});

interface AdamWFixture {
  readonly hyper_parameters: {
    readonly learning_rate: number;
    readonly betas: readonly [number, number];
    readonly epsilon: number;
    readonly weight_decay: number;
    readonly max_norm: number;
  };
  readonly decayed: readonly boolean[];
  readonly initial: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly grad_norm: readonly number[];
  readonly parameters: readonly (readonly number[])[];
}

describe('ten steps of torch.optim.AdamW with clipping and two groups (test/fixtures/adamw.json)', () => {
  const fixture = fixtureJson('adamw.json') as AdamWFixture;
  const { learning_rate: learningRate, betas, epsilon, weight_decay, max_norm } = fixture.hyper_parameters;
  const settings = { beta1: betas[0], beta2: betas[1], epsilon, weightDecay: weight_decay };
  const decaying = fixture.decayed.filter(Boolean).length;

  test('the graph in float64 is the same formula', () => {
    const graph = buildAdamW(settings);
    const size = fixture.initial.length;
    let state = [fixture.initial, new Array<number>(size).fill(0), new Array<number>(size).fill(0)];
    fixture.gradients.forEach((gradient, index) => {
      const clip = clipFactor(fixture.grad_norm[index]!, max_norm);
      const next = [true, false].map((decays) => {
        const numbers = Object.entries(adamwScalars(index + 1, learningRate, clip, decays, settings));
        const values = evaluate(graph, {
          parameter: tensor([size], state[0]!),
          gradient: tensor([size], gradient),
          first: tensor([size], state[1]!),
          second: tensor([size], state[2]!),
          ...Object.fromEntries(numbers.map(([name, value]) => [name, tensor([], [value as number])])),
        });
        return ['new_parameter', 'new_first', 'new_second'].map((name) => [
          ...values.get(graph.outputs.get(name)!)!.data,
        ]);
      });
      const [decayed, plain] = next as [number[][], number[][]];
      state = decayed.map((vector, kind) =>
        vector.map((x, i) => (fixture.decayed[i] ? x : plain[kind]![i]!)),
      );
      state[0]!.forEach((parameter, i) => {
        // Two orders of the same operations, for numbers about 1.
        expect(Math.abs(parameter - fixture.parameters[index]![i]!)).toBeLessThan(1e-13);
      });
    });
  });

  test.each([1, 3, 100])('in float32 on ONNX Runtime, in chunks of at most %i', async (chunkElements) => {
    const layout = layOut([
      { name: 'decayed', shape: [decaying], kind: 'weight' },
      { name: 'plain', shape: [fixture.initial.length - decaying], kind: 'bias' },
    ]);
    const chunks = chunksOf(layout, undefined, chunkElements);
    const optimizer = await Optimizer.create(settings);
    const state = newState(fixture.initial);
    for (const [index, numbers] of fixture.gradients.entries()) {
      const gradient = Float32Array.from(numbers);
      const norm = await optimizer.norm(gradient, chunks);
      expect(Math.abs(norm / fixture.grad_norm[index]! - 1)).toBeLessThan(2e-7);
      const step = { t: index + 1, learningRate, clip: clipFactor(norm, max_norm) };
      await optimizer.update(state, gradient, chunks, state, step);
      state.parameter.forEach((parameter, i) => {
        const expected = fixture.parameters[index]![i]!;
        // Each of ten updates may round by half a unit, 6e-8 of the number.
        const allowed = 6e-7 * Math.max(1, Math.abs(expected));
        expect(Math.abs(parameter - expected), `step ${index}, number ${i}`).toBeLessThan(allowed);
      });
    }
  });
});

const bytes = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
const sameBits = (a: State, b: State): boolean =>
  (['parameter', 'first', 'second'] as const).every((name) => bytes(a[name]).equals(bytes(b[name])));

test('in place and out of place are the same, bit for bit', async () => {
  const size = 100_003;
  const random = new RandomStream(1, 1);
  const numbers = (scale: number) => Float32Array.from({ length: size }, () => scale * random.normal());
  const state = {
    parameter: numbers(1),
    first: numbers(0.1),
    second: numbers(0.1).map((x) => x * x),
  };
  const copy = structuredClone(state);
  const into = newState(new Float32Array(size));
  const gradient = numbers(3);
  const before = gradient.slice();
  const optimizer = await Optimizer.create(ADAMW_DEFAULTS);
  const step = { t: 7, learningRate: 1e-2, clip: 0.3 };
  await optimizer.update(state, gradient, whole(size, true), into, step);
  expect(sameBits(state, copy)).toBe(true); // out of place: untouched
  await optimizer.update(state, gradient, whole(size, true), state, step);
  expect(sameBits(state, into)).toBe(true);
  expect(sameBits(state, copy)).toBe(false);
  expect(bytes(gradient).equals(bytes(before))).toBe(true);
});

test.each([
  ['shorter than the limit', 0.5, 1, 1],
  // As torch: the limit divided by the norm and a millionth.
  ['longer', 4, 1, 1 / 4.000001],
  ['exactly the limit', 1, 1, 1 / 1.000001],
  ['no limit', 1e9, 0, 1],
  ['a zero gradient', 0, 1, 1],
])('clipFactor: %s', (_, norm, maxNorm, expected) => {
  expect(clipFactor(norm, maxNorm)).toBeCloseTo(expected, 15);
});

describe('sum of squares', () => {
  // Rows of 512 first, then the rows' sums: each is added up in fp32 from a few hundred numbers. In one go it was 1.3e-5.
  const SUM = 1e-6;

  test.each([1, 2])('of 256 Ki numbers from 1e-8 to 1e3, at %i threads', async (threads) => {
    const random = new RandomStream(2, 1);
    const gradient = Float32Array.from(
      { length: 256 * 1024 },
      () => random.normal() * 10 ** (11 * random.uniform() - 8),
    );
    const exact = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
    const optimizer = await Optimizer.create(ADAMW_DEFAULTS, threads);
    const norm = await optimizer.norm(gradient, whole(gradient.length, true));
    expect(Math.abs(norm / exact - 1)).toBeLessThan(SUM);
  });

  test('equal numbers, with which one running sum would stop growing', async () => {
    const gradient = new Float32Array(256 * 1024).fill(0.1);
    const optimizer = await Optimizer.create(ADAMW_DEFAULTS);
    const norm = await optimizer.norm(gradient, whole(gradient.length, true));
    expect(Math.abs(norm / (512 * Math.fround(0.1)) - 1)).toBeLessThan(SUM);
  });

  test('a number that is not finite shows', async () => {
    const optimizer = await Optimizer.create(ADAMW_DEFAULTS);
    for (const bad of [NaN, Infinity, -Infinity]) {
      const gradient = new Float32Array(1000).fill(1);
      gradient[567] = bad;
      expect(Number.isFinite(await optimizer.norm(gradient, whole(1000, true)))).toBe(false);
    }
  });
});
