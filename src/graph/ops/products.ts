/** Matrix products, where a training step spends its time. */
import { fill, gemm, matmul, mul, reshape, sumTo } from '../build.js';
import { broadcast, sameShape, type Dim, type Shape } from '../shape.js';
import type { OpRule, Value } from '../types.js';
import { float, int, ints, MICROSOFT, misfit, oneNode } from './row.js';

/** Rows and columns of a matrix (or of the last two axes) after an optional transposition. */
function matrix(shape: Shape, transposed = false): Shape {
  const [rows, columns] = shape.slice(-2) as [Shape[number], Shape[number]];
  return transposed ? [columns, rows] : [rows, columns];
}

const isRow = (shape: Shape): boolean => shape.length === 1 && shape[0] !== 1;

/** [m, n] -> [n], as a product with ones: faster than ReduceSum down the columns. */
function columnSums(x: Value): Value {
  const [m, n] = x.shape as [Dim, Dim];
  return reshape(gemm(fill(x.graph, [1, m], 1), x), [n]);
}

/** alpha * op(A) op(B) + beta * C; C is broadcast to the product. */
export const Gemm: OpRule<'Gemm'> = {
  types(inputs, { transA, transB }) {
    const [a, b, c] = inputs as [Value, Value, Value?];
    if (a.shape.length !== 2 || b.shape.length !== 2) misfit('Gemm', inputs, 'needs two matrices');
    const [m, k] = matrix(a.shape, transA);
    const [k2, n] = matrix(b.shape, transB);
    if (k !== k2) misfit('Gemm', inputs, `inner sizes ${k!} and ${k2!} differ`);
    const shape = [m!, n!];
    if (c && !sameShape(broadcast(shape, c.shape), shape))
      misfit('Gemm', inputs, 'C does not fit the product');
    return [{ dtype: 'float32', shape }];
  },
  gradient(node, dy) {
    const [a, b, c] = node.inputs as [Value, Value, Value?];
    const { alpha = 1, beta = 1, transA = false, transB = false } = node.attributes;
    // With P = op(A) op(B): dP/dop(A) = dy op(B)^T and dP/dop(B) = op(A)^T dy, each transposed back if it was.
    const da = transA
      ? gemm(b, dy, { alpha, transA: transB, transB: true })
      : gemm(dy, b, { alpha, transB: !transB });
    const db = transB
      ? gemm(dy, a, { alpha, transA: true, transB: transA })
      : gemm(a, dy, { alpha, transA: !transA });
    if (!c) return [da, db];
    const dc = isRow(c.shape) ? columnSums(dy) : sumTo(dy, c.shape);
    return [da, db, beta === 1 ? dc : mul(dc, beta)];
  },
  onnx: oneNode('Gemm', ({ attributes: { alpha = 1, beta = 1, transA = false, transB = false } }) => ({
    alpha: float(alpha),
    beta: float(beta),
    transA: int(Number(transA)),
    transB: int(Number(transB)),
  })),
};

/** alpha * op(A) op(B) over the last two axes. */
export const FusedMatMul: OpRule<'FusedMatMul'> = {
  types(inputs, { transA, transB }) {
    const [a, b] = inputs as [Value, Value];
    const batch = a.shape.slice(0, -2);
    if (!sameShape(batch, b.shape.slice(0, -2))) misfit('FusedMatMul', inputs, 'leading axes differ');
    const [m, k] = matrix(a.shape, transA);
    const [k2, n] = matrix(b.shape, transB);
    if (k !== k2) misfit('FusedMatMul', inputs, `inner sizes ${k!} and ${k2!} differ`);
    return [{ dtype: 'float32', shape: [...batch, m!, n!] }];
  },
  gradient(node, dy) {
    const [a, b] = node.inputs as [Value, Value];
    const { alpha = 1, transA = false, transB = false } = node.attributes;
    return [
      transA
        ? matmul(b, dy, { alpha, transA: transB, transB: true })
        : matmul(dy, b, { alpha, transB: !transB }),
      transB
        ? matmul(dy, a, { alpha, transA: true, transB: transA })
        : matmul(a, dy, { alpha, transA: !transA }),
    ];
  },
  onnx(node, emit) {
    const { alpha = 1, transA = false, transB = false } = node.attributes;
    const [a, b] = node.inputs as [Value, Value];
    const output = node.outputs[0]!.name;
    if (!emit.portable) {
      const attributes = { alpha: float(alpha), transA: int(Number(transA)), transB: int(Number(transB)) };
      emit.node('FusedMatMul', [a.name, b.name], [output], attributes, MICROSOFT);
      return;
    }
    const turned = ({ name, shape }: Value, transposed: boolean): string => {
      if (!transposed) return name;
      const rank = shape.length;
      const perm = shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
      const result = emit.fresh('turned');
      emit.node('Transpose', [name], [result], { perm: ints(perm) });
      return result;
    };
    const product = alpha === 1 ? output : emit.fresh('product');
    emit.node('MatMul', [turned(a, transA), turned(b, transB)], [product]);
    if (alpha !== 1) emit.node('Mul', [product, emit.constant('float32', [], [alpha])], [output]);
  },
};
