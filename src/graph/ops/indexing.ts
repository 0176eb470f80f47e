/** Reading and adding at places that the data names. */
import { expand, fill, reshape, scatterAdd } from '../build.js';
import { product, sameShape } from '../shape.js';
import type { OpRule, Value } from '../types.js';
import { checkAxis, int, misfit, namesOf, oneNode, text } from './row.js';

export const Gather: OpRule<'Gather'> = {
  types(inputs, { axis }) {
    const [x, indices] = inputs as [Value, Value];
    checkAxis('Gather', inputs, axis);
    if (indices.dtype !== 'int64') misfit('Gather', inputs, 'indices are int64');
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return [{ dtype: x.dtype, shape }];
  },
  /** Adds each slice of dy where it was read; a slice that was read twice gets both. */
  gradient(node, dy) {
    const [x, indices] = node.inputs as [Value, Value];
    const { axis } = node.attributes;
    const count = product(indices.shape);
    const shape = x.shape.map((dim, a) => (a === axis ? count : dim));
    const places = reshape(
      indices,
      x.shape.map((_, a) => (a === axis ? count : 1)),
    );
    const zeros = fill(x.graph, x.shape, 0);
    return [scatterAdd(zeros, expand(places, shape), reshape(dy, shape), axis), undefined];
  },
  onnx: oneNode('Gather', (node) => ({ axis: int(node.attributes.axis) })),
};

/**
 * `ScatterND` with reduction "add" loses updates when indices repeat and there are two or more threads
 * (microsoft/onnxruntime #18048, #23396); `ScatterElements` is exact.
 */
export const ScatterElements: OpRule<'ScatterElements'> = {
  types(inputs) {
    const [data, indices, updates] = inputs as [Value, Value, Value];
    if (!sameShape(indices.shape, updates.shape))
      misfit('ScatterElements', inputs, 'one index for each update');
    return [{ dtype: data.dtype, shape: data.shape }];
  },
  gradient: 'none',
  onnx: oneNode('ScatterElements', (node) => ({ axis: int(node.attributes.axis), reduction: text('add') })),
};

export const OneHot: OpRule<'OneHot'> = {
  types: ([labels], { depth }) => [{ dtype: 'float32', shape: [...labels!.shape, depth] }],
  gradient: 'none',
  onnx(node, emit) {
    const depth = emit.constant('int64', [], [node.attributes.depth]);
    const offOn = emit.constant('float32', [2], [0, 1]);
    emit.node('OneHot', [node.inputs[0]!.name, depth, offOn], namesOf(node.outputs));
  },
};
