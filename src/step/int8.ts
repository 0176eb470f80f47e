/**
 * Weights as int8. Products are quantized dynamically: a layer's input as uint8 by the range that it has in this run, for
 * the whole tensor, and its weights beforehand, each output by a scale of its own (Jacob et al. 2018, arXiv 1712.05877,
 * section 2, for the arithmetic). All of it in ONNX's own operators, in the pattern that ONNX Runtime makes one operator of.
 */
import type { Node, OpAttributes, Value } from '../graph/types.js';
import { quantizeRows, TABLE_LIMIT, transposed, WEIGHT_LIMIT } from './quantize.js';
import { asFloat32, type OnnxFile, type Replacement, type Storage } from './storage.js';

const FLOAT = { to: { type: 'int', value: 1 } } as const;

/**
 * @param parameters all that the graph reads
 * @param keeps parameters that stay as they are, by name
 */
export function asInt8(
  parameters: ReadonlyMap<string, Float32Array>,
  keeps: (name: string) => boolean,
): Storage {
  const isKept = (value: Value): boolean => namesIn(value).some(keeps);
  const replace = (node: Node): Replacement | undefined => {
    const [first, second, third] = node.inputs as [Value, Value?, Value?];
    const output = node.outputs[0]!.name;
    if (isLinear(node) && second && third) {
      const weight = known(second, parameters);
      const bias = known(third, parameters);
      if (!weight || !bias || isKept(second)) return undefined;
      return { reads: [first], write: (file) => { writeLinear(file, first.name, second, weight, bias, output); } }; // prettier-ignore
    }
    if (isLookup(node) && second) {
      const table = known(first, parameters);
      if (!table || isKept(first)) return undefined;
      return { reads: [second], write: (file) => { writeLookup(file, first, table, second.name, output); } }; // prettier-ignore
    }
    return undefined;
  };
  return { keep: asFloat32.keep.bind(asFloat32), replace };
}

/** x W^T + b of matrices. */
function isLinear({ op, attributes }: Node): boolean {
  if (op !== 'Gemm') return false;
  const { alpha = 1, beta = 1, transA = false, transB = false } = attributes as OpAttributes['Gemm'];
  return alpha === 1 && beta === 1 && !transA && transB;
}

/** Rows of a table. */
function isLookup({ op, attributes, inputs }: Node): boolean {
  return (
    op === 'Gather' && (attributes as OpAttributes['Gather']).axis === 0 && inputs[0]?.shape.length === 2
  );
}

/** The numbers of a value that is made of parameters alone: one, some rows of one, or several one after the other. */
function known(value: Value, parameters: ReadonlyMap<string, Float32Array>): Float32Array | undefined {
  const { node, name, shape } = value;
  if (!node) return parameters.get(name);
  if (node.op === 'Concat' && (node.attributes as OpAttributes['Concat']).axis === 0) {
    const parts = node.inputs.map((part) => known(part, parameters));
    return parts.every((part) => part !== undefined) ? joined(parts) : undefined;
  }
  if (node.op === 'Slice') {
    const { axis, start } = node.attributes as OpAttributes['Slice'];
    const whole = known(node.inputs[0]!, parameters);
    if (!whole || axis !== 0 || start < 0) return undefined;
    const [rows, width = 1] = shape as readonly number[];
    return whole.subarray(start * width, (start + rows!) * width);
  }
  return undefined;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The parameters that a value is made of. */
function namesIn({ node, name }: Value): string[] {
  return node ? node.inputs.flatMap(namesIn) : [name];
}

/** [T, in] -> [T, out], the weight being [out, in]. */
function writeLinear(
  file: OnnxFile,
  input: string,
  weight: Value,
  data: Float32Array,
  bias: Float32Array,
  output: string,
): void {
  const [out, width] = weight.shape as [number, number];
  const { values, scales } = quantizeRows(data, width, WEIGHT_LIMIT);
  const name = namesIn(weight).join('+');
  const [int8, scale, shift] = [`${name}:int8`, `${name}:scale`, `${output}:bias`];
  // As the product takes it: [in, out].
  file.initializer({ name: int8, dtype: 'int8', shape: [width, out], data: transposed(values, width) });
  file.initializer({ name: scale, dtype: 'float32', shape: [out], data: scales });
  file.initializer({ name: shift, dtype: 'float32', shape: [out], data: bias });
  const part = (kind: string): string => `${output}:${kind}`;
  const quantized = [part('x'), part('x_scale'), part('x_zero_point')] as const;
  file.node('DynamicQuantizeLinear', [input], quantized);
  file.node('MatMulInteger', [quantized[0], int8, quantized[2]], [part('sum')]);
  file.node('Cast', [part('sum')], [part('float')], FLOAT);
  file.node('Mul', [quantized[1], scale], [part('scale')]);
  file.node('Mul', [part('float'), part('scale')], [part('product')]);
  file.node('Add', [part('product'), shift], [output]);
}

/** ids [...] -> rows of a table [rows, width]: [..., width] */
function writeLookup(file: OnnxFile, table: Value, data: Float32Array, ids: string, output: string): void {
  const [rows, width] = table.shape as [number, number];
  const { values, scales } = quantizeRows(data, width, TABLE_LIMIT);
  const name = namesIn(table).join('+');
  const part = (kind: string): string => `${output}:${kind}`;
  file.initializer({ name: `${name}:int8`, dtype: 'int8', shape: [rows, width], data: values });
  file.initializer({ name: `${name}:scale`, dtype: 'float32', shape: [rows, 1], data: scales });
  const axis = { axis: { type: 'int', value: 0 } } as const;
  file.node('Gather', [`${name}:int8`, ids], [part('rows')], axis);
  file.node('Cast', [part('rows')], [part('float')], FLOAT);
  file.node('Gather', [`${name}:scale`, ids], [part('scale')], axis);
  file.node('Mul', [part('float'), part('scale')], [output]);
}
