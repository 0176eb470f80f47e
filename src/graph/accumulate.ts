/** Adding to what is there already, at the least cost. */
import { add, scatterAdd } from './build.js';
import { sameShape } from './shape.js';
import type { Node, Value } from './types.js';

/**
 * `before` + `x`. Where the operator that makes `x` can add as it writes, a variant of it does, and `x` itself is no
 * longer needed: a matrix product with `before` as its C, a scatter onto `before` instead of zeros.
 */
export function addOnto(before: Value, x: Value): Value {
  const { node } = x;
  if (node?.op === 'Gemm' && node.inputs.length === 2 && sameShape(before.shape, x.shape)) {
    const { attributes } = node as Node<'Gemm'>;
    return x.graph.add('Gemm', [...node.inputs, before], attributes);
  }
  if (node?.op === 'ScatterElements' && isZero(node.inputs[0]!)) {
    const [, indices, updates] = node.inputs as [Value, Value, Value];
    return scatterAdd(before, indices, updates, (node as Node<'ScatterElements'>).attributes.axis);
  }
  return add(before, x);
}

function isZero({ node }: Value): boolean {
  return node?.op === 'Fill' && (node as Node<'Fill'>).attributes.value === 0;
}
