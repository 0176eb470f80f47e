/** The same numbers in another arrangement. */
import { InternalError } from '../../util/errors.js';
import { concat, fill, reshape, slice, sumTo, transpose } from '../build.js';
import { broadcast, product, sameShape, type Dim } from '../shape.js';
import type { OpRule, Value } from '../types.js';
import { checkAxis, int, ints, misfit, oneNode } from './row.js';

/** A size along which something is cut must be known when the graph is built. */
function fixed(dim: Dim): number {
  if (typeof dim === 'number') return dim;
  throw new InternalError(`the size ${dim} is known only when the graph runs`);
}

export const Reshape: OpRule<'Reshape'> = {
  types(inputs, { shape }) {
    const x = inputs[0]!;
    if (product(x.shape) !== product(shape)) misfit('Reshape', inputs, `cannot become [${shape.join(', ')}]`);
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (node, dy) => [reshape(dy, node.inputs[0]!.shape)],
  onnx(node, emit) {
    const { shape } = node.attributes;
    const unknown = shape.filter((dim) => typeof dim !== 'number').length;
    // One unknown size may be left for the runtime to work out.
    const dims = unknown === 1 ? shape.map((dim) => (typeof dim === 'number' ? dim : -1)) : shape;
    emit.node('Reshape', [node.inputs[0]!.name, emit.dims(dims)], [node.outputs[0]!.name]);
  },
};

export const Expand: OpRule<'Expand'> = {
  types(inputs, { shape }) {
    const x = inputs[0]!;
    if (!sameShape(broadcast(x.shape, shape), shape)) misfit('Expand', inputs, `to [${shape.join(', ')}]`);
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (node, dy) => [sumTo(dy, node.inputs[0]!.shape)],
  onnx(node, emit) {
    emit.node('Expand', [node.inputs[0]!.name, emit.dims(node.attributes.shape)], [node.outputs[0]!.name]);
  },
};

export const Transpose: OpRule<'Transpose'> = {
  types: ([x], { perm }) => [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }],
  gradient(node, dy) {
    const inverse: number[] = [];
    node.attributes.perm.forEach((axis, position) => (inverse[axis] = position));
    return [transpose(dy, inverse)];
  },
  onnx: oneNode('Transpose', (node) => ({ perm: ints(node.attributes.perm) })),
};

export const Slice: OpRule<'Slice'> = {
  types(inputs, { axis, start, end }) {
    checkAxis('Slice', inputs, axis);
    const { dtype, shape } = inputs[0]!;
    const size = shape[axis];
    if (!(start >= 0 && end > start) || (typeof size === 'number' && end > size)) {
      misfit('Slice', inputs, `no elements ${start} to ${end} on axis ${axis}`);
    }
    return [{ dtype, shape: shape.map((dim, a) => (a === axis ? end - start : dim)) }];
  },
  /** The rest of the axis is zeros. */
  gradient(node, dy) {
    const { axis, start, end } = node.attributes;
    const { shape, graph } = node.inputs[0]!;
    const zeros = (size: number): Value[] =>
      size === 0
        ? []
        : [
            fill(
              graph,
              shape.map((dim, a) => (a === axis ? size : dim)),
              0,
            ),
          ];
    return [concat([...zeros(start), dy, ...zeros(fixed(shape[axis]!) - end)], axis)];
  },
  onnx(node, emit) {
    const { axis, start, end } = node.attributes;
    const bounds = [emit.dims([start]), emit.dims([end]), emit.dims([axis])];
    emit.node('Slice', [node.inputs[0]!.name, ...bounds], [node.outputs[0]!.name]);
  },
};

export const Concat: OpRule<'Concat'> = {
  types(inputs, { axis }) {
    checkAxis('Concat', inputs, axis);
    const { dtype, shape } = inputs[0]!;
    let size = 0;
    for (const input of inputs) {
      if (!shape.every((dim, a) => a === axis || dim === input.shape[a])) {
        misfit('Concat', inputs, `sizes differ beside axis ${axis}`);
      }
      size += fixed(input.shape[axis]!);
    }
    return [{ dtype, shape: shape.map((dim, a) => (a === axis ? size : dim)) }];
  },
  gradient(node, dy) {
    const { axis } = node.attributes;
    let start = 0;
    return node.inputs.map((input) => {
      const size = fixed(input.shape[axis]!);
      start += size;
      return slice(dy, axis, start - size, start);
    });
  },
  onnx: oneNode('Concat', (node) => ({ axis: int(node.attributes.axis) })),
};
