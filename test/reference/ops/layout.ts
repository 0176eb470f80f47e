import { coordinates, count, generate, position, resolve, tensor, type Tensor64 } from '../tensor.js';
import type { Reference } from './rule.js';

export const Reshape: Reference<'Reshape'> = ([x], { shape }, sizes) => [
  tensor(resolve(shape, sizes), x!.data, x!.dtype),
];

export const Transpose: Reference<'Transpose'> = ([x], { perm }) => {
  const shape = perm.map((axis) => x!.shape[axis]!);
  const from = (index: number): number => {
    const source: number[] = [];
    coordinates(index, shape).forEach((place, axis) => (source[perm[axis]!] = place));
    return x!.data[position(source, x!.shape)]!;
  };
  return [generate(shape, from, x!.dtype)];
};

export const Slice: Reference<'Slice'> = ([x], { axis, start, end }) => {
  const shape = x!.shape.map((dim, a) => (a === axis ? end - start : dim));
  const from = (index: number): number =>
    x!.data[
      position(
        coordinates(index, shape).map((place, a) => (a === axis ? place + start : place)),
        x!.shape,
      )
    ]!;
  return [generate(shape, from, x!.dtype)];
};

export const Concat: Reference<'Concat'> = (inputs, { axis }) => {
  const first = inputs[0]!;
  const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  const shape = first.shape.map((dim, a) => (a === axis ? total : dim));
  const data = new Float64Array(count(shape));
  let before = 0;
  for (const input of inputs) {
    input.data.forEach((value, index) => {
      const place = coordinates(index, input.shape).map((p, a) => (a === axis ? p + before : p));
      data[position(place, shape)] = value;
    });
    before += input.shape[axis]!;
  }
  return [{ dtype: first.dtype, shape, data } satisfies Tensor64];
};
