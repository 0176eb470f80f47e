import { coordinates, count, generate, position, resolve, type Tensor64 } from '../tensor.js';
import { erf } from '../erf.js';
import type { Reference } from './rule.js';

type Binary = 'Add' | 'Sub' | 'Mul' | 'Div';
type Unary = 'Neg' | 'Exp' | 'Sqrt' | 'Erf' | 'Tanh' | 'Relu' | 'Sign' | 'Gelu';

/** The element of `x` that stands at these coordinates of a shape that `x` is broadcast to. */
function broadcastElement(x: Tensor64, coords: readonly number[]): number {
  const own = coords.slice(coords.length - x.shape.length);
  return x.data[
    position(
      own.map((place, axis) => (x.shape[axis] === 1 ? 0 : place)),
      x.shape,
    )
  ]!;
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const pad = (shape: readonly number[]): number[] => [
    ...new Array<number>(rank - shape.length).fill(1),
    ...shape,
  ];
  const [left, right] = [pad(a), pad(b)];
  return left.map((dim, axis) => {
    const other = right[axis]!;
    if (dim !== other && dim !== 1 && other !== 1) throw new Error(`[${a.join()}] against [${b.join()}]`);
    return dim === 1 ? other : dim;
  });
}

function binary<K extends Binary>(f: (a: number, b: number) => number): Reference<K> {
  return (inputs) => {
    const [a, b] = inputs as [Tensor64, Tensor64];
    const shape = broadcastShape(a.shape, b.shape);
    const at = (index: number): number => {
      const coords = coordinates(index, shape);
      return f(broadcastElement(a, coords), broadcastElement(b, coords));
    };
    // The common case, for speed: the reference also runs whole models.
    const same = count(a.shape) === count(shape) && count(b.shape) === count(shape);
    return [generate(shape, same ? (index) => f(a.data[index]!, b.data[index]!) : at, a.dtype)];
  };
}

function unary<K extends Unary>(f: (x: number) => number): Reference<K> {
  return ([x]) => [{ dtype: x!.dtype, shape: x!.shape, data: x!.data.map(f) }];
}

export const Add = binary<'Add'>((a, b) => a + b);
export const Sub = binary<'Sub'>((a, b) => a - b);
export const Mul = binary<'Mul'>((a, b) => a * b);
export const Div = binary<'Div'>((a, b) => a / b);
export const Neg = unary<'Neg'>((x) => -x);
export const Exp = unary<'Exp'>(Math.exp);
export const Sqrt = unary<'Sqrt'>(Math.sqrt);
export const Erf = unary<'Erf'>(erf);
export const Tanh = unary<'Tanh'>(Math.tanh);
export const Relu = unary<'Relu'>((x) => Math.max(0, x));
export const Sign = unary<'Sign'>(Math.sign);
export const Gelu = unary<'Gelu'>((x) => (x / 2) * (1 + erf(x / Math.SQRT2)));

export const Cast: Reference<'Cast'> = ([x], { to }) => [
  { dtype: to, shape: x!.shape, data: to === 'int64' ? x!.data.map(Math.trunc) : x!.data },
];

export const Expand: Reference<'Expand'> = ([x], { shape }, sizes) => {
  const target = broadcastShape(x!.shape, resolve(shape, sizes));
  return [generate(target, (index) => broadcastElement(x!, coordinates(index, target)), x!.dtype)];
};
