import { coordinates, position, tensor, type Tensor64 } from '../tensor.js';
import type { Reference } from './rule.js';

export const ReduceSum: Reference<'ReduceSum'> = ([input], { axes, keepdims }) => {
  const { dtype, shape, data } = input!;
  const reduced = new Set(axes.map((axis) => (axis + shape.length) % shape.length));
  const withOnes = shape.map((dim, axis) => (reduced.has(axis) ? 1 : dim));
  const sums = new Float64Array(withOnes.reduce((a, b) => a * b, 1));
  data.forEach((x, index) => {
    const place = coordinates(index, shape).map((p, axis) => (reduced.has(axis) ? 0 : p));
    const at = position(place, withOnes);
    sums[at] = sums[at]! + x;
  });
  return [tensor(keepdims ? withOnes : shape.filter((_, axis) => !reduced.has(axis)), sums, dtype)];
};

/** Applies `f` to each row of the last axis. */
function byRow(x: Tensor64, f: (row: Float64Array) => ArrayLike<number>): Tensor64 {
  const width = x.shape.at(-1)!;
  const data = new Float64Array(x.data.length);
  for (let start = 0; start < data.length; start += width) {
    data.set(f(x.data.subarray(start, start + width)), start);
  }
  return { ...x, data };
}

function logSumExp(row: Float64Array): number {
  const highest = Math.max(...row);
  return highest + Math.log(row.reduce((sum, x) => sum + Math.exp(x - highest), 0));
}

export const Softmax: Reference<'Softmax'> = ([x]) => [
  byRow(x!, (row) => row.map((value) => Math.exp(value - logSumExp(row)))),
];

export const LogSoftmax: Reference<'LogSoftmax'> = ([x]) => [
  byRow(x!, (row) => row.map((value) => value - logSumExp(row))),
];

export const LayerNormalization: Reference<'LayerNormalization'> = (inputs, { epsilon }) => {
  const [x, weight, bias] = inputs as [Tensor64, Tensor64, Tensor64];
  const means: number[] = [];
  const inverses: number[] = []; // 1 / standard deviation
  const y = byRow(x, (row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    means.push(mean);
    inverses.push(inverse);
    return row.map((value, i) => (value - mean) * inverse * weight.data[i]! + bias.data[i]!);
  });
  const perRow = [...x.shape.slice(0, -1), 1];
  return [y, tensor(perRow, means), tensor(perRow, inverses)];
};
