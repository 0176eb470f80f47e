/**
 * The functions that graphs are written with: one for each operator, and the small expressions that recur.
 * They know operators by name only; what an operator means stands in its row under `ops/`.
 */
import { broadcastAxes, sameShape, type Dim, type Shape } from './shape.js';
import type { Builder, DType, Value } from './types.js';

/** A tensor of known numbers; `shape` [] for a scalar. */
export function constant(
  graph: Builder,
  dtype: DType,
  shape: readonly number[],
  data: readonly number[],
): Value {
  return graph.add('Constant', [], { dtype, shape, data });
}

export function scalar(graph: Builder, value: number): Value {
  return constant(graph, 'float32', [], [value]);
}

/** A tensor filled with one number. */
export function fill(graph: Builder, shape: Shape, value: number): Value {
  return graph.add('Fill', [], { shape, value });
}

/** int64 [size]: 0, 1, 2, ... */
export function range(graph: Builder, size: Dim): Value {
  return graph.add('Range', [], { size: [size] });
}

/** A number stands for a scalar constant in the elementwise functions. */
function operand(other: Value, value: Value | number): Value {
  return typeof value === 'number' ? scalar(other.graph, value) : value;
}

export function add(a: Value, b: Value | number): Value {
  return a.graph.add('Add', [a, operand(a, b)], {});
}
export function sub(a: Value, b: Value | number): Value {
  return a.graph.add('Sub', [a, operand(a, b)], {});
}
/** number - b */
export function subFrom(a: number, b: Value): Value {
  return b.graph.add('Sub', [scalar(b.graph, a), b], {});
}
export function mul(a: Value, b: Value | number): Value {
  return a.graph.add('Mul', [a, operand(a, b)], {});
}
export function div(a: Value, b: Value | number): Value {
  return a.graph.add('Div', [a, operand(a, b)], {});
}
export function neg(x: Value): Value {
  return x.graph.add('Neg', [x], {});
}
export function exp(x: Value): Value {
  return x.graph.add('Exp', [x], {});
}
export function sqrt(x: Value): Value {
  return x.graph.add('Sqrt', [x], {});
}
export function erf(x: Value): Value {
  return x.graph.add('Erf', [x], {});
}
export function tanh(x: Value): Value {
  return x.graph.add('Tanh', [x], {});
}
export function relu(x: Value): Value {
  return x.graph.add('Relu', [x], {});
}
export function sign(x: Value): Value {
  return x.graph.add('Sign', [x], {});
}
export function gelu(x: Value): Value {
  return x.graph.add('Gelu', [x], {});
}
export function cast(x: Value, to: DType): Value {
  return x.dtype === to ? x : x.graph.add('Cast', [x], { to });
}

/** alpha * A B + beta * C for matrices, either of A and B transposed first. */
export function gemm(
  a: Value,
  b: Value,
  options: { c?: Value; alpha?: number; beta?: number; transA?: boolean; transB?: boolean } = {},
): Value {
  const { c, ...attributes } = options;
  return a.graph.add('Gemm', c ? [a, b, c] : [a, b], attributes);
}

/** alpha * A B over the last two axes, either of them transposed there first; leading axes are the same. */
export function matmul(
  a: Value,
  b: Value,
  options: { alpha?: number; transA?: boolean; transB?: boolean } = {},
): Value {
  return a.graph.add('FusedMatMul', [a, b], options);
}

export function reduceSum(x: Value, axes: readonly number[], keepdims = false): Value {
  return x.graph.add('ReduceSum', [x], { axes, keepdims });
}
/** Over the last axis. */
export function softmax(x: Value): Value {
  return x.graph.add('Softmax', [x], {});
}
/** Over the last axis. */
export function logSoftmax(x: Value): Value {
  return x.graph.add('LogSoftmax', [x], {});
}
/** Over the last axis: (x - mean) / sqrt(variance + epsilon) * weight + bias. Ba, Kiros and Hinton 2016. */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  return x.graph.add('LayerNormalization', [x, weight, bias], { epsilon });
}

export function reshape(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.add('Reshape', [x], { shape });
}
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.add('Expand', [x], { shape });
}
export function transpose(x: Value, perm: readonly number[]): Value {
  return x.graph.add('Transpose', [x], { perm });
}
/** Elements `start` to `end` (not included) of one axis. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  return x.graph.add('Slice', [x], { axis, start, end });
}
export function concat(parts: readonly Value[], axis: number): Value {
  return parts[0]!.graph.add('Concat', parts, { axis });
}

/** The slices of `x` along `axis` that `indices` (int64, any shape) name. */
export function gather(x: Value, indices: Value, axis = 0): Value {
  return x.graph.add('Gather', [x, indices], { axis });
}
/** `data` with `updates` added at `indices` along `axis`; indices and updates have one shape. */
export function scatterAdd(data: Value, indices: Value, updates: Value, axis: number): Value {
  return data.graph.add('ScatterElements', [data, indices, updates], { axis });
}
/** float32 [..., depth]: 1 at the place that the label names, else 0. */
export function oneHot(labels: Value, depth: number): Value {
  return labels.graph.add('OneHot', [labels], { depth });
}
/** Sums a gradient over the axes along which its value was broadcast. */
export function sumTo(dy: Value, shape: Shape): Value {
  const axes = broadcastAxes(dy.shape, shape);
  return reshape(axes.length === 0 ? dy : reduceSum(dy, axes), shape);
}
