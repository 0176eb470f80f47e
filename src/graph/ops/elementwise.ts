/** One number at a time. */
import { add, div, erf, exp, mul, neg, sign, subFrom, sumTo } from '../build.js';
import { broadcast } from '../shape.js';
import type { Node, OpRule, Value } from '../types.js';
import { int, likeFirst, MICROSOFT, misfit, oneNode } from './row.js';

type Binary = 'Add' | 'Sub' | 'Mul' | 'Div';
type Unary = 'Neg' | 'Exp' | 'Sqrt' | 'Erf' | 'Tanh' | 'Relu';

/** `gradients` gives those of the two inputs before they are summed to the inputs' shapes. */
function binary<K extends Binary>(
  op: K,
  gradients: (dy: Value, a: Value, b: Value, y: Value) => readonly [() => Value, () => Value],
): OpRule<K> {
  return {
    types(inputs) {
      const [a, b] = inputs as [Value, Value];
      if (a.dtype !== b.dtype) misfit(op, inputs, 'both need the same type');
      return [{ dtype: a.dtype, shape: broadcast(a.shape, b.shape) }];
    },
    gradient(node, dy) {
      const [a, b] = node.inputs as [Value, Value];
      const [da, db] = gradients(dy, a, b, node.outputs[0]!);
      // A scalar constant, which every second product here has, needs no gradient: don't build one.
      const wanted = (input: Value, make: () => Value): Value | undefined =>
        input.node?.op === 'Constant' ? undefined : sumTo(make(), input.shape);
      return [wanted(a, da), wanted(b, db)];
    },
    onnx: oneNode<K>(op),
  };
}

function unary<K extends Unary>(op: K, gradient: (dy: Value, x: Value, y: Value) => Value): OpRule<K> {
  return {
    types: likeFirst,
    gradient: (node: Node, dy) => [gradient(dy, node.inputs[0]!, node.outputs[0]!)],
    onnx: oneNode<K>(op),
  };
}

export const Add = binary('Add', (dy) => [() => dy, () => dy]);
export const Sub = binary('Sub', (dy) => [() => dy, () => neg(dy)]);
export const Mul = binary('Mul', (dy, a, b) => [() => mul(dy, b), () => mul(dy, a)]);
export const Div = binary('Div', (dy, _a, b, y) => [() => div(dy, b), () => neg(mul(dy, div(y, b)))]);

export const Neg = unary('Neg', (dy) => neg(dy));
export const Exp = unary('Exp', (dy, _x, y) => mul(dy, y));
export const Sqrt = unary('Sqrt', (dy, _x, y) => div(mul(dy, 0.5), y));
/** d erf(x) / dx = 2 / sqrt(pi) * exp(-x^2) */
export const Erf = unary('Erf', (dy, x) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))));
export const Tanh = unary('Tanh', (dy, _x, y) => mul(dy, subFrom(1, mul(y, y))));
/** The gradient at 0 is 0, as in PyTorch. */
export const Relu = unary('Relu', (dy, _x, y) => mul(dy, sign(y)));

export const Sign: OpRule<'Sign'> = { types: likeFirst, gradient: 'none', onnx: oneNode('Sign') };

/** x * Phi(x), with the exact normal distribution function (Hendrycks and Gimpel 2016). */
export const Gelu: OpRule<'Gelu'> = {
  types: likeFirst,
  gradient(node, dy) {
    const x = node.inputs[0]!;
    const phi = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    const Phi = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    return [mul(dy, add(Phi, mul(x, phi)))];
  },
  onnx(node, emit) {
    const [x, y] = [node.inputs[0]!.name, node.outputs[0]!.name];
    if (!emit.portable) {
      emit.node('Gelu', [x], [y], {}, MICROSOFT);
      return;
    }
    // x / 2 * (1 + erf(x / sqrt 2)), in the order in which engines know it as one.
    const number = (value: number): string => emit.constant('float32', [], [value]);
    const [scaled, e, sum, product] = ['scaled', 'erf', 'sum', 'product'].map((part) => emit.fresh(part)) as [
      string,
      string,
      string,
      string,
    ];
    emit.node('Div', [x, number(Math.SQRT2)], [scaled]);
    emit.node('Erf', [scaled], [e]);
    emit.node('Add', [e, number(1)], [sum]);
    emit.node('Mul', [x, sum], [product]);
    emit.node('Mul', [product, number(0.5)], [y]);
  },
};

/** ONNX's numbers for element types (TensorProto.DataType). */
const ONNX_TYPE = { float32: 1, int64: 7 } as const;

export const Cast: OpRule<'Cast'> = {
  types: (inputs, { to }) => [{ dtype: to, shape: inputs[0]!.shape }],
  gradient: 'none',
  onnx: oneNode('Cast', (node) => ({ to: int(ONNX_TYPE[node.attributes.to]) })),
};
