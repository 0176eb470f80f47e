/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2, with the decay scaled by the learning rate as in
 * PyTorch) and the norm of the gradient, as two small graphs over a chunk of the flat parameter buffer. A chunk is
 * small enough that its four vectors stay in the processor's cache through all the operations.
 */
import { add, div, mul, reduceSum, sqrt, sub } from '../graph/build.js';
import { Graph } from '../graph/graph.js';

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export const ADAMW_DEFAULTS: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

/** The numbers of one update that are the same for every element; names of the graph's scalar inputs. */
export interface AdamWScalars {
  /** The clipping factor on the gradient, times 1 - beta1. */
  readonly gradient_to_first: number;
  /** The clipping factor squared, times 1 - beta2. */
  readonly gradient_to_second: number;
  /** 1 - rate * weight decay, or 1 for parameters without decay. */
  readonly keep: number;
  /** epsilon * sqrt(1 - beta2^t) */
  readonly epsilon: number;
  /** rate * sqrt(1 - beta2^t) / (1 - beta1^t) */
  readonly rate: number;
}

/**
 * The scalars of update `t` (from 1).
 *
 * With bias correction, p = p * keep - rate / c1 * m / (sqrt(v / c2) + eps), where c1 = 1 - beta1^t and
 * c2 = 1 - beta2^t; multiplied through by sqrt(c2) the correction of v needs no pass of its own.
 */
export function adamwScalars(
  t: number,
  learningRate: number,
  clip: number,
  decays: boolean,
  { beta1, beta2, epsilon, weightDecay }: AdamWSettings,
): AdamWScalars {
  const correction = Math.sqrt(1 - beta2 ** t);
  return {
    gradient_to_first: clip * (1 - beta1),
    gradient_to_second: clip * clip * (1 - beta2),
    keep: decays ? 1 - learningRate * weightDecay : 1,
    epsilon: epsilon * correction,
    rate: (learningRate * correction) / (1 - beta1 ** t),
  };
}

/**
 * Inputs `parameter`, `gradient`, `first`, `second` [N] and the scalars; outputs `new_parameter` and so on.
 *
 * @param checked whether there is an output `sum` too, a scalar that is finite only where all new values are: a first
 *   moment that isn't makes its parameter so
 */
export function buildAdamW({ beta1, beta2 }: AdamWSettings, checked = false): Graph {
  const graph = new Graph();
  const vector = (name: string) => graph.input(name, 'float32', ['N']);
  const number = (name: keyof AdamWScalars) => graph.input(name, 'float32', []);
  const [parameter, gradient, first, second] = [
    vector('parameter'),
    vector('gradient'),
    vector('first'),
    vector('second'),
  ];
  const m = add(mul(first, beta1), mul(gradient, number('gradient_to_first')));
  const v = add(mul(second, beta2), mul(mul(gradient, gradient), number('gradient_to_second')));
  const step = mul(div(m, add(sqrt(v), number('epsilon'))), number('rate'));
  const updated = sub(mul(parameter, number('keep')), step);
  graph.output('new_parameter', updated);
  graph.output('new_first', m);
  graph.output('new_second', v);
  // While they are in the processor's cache.
  if (checked) graph.output('sum', add(reduceSum(updated, [0]), reduceSum(v, [0])));
  return graph;
}

/** Input `gradient` [R, C], any shape of the right size; output `sum_of_squares`, a scalar. */
export function buildSumOfSquares(): Graph {
  const graph = new Graph();
  const gradient = graph.input('gradient', 'float32', ['R', 'C']);
  // Along rows, then the sums of rows: one long sum in fp32 is wrong in the fifth digit.
  graph.output('sum_of_squares', reduceSum(reduceSum(mul(gradient, gradient), [1]), [0]));
  return graph;
}

/** The shape in which `size` elements are best summed: rows of up to 512. */
export function asMatrix(size: number): [rows: number, columns: number] {
  let columns = 1;
  while (columns < 512 && size % (2 * columns) === 0) columns *= 2;
  return [size / columns, columns];
}

/**
 * The factor that brings a gradient of norm `norm` down to `maxNorm`, as `torch.nn.utils.clip_grad_norm_`;
 * `maxNorm` 0 means no clipping.
 */
export function clipFactor(norm: number, maxNorm: number): number {
  return maxNorm === 0 ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
}
