/** Tensors made from nothing. */
import type { OpRule } from '../types.js';

export const Constant: OpRule<'Constant'> = {
  types: (_inputs, { dtype, shape }) => [{ dtype, shape }],
  gradient: 'none',
  onnx(node, emit) {
    const { dtype, shape, data } = node.attributes;
    emit.node('Identity', [emit.constant(dtype, shape, data)], [node.outputs[0]!.name]);
  },
};

export const Fill: OpRule<'Fill'> = {
  types: (_inputs, { shape }) => [{ dtype: 'float32', shape }],
  gradient: 'none',
  onnx(node, emit) {
    const { shape, value } = node.attributes;
    emit.node('Expand', [emit.constant('float32', [], [value]), emit.dims(shape)], [node.outputs[0]!.name]);
  },
};

export const Range: OpRule<'Range'> = {
  types: (_inputs, { size }) => [{ dtype: 'int64', shape: size }],
  gradient: 'none',
  onnx(node, emit) {
    const limit = emit.fresh('limit');
    emit.node('Squeeze', [emit.dims(node.attributes.size)], [limit]);
    const [zero, one] = [emit.constant('int64', [], [0]), emit.constant('int64', [], [1])];
    emit.node('Range', [zero, limit, one], [node.outputs[0]!.name]);
  },
};
