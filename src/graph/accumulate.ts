/** Adding to what is there already, at the least cost. */
import { add, scatterAdd } from './build.js';
import { product, sameShape } from './shape.js';
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

/** A sum of rows, each added to the row of a table that its id names. */
export interface RowSum {
  /** [N, width] */
  readonly rows: Value;
  /** An input of the graph: int64, N elements of any shape. */
  readonly ids: Value;
}

/**
 * The gradient of a lookup by ids that are an input of the graph, as the few rows that it consists of instead of a whole
 * table. `undefined` for anything else.
 */
export function rowSumOf(x: Value): RowSum | undefined {
  const { node } = x;
  if (node?.op !== 'ScatterElements' || (node as Node<'ScatterElements'>).attributes.axis !== 0)
    return undefined;
  const [table, indices, rows] = node.inputs as [Value, Value, Value];
  let ids = indices;
  while (ids.node && (ids.node.op === 'Expand' || ids.node.op === 'Reshape')) ids = ids.node.inputs[0]!;
  const oneForEachRow = rows.shape.length === 2 && sameShape([product(ids.shape)], rows.shape.slice(0, 1));
  return isZero(table) && !ids.node && oneForEachRow ? { rows, ids } : undefined;
}

function isZero({ node }: Value): boolean {
  return node?.op === 'Fill' && (node as Node<'Fill'>).attributes.value === 0;
}
