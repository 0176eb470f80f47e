/**
 * Symbolic shapes. A dimension is a number or a product of named sizes that are known only when a graph runs:
 * `'B'` (batch), `'S'` (tokens in a text), `'B*S'` (tokens in a batch), `'2*B'`.
 */
import { InternalError } from '../util/errors.js';

/** A number, or a product such as `B*S` with its names sorted. */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** Splits a dimension into its number and its names: `'2*B*S'` -> { factor: 2, names: ['B', 'S'] }. */
export function dimFactors(dim: Dim): { factor: number; names: string[] } {
  if (typeof dim === 'number') return { factor: dim, names: [] };
  let factor = 1;
  const names: string[] = [];
  for (const part of dim.split('*')) {
    if (/^\d+$/.test(part)) factor *= Number(part);
    else names.push(part);
  }
  return { factor, names };
}

/** The product of dimensions, in the one spelling that makes equal products equal strings. */
export function product(dims: Shape): Dim {
  let factor = 1;
  const names: string[] = [];
  for (const dim of dims) {
    const parts = dimFactors(dim);
    factor *= parts.factor;
    names.push(...parts.names);
  }
  if (names.length === 0) return factor;
  names.sort();
  return (factor === 1 ? names : [String(factor), ...names]).join('*');
}

/** Whether two shapes are the same, dimension by dimension. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => product([dim]) === product([b[axis]!]));
}

/** A shape as it is printed: `[B*S, 384]`. */
export function printShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The shape of an elementwise operation on two shapes, by the rules of NumPy and ONNX. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left === 1) out.push(right);
    else if (right === 1 || product([left]) === product([right])) out.push(left);
    else throw new InternalError(`shapes ${printShape(a)} and ${printShape(b)} don't broadcast`);
  }
  return out;
}

/** The axes (of `from`) that were repeated or added when `to` was broadcast to `from`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const added = from.length - to.length;
  return from.flatMap((dim, axis) => (axis < added || (to[axis - added] === 1 && dim !== 1) ? [axis] : []));
}

/** `axis` counted from the front: -1 is the last. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The number of elements of a shape once its named sizes are known. */
export function elementCount(shape: Shape, sizes: Readonly<Record<string, number>>): number {
  const { factor, names } = dimFactors(product(shape));
  return names.reduce((count, name) => {
    const size = sizes[name];
    if (size === undefined) throw new InternalError(`the size ${name} is not known`);
    return count * size;
  }, factor);
}
