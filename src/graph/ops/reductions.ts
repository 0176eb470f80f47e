/** Sums along axes, and what is built on them. */
import { add, concat, expand, fill, gemm, mul, neg, reduceSum, reshape, softmax, sub } from '../build.js';
import { positiveAxis, product, sameShape, type Shape } from '../shape.js';
import type { OpRule, Value } from '../types.js';
import { checkAxis, float, int, likeFirst, misfit, oneNode } from './row.js';

export const ReduceSum: OpRule<'ReduceSum'> = {
  types(inputs, { axes, keepdims }) {
    const { dtype, shape } = inputs[0]!;
    if (axes.length === 0) misfit('ReduceSum', inputs, 'no axes'); // ONNX would take it for all of them
    for (const axis of axes) checkAxis('ReduceSum', inputs, positiveAxis(axis, shape.length));
    const reduced = new Set(axes.map((axis) => positiveAxis(axis, shape.length)));
    const kept = shape.flatMap((dim, axis) => (reduced.has(axis) ? (keepdims ? [1] : []) : [dim]));
    return [{ dtype, shape: kept }];
  },
  gradient(node, dy) {
    const { shape } = node.inputs[0]!;
    const reduced = new Set(node.attributes.axes.map((axis) => positiveAxis(axis, shape.length)));
    const withOnes = shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
    return [expand(reshape(dy, withOnes), shape)];
  },
  onnx(node, emit) {
    const { axes, keepdims } = node.attributes;
    const inputs = [
      node.inputs[0]!.name,
      emit.dims(axes.map((a) => positiveAxis(a, node.inputs[0]!.shape.length))),
    ];
    emit.node('ReduceSum', inputs, [node.outputs[0]!.name], { keepdims: int(Number(keepdims)) });
  },
};

export const Softmax: OpRule<'Softmax'> = {
  types: likeFirst,
  /** dx = y * (dy - sum(dy * y)) */
  gradient(node, dy) {
    const y = node.outputs[0]!;
    return [mul(y, sub(dy, reduceSum(mul(dy, y), [-1], true)))];
  },
  onnx: oneNode('Softmax', () => ({ axis: int(-1) })),
};

export const LogSoftmax: OpRule<'LogSoftmax'> = {
  types: likeFirst,
  /** dx = dy - softmax(x) * sum(dy) */
  gradient: (node, dy) => [sub(dy, mul(softmax(node.inputs[0]!), reduceSum(dy, [-1], true)))],
  onnx: oneNode('LogSoftmax', () => ({ axis: int(-1) })),
};

/**
 * Outputs: y, and for the gradient the mean and 1 / standard deviation of each row.
 */
export const LayerNormalization: OpRule<'LayerNormalization'> = {
  types(inputs) {
    const [x, weight, bias] = inputs as [Value, Value, Value];
    const row: Shape = [x.shape.at(-1)!];
    if (!sameShape(weight.shape, row) || !sameShape(bias.shape, row)) {
      misfit('LayerNormalization', inputs, 'weight and bias are as long as a row');
    }
    const perRow = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] } as const;
    return [{ dtype: 'float32', shape: x.shape }, perRow, perRow];
  },
  /**
   * With n = (x - mean) * r and g = dy * weight, the gradient is dx = r * (g - avg(g) - n * avg(g * n)).
   * Written out in x it is dx = (dy * weight) * r + x * a + b with two numbers a and b for each row, which
   * touches the rows five times instead of twelve; sums along rows and columns are products with vectors, which
   * read their input once and write next to nothing.
   */
  gradient(node, dy3) {
    const [x3, weight] = node.inputs as [Value, Value, Value];
    const graph = x3.graph;
    const width = x3.shape.at(-1) as number;
    const rows = product(x3.shape.slice(0, -1)); // R
    const x = reshape(x3, [rows, width]); // [R, H]
    const dy = reshape(dy3, [rows, width]); // [R, H]
    const mean = reshape(node.outputs[1]!, [rows, 1]); // [R, 1]
    const r = reshape(node.outputs[2]!, [rows, 1]); // [R, 1]
    const dyx = mul(dy, x); // [R, H]
    const column = reshape(weight, [width, 1]); // [H, 1]
    const avgG = gemm(dy, column, { alpha: 1 / width }); // [R, 1]: avg(g)
    const avgGx = gemm(dyx, column, { alpha: 1 / width }); // [R, 1]: avg(g * x)
    const avgGn = mul(sub(avgGx, mul(mean, avgG)), r); // [R, 1]: avg(g * n)
    const a = neg(mul(mul(r, r), avgGn)); // [R, 1]
    const b = sub(neg(mul(mean, a)), mul(r, avgG)); // [R, 1]
    const dx = add(add(mul(mul(dy, weight), r), mul(x, a)), b); // [R, H]
    const scaledMean = mul(mean, r); // [R, 1]
    const ones = fill(graph, [rows, 1], 1); // [R, 1]
    // Two sums down the columns of dy in one pass: [2, H] = [R, 2]^T [R, H].
    const sums = gemm(concat([ones, scaledMean], 1), dy, { transA: true });
    const half = (row: number): Value =>
      reshape(graph.add('Slice', [sums], { axis: 0, start: row, end: row + 1 }), [width]);
    const dWeight = sub(reshape(gemm(r, dyx, { transA: true }), [width]), half(1)); // [H]
    return [reshape(dx, x3.shape), dWeight, half(0)];
  },
  onnx: oneNode('LayerNormalization', (node) => ({ axis: int(-1), epsilon: float(node.attributes.epsilon) })),
};
