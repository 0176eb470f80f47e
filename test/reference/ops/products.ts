import { count, generate, position, type Tensor64 } from '../tensor.js';
import type { Reference } from './rule.js';

/** The product of two matrices that lie in `a` and `b` from an element on, summed in float64. */
function multiply(
  a: { data: Float64Array; from: number; rows: number; columns: number; transposed: boolean },
  b: typeof a,
): { rows: number; columns: number; data: Float64Array } {
  const [rows, inner] = a.transposed ? [a.columns, a.rows] : [a.rows, a.columns];
  const [inner2, columns] = b.transposed ? [b.columns, b.rows] : [b.rows, b.columns];
  if (inner !== inner2) throw new Error(`inner sizes ${inner} and ${inner2}`);
  const at = (m: typeof a, row: number, column: number): number =>
    m.data[m.from + (m.transposed ? column * m.columns + row : row * m.columns + column)]!;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += at(a, i, k) * at(b, k, j);
      data[i * columns + j] = sum;
    }
  }
  return { rows, columns, data };
}

export const Gemm: Reference<'Gemm'> = (inputs, { alpha = 1, beta = 1, transA = false, transB = false }) => {
  const [a, b, c] = inputs as [Tensor64, Tensor64, Tensor64?];
  const whole = ({ data, shape }: Tensor64, transposed: boolean) => {
    const [rows, columns] = shape as [number, number];
    return { data, from: 0, rows, columns, transposed };
  };
  const { rows, columns, data } = multiply(whole(a, transA), whole(b, transB));
  const bias = (index: number): number => {
    if (!c) return 0;
    // C may be a scalar, a row, a column or a matrix.
    const place = [Math.floor(index / columns), index % columns].slice(2 - c.shape.length);
    return c.data[
      position(
        place.map((p, axis) => (c.shape[axis] === 1 ? 0 : p)),
        c.shape,
      )
    ]!;
  };
  return [generate([rows, columns], (index) => alpha * data[index]! + beta * bias(index))];
};

export const FusedMatMul: Reference<'FusedMatMul'> = (
  inputs,
  { alpha = 1, transA = false, transB = false },
) => {
  const [a, b] = inputs as [Tensor64, Tensor64];
  const batch = a.shape.slice(0, -2);
  const part = ({ data, shape }: Tensor64, index: number, transposed: boolean) => {
    const [rows, columns] = shape.slice(-2) as [number, number];
    return { data, from: index * rows * columns, rows, columns, transposed };
  };
  const parts = Array.from({ length: count(batch) }, (_, index) =>
    multiply(part(a, index, transA), part(b, index, transB)),
  );
  const { rows, columns } = parts[0]!;
  const all = parts.flatMap(({ data }) => Array.from(data));
  return [generate([...batch, rows, columns], (index) => alpha * all[index]!)];
};
