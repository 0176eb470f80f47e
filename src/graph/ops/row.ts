/** What the rows of the operator table share. */
import { InternalError } from '../../util/errors.js';
import { printShape } from '../shape.js';
import type { Node, OnnxAttribute, OnnxEmitter, OpName, TensorType, Value } from '../types.js';

export const MICROSOFT = 'com.microsoft';

export const int = (value: number): OnnxAttribute => ({ type: 'int', value });
export const float = (value: number): OnnxAttribute => ({ type: 'float', value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ type: 'ints', value });
export const text = (value: string): OnnxAttribute => ({ type: 'string', value });

export const namesOf = (values: readonly Value[]): string[] => values.map((value) => value.name);

/** A row's `onnx` for an operator that is one ONNX node of the same inputs and outputs. */
export function oneNode<K extends OpName>(
  type: string,
  attributes: (node: Node<K>) => Readonly<Record<string, OnnxAttribute>> = () => ({}),
  domain?: string,
): (node: Node<K>, emit: OnnxEmitter) => void {
  return (node, emit) => {
    emit.node(type, namesOf(node.inputs), namesOf(node.outputs), attributes(node), domain);
  };
}

/** Throws when inputs don't fit an operator. */
export function misfit(op: OpName, inputs: readonly Value[], why: string): never {
  const shapes = inputs.map((input) => `${input.dtype}${printShape(input.shape)}`).join(', ');
  throw new InternalError(`${op}(${shapes}): ${why}`);
}

/** The output's type when it is that of the first input. */
export const likeFirst = (inputs: readonly Value[]): TensorType[] => [
  { dtype: inputs[0]!.dtype, shape: inputs[0]!.shape },
];

/** Throws unless `axis` counts from the front and is one of the value's. */
export function checkAxis(op: OpName, inputs: readonly Value[], axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= inputs[0]!.shape.length)
    misfit(op, inputs, `no axis ${axis}`);
}
