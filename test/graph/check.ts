/**
 * What every operator and every composite layer must stand: types as declared, values in float64 and on ONNX Runtime
 * the same, and gradients equal to finite differences.
 */
import { describe, expect, test } from 'vitest';
import { mul, reduceSum } from '../../src/graph/build.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import type { Shape } from '../../src/graph/shape.js';
import type { DType, Value } from '../../src/graph/types.js';
import { RandomStream } from '../../src/util/random.js';
import { evaluate, type Feeds } from '../reference/evaluate.js';
import { runOnnx, THREADS } from '../reference/onnx.js';
import {
  count,
  generate,
  resolve,
  resolveDim,
  tensor,
  type Sizes,
  type Tensor64,
} from '../reference/tensor.js';
import { relativeError } from '../support/fixtures.js';

/** float32 rounds by 6e-8, and the sums here are of a few terms: 4e-7 at most is seen. */
const FLOAT32 = 1e-6;
/** A gradient is a chain of ten or so float32 operations, some of them differences: 8e-7 is seen. */
const FLOAT32_GRADIENT = 3e-6;
/** Central differences in float64 with this step err by about its square: 2e-9 of the largest element is seen. */
const STEP = 1e-5;
const DIFFERENCES = 2e-8;

export interface Input {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly make: (shape: readonly number[], random: RandomStream) => Tensor64;
}

export interface Case {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** What is tested, from the inputs' values; the first output is differentiated. */
  readonly build: (inputs: readonly Value[], graph: Graph) => Value | readonly Value[];
  /** Further feeds, for inputs that `build` declares; they get no gradient. */
  readonly feeds?: Feeds;
  /** Indices of inputs that get no gradient. */
  readonly fixed?: readonly number[];
}

/** The sizes that cases name. Different from each other, and from other sizes where that can show a mistake. */
export const SIZES: Sizes = new Map([
  ['B', 2],
  ['S', 3],
]);

/** Random numbers that float32 holds exactly, so that both sides start from the same. */
export function floats(shape: Shape, from = -1.5, to = 1.5): Input {
  const make: Input['make'] = (dims, random) =>
    generate(dims, () => Math.fround(from + (to - from) * random.uniform()));
  return { dtype: 'float32', shape, make };
}

/** As `floats`, none of them within 0.1 of zero: for functions with a kink there. */
export function awayFromZero(shape: Shape): Input {
  const make: Input['make'] = (dims, random) =>
    generate(dims, () => {
      const x = Math.fround(0.1 + random.uniform());
      return random.uniform() < 0.5 ? -x : x;
    });
  return { dtype: 'float32', shape, make };
}

export function given(shape: Shape, data: readonly number[], dtype: DType = 'float32'): Input {
  return {
    dtype,
    shape,
    make: (dims) => tensor(dims, data.map(dtype === 'float32' ? Math.fround : Number), dtype),
  };
}

/** int64 */
export function ids(shape: Shape, data: readonly number[]): Input {
  return given(shape, data, 'int64');
}

interface Built {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly feeds: Feeds;
}

/** The case as a graph, and what it is fed with. */
export function buildCase(testCase: Case): Built {
  const graph = new Graph();
  const inputs = testCase.inputs.map(({ dtype, shape }, index) => graph.input(`x${index}`, dtype, shape));
  // Something to read the sizes from, as the token ids are in a model.
  graph.input('batch', 'int64', ['B', 'S']);
  const built = testCase.build(inputs, graph);
  const feeds = testCase.inputs.map(({ shape, make }, index) => {
    const dims = shape.map((dim) => resolveDim(dim, SIZES));
    return [`x${index}`, make(dims, new RandomStream(11 + index, 1))] as const;
  });
  return {
    graph,
    inputs,
    outputs: Array.isArray(built) ? (built as readonly Value[]) : [built as Value],
    feeds: {
      ...Object.fromEntries(feeds),
      ...testCase.feeds,
      batch: generate(resolve(['B', 'S'], SIZES), () => 0, 'int64'),
    },
  };
}

/** sum(y * w) with random w of both signs: a scalar whose gradient no symmetry hides. */
export function withLoss(built: Built): Built & { loss: Value } {
  const y = built.outputs[0]!;
  const weights = built.graph.input('loss_weights', 'float32', y.shape);
  const random = new RandomStream(5, 2);
  const w = generate(resolve(y.shape, SIZES), () => Math.fround(2 * random.uniform() - 1));
  const product = mul(y, weights);
  const loss =
    y.shape.length === 0
      ? product
      : reduceSum(
          product,
          y.shape.map((_, axis) => axis),
        );
  return { ...built, loss, feeds: { ...built.feeds, loss_weights: w } };
}

/** Registers the tests of a case; `differentiable` ones must have the gradient that finite differences show. */
export function check(testCase: Case, differentiable: boolean): void {
  describe(testCase.name, () => {
    test('types and values', async () => {
      const { graph, outputs, feeds } = buildCase(testCase);
      const values = evaluate(graph, feeds);
      expectDeclaredTypes(values);
      await expectSameOnOnnxRuntime(graph, feeds, values, outputs, FLOAT32);
    });
    const wanted = testCase.inputs.flatMap(({ dtype }, index) =>
      dtype === 'float32' && !testCase.fixed?.includes(index) ? [index] : [],
    );
    if (!differentiable || wanted.length === 0) return;
    test('gradient', async () => {
      const { graph, inputs, loss, feeds } = withLoss(buildCase(testCase));
      const parameters = wanted.map((index) => inputs[index]!);
      const gradients = differentiate(graph, loss, parameters);
      const values = evaluate(graph, feeds);
      expectDeclaredTypes(values);
      parameters.forEach((parameter, index) => {
        const differences = finiteDifferences(testCase, parameter.name);
        const gradient = values.get(gradients[index]!)!;
        expect(gradient.shape, parameter.name).toEqual(differences.shape);
        expect(relativeError(gradient.data, differences.data), parameter.name).toBeLessThan(DIFFERENCES);
      });
      await expectSameOnOnnxRuntime(graph, feeds, values, gradients, FLOAT32_GRADIENT);
    });
  });
}

/** Each value of the graph must turn out as its declaration says. */
export function expectDeclaredTypes(values: ReadonlyMap<Value, Tensor64>): void {
  for (const [{ name, dtype, shape }, actual] of values) {
    // Sizes of a feed alone, such as a pool's, are what they are.
    if (shape.some((dim) => typeof dim === 'string' && /[a-z]/.test(dim))) continue;
    const declared = { dtype, shape: resolve(shape, SIZES) };
    expect({ dtype: actual.dtype, shape: [...actual.shape] }, name).toEqual(declared);
    expect(actual.data.length, name).toBe(count(actual.shape));
  }
}

async function expectSameOnOnnxRuntime(
  graph: Graph,
  feeds: Feeds,
  values: ReadonlyMap<Value, Tensor64>,
  outputs: readonly Value[],
  tolerance: number,
): Promise<void> {
  // Two parameters may have one gradient, which can be an output only once.
  const wanted = new Map([...new Set(outputs)].map((value) => [value, values.get(value)!]));
  for (const threads of THREADS) {
    const results = await runOnnx(graph, feeds, wanted, threads);
    for (const [value, reference] of wanted) {
      const actual = results.get(value)!;
      const message = `${value.name} at ${threads} threads`;
      if (value.dtype === 'int64') expect([...actual], message).toEqual([...reference.data]);
      else expect(relativeError(actual, reference.data), message).toBeLessThan(tolerance);
    }
  }
}

/** d loss / d input, each element moved a little both ways. */
export function finiteDifferences(testCase: Case, input: string): Tensor64 {
  const { graph, loss, feeds } = withLoss(buildCase(testCase));
  const base = feeds[input]!;
  const lossAt = (index: number, by: number): number => {
    const data = base.data.slice();
    data[index] = data[index]! + by;
    return evaluate(graph, { ...feeds, [input]: { ...base, data } }).get(loss)!.data[0]!;
  };
  return generate(base.shape, (index) => (lossAt(index, STEP) - lossAt(index, -STEP)) / (2 * STEP));
}
