/** The parts of models, most of all those whose gradient is written by hand. */
import { describe, expect, test } from 'vitest';
import { add, matmul, mul } from '../../src/graph/build.js';
import type { Shape } from '../../src/graph/shape.js';
import type { Value } from '../../src/graph/types.js';
import { Dropout } from '../../src/model/dropout.js';
import { ACTIVATIONS, attention, feedForward, joinLinear, linear } from '../../src/model/layers.js';
import { crossEntropySum, squaredErrorSum } from '../../src/model/losses.js';
import { RandomStream } from '../../src/util/random.js';
import { erf } from '../reference/erf.js';
import { evaluate } from '../reference/evaluate.js';
import { generate, tensor, type Tensor64 } from '../reference/tensor.js';
import { relativeError } from '../support/fixtures.js';
import { buildCase, check, floats, given, ids, type Case, type Input } from './check.js';

// B batch 2, S tokens 3, A heads 2, D features of a head 4, H hidden 4, I intermediate 5, C classes

/** What a case's first output is, in float64. */
function valueOf(testCase: Case): Tensor64 {
  const { graph, outputs, feeds } = buildCase(testCase);
  return evaluate(graph, feeds).get(outputs[0]!)!;
}

/** Dropout factors for a rate of 0.25. */
function mask(shape: Shape): Input {
  const make: Input['make'] = (dims, random) =>
    generate(dims, () => (random.uniform() < 0.25 ? 0 : Math.fround(4 / 3)));
  return { dtype: 'float32', shape, make };
}

describe('linear', () => {
  const build = (scale?: number): Case => ({
    name: `scale ${scale ?? 'left out'}`,
    inputs: [floats(['B*S', 4]), floats([5, 4]), floats([5])],
    build: ([x, weight, bias]) => linear(x!, { weight: weight!, bias: bias! }, scale),
  });
  check(build(), true);
  check(build(0.37), true);

  test('the scale is on product and bias', () => {
    const plain = valueOf(build());
    expect(
      relativeError(
        valueOf(build(0.37)).data,
        plain.data.map((y) => 0.37 * y),
      ),
    ).toBeLessThan(1e-15);
  });
});

describe('joinLinear', () => {
  // Different numbers of outputs, so that an exchange shows.
  const inputs = [floats(['B*S', 4]), floats([2, 4]), floats([2]), floats([3, 4]), floats([3])];
  const layers = ([, w1, b1, w2, b2]: readonly Value[]) => [
    { weight: w1!, bias: b1! },
    { weight: w2!, bias: b2! },
  ];
  const joined: Case = {
    name: 'two layers',
    inputs,
    build: (values) => linear(values[0]!, joinLinear(layers(values))),
  };
  check(joined, true);

  test('its features are those of the one layer, then those of the other', () => {
    const [first, second] = [0, 1].map((index) =>
      valueOf({ name: '', inputs, build: (values) => linear(values[0]!, layers(values)[index]!) }),
    );
    const both = valueOf(joined);
    for (let row = 0; row < 6; row++) {
      expect([...both.data.subarray(5 * row, 5 * row + 5)]).toEqual([
        ...first!.data.subarray(2 * row, 2 * row + 2),
        ...second!.data.subarray(3 * row, 3 * row + 3),
      ]);
    }
  });
});

describe('feedForward', () => {
  const build = (activation: string, training: boolean): Case => ({
    name: `${activation}${training ? ' in training' : ''}`,
    inputs: [floats(['B*S', 4], -2, 2), floats([5, 4]), floats([5]), floats([4, 5]), floats([4])],
    build: ([x, w1, b1, w2, b2]) =>
      feedForward(x!, { weight: w1!, bias: b1! }, { weight: w2!, bias: b2! }, activation, training),
  });
  for (const activation of ACTIVATIONS) {
    check(build(activation, false), true);
    check(build(activation, true), true);

    test(`${activation} is what its definition says, in training as otherwise`, () => {
      const { inputs, feeds } = buildCase(build(activation, false));
      const [x, w1, b1, w2, b2] = inputs.map(({ name }) => feeds[name]!.data);
      const expected: number[] = [];
      for (let row = 0; row < 6; row++) {
        const inner = Array.from(b1!, (bias, i) => {
          let z = bias;
          for (let h = 0; h < 4; h++) z += x![4 * row + h]! * w1![4 * i + h]!;
          return DEFINITIONS[activation](z);
        });
        b2!.forEach((bias, h) => expected.push(inner.reduce((sum, a, i) => sum + a * w2![5 * h + i]!, bias)));
      }
      for (const training of [false, true]) {
        expect(relativeError(valueOf(build(activation, training)).data, expected)).toBeLessThan(1e-14);
      }
    });
  }

  test('an unknown activation is an error that names the known ones', () => {
    expect(() => buildCase(build('swish', false))).toThrow(
      'hidden_act "swish" is not supported; supported are gelu, gelu_python, relu, gelu_new, gelu_pytorch_tanh',
    );
  });
});

/** PyTorch's `gelu`, `relu` and `gelu(approximate="tanh")`. */
const gelu = (z: number): number => 0.5 * z * (1 + erf(z / Math.sqrt(2)));
const geluTanh = (z: number): number =>
  0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
const DEFINITIONS: Record<(typeof ACTIVATIONS)[number], (z: number) => number> = {
  gelu,
  gelu_python: gelu,
  relu: (z) => Math.max(0, z),
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
};

describe('attention', () => {
  /** The second text has one token of padding. */
  const bias = given(['B', 1, 1, 'S'], [0, 0, 0, 0, 0, -1e9]);
  const build = (options: { queries: boolean; mask: boolean }): Case => {
    const Q = options.queries ? 1 : 'S';
    return {
      name: `${options.queries ? 'one query' : 'all queries'}, ${options.mask ? 'with' : 'without'} dropout`,
      inputs: [
        floats([options.queries ? 2 : 3, 'B', 2, 'S', 4]),
        bias,
        ...(options.queries ? [floats(['B', 2, 1, 4])] : []),
        ...(options.mask ? [mask(['B', 2, Q, 'S'])] : []),
      ],
      fixed: [1, ...(options.mask ? [options.queries ? 3 : 2] : [])],
      build: ([packed, paddingBias, ...rest]) =>
        attention({
          packed: packed!,
          bias: paddingBias!,
          queries: options.queries ? rest.shift() : undefined,
          mask: options.mask ? rest.shift() : undefined,
        }),
    };
  };
  const all = [false, true].flatMap((queries) => [false, true].map((drops) => ({ queries, mask: drops })));
  for (const options of all) check(build(options), true);

  test.each(all)('is softmax(Q K^T / sqrt D + bias) V: %o', (options) => {
    const testCase = build(options);
    const { feeds } = buildCase(testCase);
    const [packed, padding, ...rest] = testCase.inputs.map((_, index) => feeds[`x${index}`]!.data);
    const queries = options.queries ? rest.shift()! : undefined;
    const factors = options.mask ? rest.shift()! : undefined;
    const [B, A, S, D, Q] = [2, 2, 3, 4, options.queries ? 1 : 3];
    const keyPart = options.queries ? 0 : 1;
    const at = (part: number, b: number, a: number, s: number, d: number): number =>
      packed![(((part * B + b) * A + a) * S + s) * D + d]!;
    const expected: number[] = [];
    for (let b = 0; b < B; b++) {
      for (let a = 0; a < A; a++) {
        for (let q = 0; q < Q; q++) {
          const weights = Array.from({ length: S }, (_, s) => {
            let score = 0;
            for (let d = 0; d < D; d++) {
              score +=
                (queries ? queries[(b * A + a) * D + d]! : at(0, b, a, q, d)) * at(keyPart, b, a, s, d);
            }
            return Math.exp(score / Math.sqrt(D) + padding![b * S + s]!);
          });
          const total = weights.reduce((sum, w) => sum + w, 0);
          for (let d = 0; d < D; d++) {
            let sum = 0;
            weights.forEach((w, s) => {
              const factor = factors ? factors[((b * A + a) * Q + q) * S + s]! : 1;
              sum += (w / total) * factor * at(keyPart + 1, b, a, s, d);
            });
            expected.push(sum);
          }
        }
      }
    }
    const actual = valueOf(testCase);
    expect(actual.shape).toEqual([B, A, Q, D]);
    expect(relativeError(actual.data, expected)).toBeLessThan(1e-13);
  });
});

describe('crossEntropySum', () => {
  const build = (logits: Input, labels: Input): Case => ({
    name: 'logits and labels',
    inputs: [logits, labels],
    build: ([x, y]) => crossEntropySum(x!, y!),
  });
  check(build(floats(['B', 4], -3, 3), ids(['B'], [3, 1])), true);

  test('by hand', () => {
    // -log softmax([0, 0])[0] = log 2; -log softmax([log 3, 0])[1] = -log(1 / 4) = log 4
    const logits: Input = { ...floats(['B', 2]), make: (dims) => tensor(dims, [0, 0, Math.log(3), 0]) };
    const loss = valueOf(build(logits, ids(['B'], [0, 1])));
    expect(loss.shape).toEqual([]);
    expect(loss.data[0]).toBeCloseTo(Math.log(2) + Math.log(4), 14);
  });
});

describe('squaredErrorSum', () => {
  const build = (logits: Input, targets: Input): Case => ({
    name: 'logits and targets',
    inputs: [logits, targets],
    build: ([x, y]) => squaredErrorSum(x!, y!),
  });
  check(build(floats(['B', 1]), floats(['B'])), true);

  test('by hand', () => {
    // (1 - 3)^2 + (-2 - -0.5)^2 = 4 + 2.25
    const loss = valueOf(build(given(['B', 1], [1, -2]), given(['B'], [3, -0.5])));
    expect(loss.data[0]).toBe(6.25);
  });
});

describe('Dropout', () => {
  const rates = { hidden: 0.5, attention: 0.25, classifier: 0.5 };
  /** Factors as those of a rate, different for each site. */
  const factors = (rate: number, site: number, dims: number[]): Tensor64 => {
    const random = new RandomStream(site, 4);
    return generate(dims, () => (random.uniform() < rate ? 0 : Math.fround(1 / (1 - rate))));
  };

  const inAGraph: Case = {
    name: 'at three sites of a graph',
    inputs: [floats(['B', 'S', 4]), floats(['B', 'S', 4])],
    feeds: {
      dropout_mask_0: factors(0.5, 0, [2, 3, 4]),
      dropout_mask_1: factors(0.25, 1, [2, 3, 3]),
      dropout_mask_2: factors(0.5, 2, [2, 3, 4]),
    },
    build([x, y], graph) {
      const dropout = new Dropout(graph, rates);
      const scores = matmul(dropout.hidden(x!), y!, { transB: true }); // [B, S, S]
      const dropped = mul(scores, dropout.attentionMask(scores.shape)!);
      return dropout.classifier(add(matmul(dropped, x!), y!)); // [B, S, 4]
    },
  };
  check(inAGraph, true);

  test('multiplies by the mask of its site, and knows the rate and shape of each', () => {
    const [half, quarter] = [factors(0.5, 0, [2, 4]), factors(0.25, 1, [2, 4])];
    const value = valueOf({
      name: '',
      inputs: [given(['B', 4], [1, 2, 3, 4, 5, 6, 7, 8])],
      feeds: { dropout_mask_0: half, dropout_mask_1: quarter },
      build([x], graph) {
        const dropout = new Dropout(graph, rates);
        const y = mul(dropout.hidden(x!), dropout.attentionMask(['B', 4])!);
        expect(dropout.sites).toEqual([
          { rate: 0.5, shape: ['B', 4] },
          { rate: 0.25, shape: ['B', 4] },
        ]);
        return y;
      },
    });
    expect([...value.data]).toEqual(
      Array.from({ length: 8 }, (_, i) => (i + 1) * half.data[i]! * quarter.data[i]!),
    );
  });

  test('a rate of 0 leaves the graph as it is', () => {
    const { graph, outputs, inputs } = buildCase({
      name: '',
      inputs: [floats(['B', 4])],
      build([x], g) {
        const dropout = new Dropout(g, { hidden: 0, attention: 0, classifier: 0 });
        expect(dropout.attentionMask(['B', 2, 'S', 'S'])).toBeUndefined();
        expect(dropout.sites).toEqual([]);
        return dropout.classifier(dropout.hidden(x!));
      },
    });
    expect(outputs[0]).toBe(inputs[0]);
    expect(graph.nodes).toEqual([]);
  });
});
