/** The parts that encoders are made of. Activations are 2-D, [tokens, features]: one product and bias in one pass. */
import {
  add,
  concat,
  erf,
  exp,
  gelu,
  gemm,
  matmul,
  mul,
  reduceSum,
  relu,
  reshape,
  slice,
  softmax,
  sub,
  subFrom,
  tanh,
} from '../graph/build.js';
import type { Value } from '../graph/types.js';
import { ModelError } from '../util/errors.js';
import { quote } from '../util/show.js';

export interface LinearParameters {
  readonly weight: Value; // [out, in]
  readonly bias: Value; // [out]
}

/** scale * (x W^T + b): [T, in] -> [T, out]. */
export function linear(x: Value, { weight, bias }: LinearParameters, scale = 1): Value {
  return gemm(x, weight, { c: bias, transB: true, alpha: scale, beta: scale });
}

/** Several linear layers of one input as a single product: [T, in] -> [T, sum of out]. */
export function joinLinear(layers: readonly LinearParameters[]): LinearParameters {
  return {
    weight: concat(
      layers.map((layer) => layer.weight),
      0,
    ),
    bias: concat(
      layers.map((layer) => layer.bias),
      0,
    ),
  };
}

/**
 * The two dense layers of an encoder layer with the activation between them.
 * [T, H] -> [T, I] -> [T, H]
 */
export function feedForward(
  x: Value,
  inner: LinearParameters,
  outer: LinearParameters,
  activation: string,
  training: boolean,
): Value {
  if (isGelu(activation) && training) {
    // gelu(z) = z/2 * (1 + erf(z / sqrt 2)). With u = z / sqrt 2 it is (u * (1 + erf u)) / sqrt 2, and both
    // factors of 1 / sqrt 2 go into products that are there anyway.
    const u = linear(x, inner, Math.SQRT1_2); // [T, I]
    return gemm(scaledGelu(u), outer.weight, { c: outer.bias, transB: true, alpha: Math.SQRT1_2 }); // [T, H]
  }
  return linear(activate(linear(x, inner), activation), outer);
}

/** u * (1 + erf u), with the fewest passes over memory on the way back: 1 + erf u is kept. */
function scaledGelu(u: Value): Value {
  const onePlusErf = add(erf(u), 1);
  return u.graph.setGradient(mul(u, onePlusErf), {
    inputs: [u],
    rule(dy) {
      // d/du = (1 + erf u) + u * (2 / sqrt pi) exp(-u^2), the constant inside the exponent.
      const density = exp(subFrom(Math.log(2 / Math.sqrt(Math.PI)), mul(u, u)));
      return [mul(dy, add(onePlusErf, mul(u, density)))];
    },
  });
}

const isGelu = (name: string): boolean => name === 'gelu' || name === 'gelu_python';

/** The activations that `hidden_act` may name. */
export const ACTIVATIONS = ['gelu', 'gelu_python', 'relu', 'gelu_new', 'gelu_pytorch_tanh'] as const;

/** The activation of that name, element by element; a `ModelError` for one that is not known. */
export function activate(x: Value, name: string): Value {
  if (isGelu(name)) return gelu(x);
  if (name === 'relu') return relu(x);
  if (name === 'gelu_new' || name === 'gelu_pytorch_tanh') {
    // The tanh form of Hendrycks and Gimpel 2016.
    const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
    return mul(mul(x, 0.5), add(tanh(inner), 1));
  }
  throw new ModelError(
    `config.json: hidden_act ${quote(name)} is not supported; supported are ${ACTIVATIONS.join(', ')}`,
  );
}

/** What attention reads: queries of some positions, keys and values of all, heads apart. */
export interface AttentionInputs {
  /**
   * [n, B, A, S, D]: projections of all positions, one after the other. Three (query, key, value) when every
   * position asks; two (key, value) when only some do, and then `queries` has theirs.
   */
  readonly packed: Value;
  /** [B, A, Q, D] */
  readonly queries?: Value;
  /** [B, 1, 1, S]: 0 where a position is a token, a large negative number where it is padding. */
  readonly bias: Value;
  /** [B, A, Q, S]: dropout of the probabilities. */
  readonly mask?: Value;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, equation 1): [B, A, Q, D].
 *
 * The gradient is written by hand: the sum over keys that softmax's gradient needs, sum_j dP_ij P_ij, equals
 * sum_d dO_id O_id (Dao et al. 2022, FlashAttention, section 3.1 and appendix B.2), also under dropout, and
 * spares two passes over [B, A, Q, S], the largest tensors there are.
 */
export function attention({ packed, queries, bias, mask }: AttentionInputs): Value {
  const [parts, ...heads] = packed.shape as [number, ...(number | string)[]];
  const part = (index: number): Value => reshape(slice(packed, 0, index, index + 1), heads); // [B, A, S, D]
  const q = queries ?? part(0); // [B, A, Q, D]
  const k = part(parts - 2); // [B, A, S, D]
  const v = part(parts - 1); // [B, A, S, D]
  const scale = 1 / Math.sqrt(heads.at(-1) as number);
  const probabilities = softmax(add(matmul(q, k, { transB: true, alpha: scale }), bias)); // [B, A, Q, S]
  const dropped = mask ? mul(probabilities, mask) : probabilities; // [B, A, Q, S]
  const output = matmul(dropped, v); // [B, A, Q, D]
  return packed.graph.setGradient(output, {
    inputs: queries ? [packed, queries] : [packed],
    rule(dy) {
      const dv = matmul(dropped, dy, { transA: true }); // [B, A, S, D]
      const dDropped = matmul(dy, v, { transB: true }); // [B, A, Q, S]
      const dProbabilities = mask ? mul(dDropped, mask) : dDropped;
      const rowSum = reduceSum(mul(dy, output), [-1], true); // [B, A, Q, 1]
      const dScores = mul(probabilities, sub(dProbabilities, rowSum)); // [B, A, Q, S]
      const dq = matmul(dScores, k, { alpha: scale }); // [B, A, Q, D]
      const dk = matmul(dScores, q, { transA: true, alpha: scale }); // [B, A, S, D]
      const pack = (values: Value[]): Value =>
        concat(
          values.map((x) => reshape(x, [1, ...heads])),
          0,
        );
      return queries ? [pack([dk, dv]), dq] : [pack([dq, dk, dv])];
    },
  });
}
