/** Tensors of the reference interpreter: numbers in float64, whatever type the graph gives them. */
import type { Shape } from '../../src/graph/shape.js';
import type { DType } from '../../src/graph/types.js';

export interface Tensor64 {
  /** The type in the graph; an int64 is exact in a float64 up to 2^53. */
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Row by row. */
  readonly data: Float64Array;
}

export function tensor(
  shape: readonly number[],
  data: ArrayLike<number>,
  dtype: DType = 'float32',
): Tensor64 {
  if (data.length !== count(shape)) throw new Error(`[${shape.join(', ')}] has not ${data.length} elements`);
  return { dtype, shape, data: new Float64Array(data) };
}

export function int64s(shape: readonly number[], data: ArrayLike<number>): Tensor64 {
  return tensor(shape, data, 'int64');
}

/** A tensor whose elements are given by a function of their index. */
export function generate(
  shape: readonly number[],
  element: (index: number) => number,
  dtype: DType = 'float32',
): Tensor64 {
  return { dtype, shape, data: Float64Array.from({ length: count(shape) }, (_, index) => element(index)) };
}

export function count(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** How far apart two neighbours on each axis lie in the data. */
export function strides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => count(shape.slice(axis + 1)));
}

/** The place of element `index` on each axis. */
export function coordinates(index: number, shape: readonly number[]): number[] {
  const steps = strides(shape);
  return shape.map((dim, axis) => Math.floor(index / steps[axis]!) % dim);
}

/** Where the element at these coordinates lies in the data. */
export function position(coords: readonly number[], shape: readonly number[]): number {
  const steps = strides(shape);
  return coords.reduce((sum, place, axis) => sum + place * steps[axis]!, 0);
}

/** Values of a graph's named sizes, such as B and S. */
export type Sizes = ReadonlyMap<string, number>;

/** A dimension such as `2*B*S` as a number. */
export function resolveDim(dim: number | string, sizes: Sizes): number {
  if (typeof dim === 'number') return dim;
  return dim.split('*').reduce((size, part) => {
    const factor = /^\d+$/.test(part) ? Number(part) : sizes.get(part);
    if (factor === undefined) throw new Error(`no feed says what ${part} is`);
    return size * factor;
  }, 1);
}

export function resolve(shape: Shape, sizes: Sizes): number[] {
  return shape.map((dim) => resolveDim(dim, sizes));
}
