/**
 * Reads an ONNX model's bytes back, by the field numbers of onnx.proto (github.com/onnx/onnx): what the tests look at.
 */
import { PbfReader } from 'pbf';

export interface DecodedTensor {
  name: string;
  elementType: number;
  dims: number[];
  bytes: Uint8Array;
}

export interface DecodedNode {
  type: string;
  domain: string;
  name: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, DecodedAttribute>;
}

export interface DecodedAttribute {
  /** AttributeProto.type: 1 float, 2 int, 3 string, 7 ints */
  type: number;
  value: number | string | number[];
}

export interface DecodedInfo {
  name: string;
  elementType: number;
  shape: (number | string)[];
}

export interface DecodedModel {
  irVersion: number;
  producer: string;
  producerVersion: string;
  opsets: { domain: string; version: number }[];
  graph: string;
  nodes: DecodedNode[];
  initializers: DecodedTensor[];
  inputs: DecodedInfo[];
  outputs: DecodedInfo[];
  metadata: Record<string, string>;
}

export function decodeOnnx(bytes: Uint8Array): DecodedModel {
  const model: DecodedModel = {
    irVersion: 0,
    producer: '',
    producerVersion: '',
    opsets: [],
    graph: '',
    nodes: [],
    initializers: [],
    inputs: [],
    outputs: [],
    metadata: {},
  };
  return new PbfReader(bytes).readFields((tag, result, pbf) => {
    if (tag === 1) result.irVersion = pbf.readVarint();
    else if (tag === 2) result.producer = pbf.readString();
    else if (tag === 3) result.producerVersion = pbf.readString();
    else if (tag === 7) pbf.readMessage(readGraph, result);
    else if (tag === 8) result.opsets.push(pbf.readMessage(readOpset, { domain: '', version: 0 }));
    else if (tag === 14) {
      const [key, value] = pbf.readMessage(readNote, ['', ''] as [string, string]);
      result.metadata[key] = value;
    } else unexpected('ModelProto', tag);
  }, model);
}

/** A field that the writer shouldn't have written. */
function unexpected(message: string, tag: number): never {
  throw new Error(`${message} has a field ${tag}`);
}

function readNote(tag: number, entry: [string, string], pbf: PbfReader): void {
  if (tag === 1 || tag === 2) entry[tag - 1] = pbf.readString();
  else unexpected('StringStringEntryProto', tag);
}

function readOpset(tag: number, opset: DecodedModel['opsets'][number], pbf: PbfReader): void {
  if (tag === 1) opset.domain = pbf.readString();
  else if (tag === 2) opset.version = pbf.readVarint();
  else unexpected('OperatorSetIdProto', tag);
}

function readGraph(tag: number, model: DecodedModel, pbf: PbfReader): void {
  const info = (): DecodedInfo => pbf.readMessage(readInfo, { name: '', elementType: 0, shape: [] });
  if (tag === 1) {
    const node: DecodedNode = { type: '', domain: '', name: '', inputs: [], outputs: [], attributes: {} };
    model.nodes.push(pbf.readMessage(readNode, node));
  } else if (tag === 2) model.graph = pbf.readString();
  else if (tag === 5) {
    const tensor: DecodedTensor = { name: '', elementType: 0, dims: [], bytes: new Uint8Array() };
    model.initializers.push(pbf.readMessage(readTensor, tensor));
  } else if (tag === 11) model.inputs.push(info());
  else if (tag === 12) model.outputs.push(info());
  else unexpected('GraphProto', tag);
}

function readNode(tag: number, node: DecodedNode, pbf: PbfReader): void {
  if (tag === 1) node.inputs.push(pbf.readString());
  else if (tag === 2) node.outputs.push(pbf.readString());
  else if (tag === 3) node.name = pbf.readString();
  else if (tag === 4) node.type = pbf.readString();
  else if (tag === 5) {
    const attribute = { name: '', type: 0, values: [] as (number | string)[] };
    const { name, type, values } = pbf.readMessage(readAttribute, attribute);
    node.attributes[name] = { type, value: type === 7 ? (values as number[]) : values[0]! };
  } else if (tag === 7) node.domain = pbf.readString();
  else unexpected('NodeProto', tag);
}

function readAttribute(
  tag: number,
  attribute: { name: string; type: number; values: (number | string)[] },
  pbf: PbfReader,
): void {
  if (tag === 1) attribute.name = pbf.readString();
  else if (tag === 2) attribute.values.push(pbf.readFloat());
  else if (tag === 3 || tag === 8) attribute.values.push(pbf.readVarint(true));
  else if (tag === 4) attribute.values.push(pbf.readString());
  else if (tag === 20) attribute.type = pbf.readVarint();
  else unexpected('AttributeProto', tag);
}

function readTensor(tag: number, tensor: DecodedTensor, pbf: PbfReader): void {
  if (tag === 1) tensor.dims.push(pbf.readVarint());
  else if (tag === 2) tensor.elementType = pbf.readVarint();
  else if (tag === 8) tensor.name = pbf.readString();
  else if (tag === 9) tensor.bytes = pbf.readBytes().slice();
  else unexpected('TensorProto', tag);
}

function readInfo(tag: number, info: DecodedInfo, pbf: PbfReader): void {
  if (tag === 1) info.name = pbf.readString();
  // TypeProto.tensor_type
  else if (tag === 2) pbf.readMessage((_, result, inner) => inner.readMessage(readTensorType, result), info);
  else unexpected('ValueInfoProto', tag);
}

function readTensorType(tag: number, info: DecodedInfo, pbf: PbfReader): void {
  if (tag === 1) info.elementType = pbf.readVarint();
  // TensorShapeProto.dim
  else if (tag === 2) pbf.readMessage((_, result, inner) => inner.readMessage(readDim, result), info);
  else unexpected('TypeProto.Tensor', tag);
}

function readDim(tag: number, info: DecodedInfo, pbf: PbfReader): void {
  if (tag === 1) info.shape.push(pbf.readVarint());
  else if (tag === 2) info.shape.push(pbf.readString());
  else unexpected('TensorShapeProto.Dimension', tag);
}
