/**
 * ONNX models as bytes. Field numbers are those of onnx.proto (github.com/onnx/onnx, IR version 8).
 */
import { PbfWriter } from 'pbf';

/** Numbers of TensorProto.DataType. */
export const ONNX_DTYPE = { float32: 1, int8: 3, int64: 7, float16: 10 } as const;
export type OnnxDType = keyof typeof ONNX_DTYPE;

/** AttributeProto.type */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

export type OnnxAttributeValue =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'string'; readonly value: string };

export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttributeValue>>;
}

/** An input or output: its dimensions are numbers, or names of sizes that each run may choose. */
export interface OnnxTensorInfo {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly (number | string)[];
}

/** A constant inside the model; `data` is little-endian, as ONNX stores it. */
export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
  /** float16 as its bits. */
  readonly data: Float32Array | BigInt64Array | Int8Array | Uint16Array;
}

export interface OnnxModel {
  readonly name: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly OnnxTensorInfo[];
  readonly outputs: readonly OnnxTensorInfo[];
  readonly initializers: readonly OnnxInitializer[];
  readonly nodes: readonly OnnxNode[];
  /** Notes: `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const IR_VERSION = 8;

/** The bytes of a .onnx file. */
export function encodeOnnx(model: OnnxModel, producerVersion: string): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'bertune');
  pbf.writeStringField(3, producerVersion);
  pbf.writeMessage(7, writeGraph, model);
  for (const opset of model.opsets) pbf.writeMessage(8, writeOpset, opset);
  for (const entry of Object.entries(model.metadata ?? {})) pbf.writeMessage(14, writeNote, entry);
  return pbf.finish();
}

function writeOpset(opset: OnnxModel['opsets'][number], pbf: PbfWriter): void {
  pbf.writeStringField(1, opset.domain);
  pbf.writeVarintField(2, opset.version);
}

function writeNote([key, value]: [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const initializer of model.initializers) pbf.writeMessage(5, writeInitializer, initializer);
  for (const input of model.inputs) pbf.writeMessage(11, writeTensorInfo, input);
  for (const output of model.outputs) pbf.writeMessage(12, writeTensorInfo, output);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.type);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  if (node.domain) pbf.writeStringField(7, node.domain);
}

function writeAttribute([name, attribute]: [string, OnnxAttributeValue], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (attribute.type === 'float') pbf.writeFloatField(2, attribute.value);
  else if (attribute.type === 'int') pbf.writeVarintField(3, attribute.value);
  else if (attribute.type === 'string') pbf.writeStringField(4, attribute.value);
  else for (const value of attribute.value) pbf.writeVarintField(8, value);
  pbf.writeVarintField(20, ATTRIBUTE_TYPE[attribute.type]);
}

function writeInitializer(initializer: OnnxInitializer, pbf: PbfWriter): void {
  for (const dim of initializer.shape) pbf.writeVarintField(1, dim);
  pbf.writeVarintField(2, ONNX_DTYPE[initializer.dtype]);
  pbf.writeStringField(8, initializer.name);
  const { buffer, byteOffset, byteLength } = initializer.data;
  pbf.writeBytesField(9, new Uint8Array(buffer, byteOffset, byteLength));
}

function writeTensorInfo(info: OnnxTensorInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, info.name);
  pbf.writeMessage(2, writeType, info);
}

function writeType(info: OnnxTensorInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, info);
}

function writeTensorType(info: OnnxTensorInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, ONNX_DTYPE[info.dtype]);
  pbf.writeMessage(2, writeShape, info);
}

function writeShape(info: OnnxTensorInfo, pbf: PbfWriter): void {
  for (const dim of info.shape) pbf.writeMessage(1, writeDim, dim);
}

function writeDim(dim: number | string, pbf: PbfWriter): void {
  if (typeof dim === 'number') pbf.writeVarintField(1, dim);
  else pbf.writeStringField(2, dim);
}
