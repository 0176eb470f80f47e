import { describe, expect, test } from 'vitest';
import {
  add,
  constant,
  exp,
  fill,
  gelu,
  gemm,
  layerNorm,
  matmul,
  mul,
  neg,
  range,
  reshape,
  transpose,
} from '../../src/graph/build.js';
import { Graph } from '../../src/graph/graph.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { VERSION } from '../../src/util/version.js';
import { decodeOnnx, type DecodedModel } from './decode-onnx.js';

const FLOAT = 1;
const INT64 = 7;

const decode = (graph: Graph): DecodedModel => decodeOnnx(toOnnx(graph, 'tiny'));
const types = (model: DecodedModel): string[] => model.nodes.map((node) => node.type);
/** Every node's inputs were made before it, once. */
function expectRunnable(model: DecodedModel): void {
  const known = new Set([...model.inputs, ...model.initializers].map(({ name }) => name));
  expect(known.size).toBe(model.inputs.length + model.initializers.length);
  const nodeNames = new Set<string>();
  for (const node of model.nodes) {
    for (const input of node.inputs) expect(known).toContain(input);
    for (const output of node.outputs) {
      expect(known).not.toContain(output);
      known.add(output);
    }
    nodeNames.add(node.name);
  }
  expect(nodeNames.size).toBe(model.nodes.length);
  for (const { name } of model.outputs) expect(known).toContain(name);
}

test('a tiny model, byte by byte decoded', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', 'S', 4]);
  const ids = graph.input('ids', 'int64', ['B']);
  const scale = constant(graph, 'float32', [2], [0.1, -2]);
  graph.output('y', neg(mul(reshape(x, ['B*S', 2, 2]), scale)));
  graph.output('sum', add(ids, constant(graph, 'int64', [], [-(2 ** 40)])));
  const model = decode(graph);
  expectRunnable(model);

  expect(model).toMatchObject({ irVersion: 8, producer: 'bertune', producerVersion: VERSION, graph: 'tiny' });
  expect(model.opsets).toEqual([
    { domain: '', version: 17 },
    { domain: 'com.microsoft', version: 1 },
  ]);
  expect(model.inputs).toEqual([
    { name: 'x', elementType: FLOAT, shape: ['B', 'S', 4] },
    { name: 'ids', elementType: INT64, shape: ['B'] },
  ]);
  expect(model.outputs).toEqual([
    { name: 'y', elementType: FLOAT, shape: ['B*S', 2, 2] },
    { name: 'sum', elementType: INT64, shape: ['B'] },
  ]);
  expect(types(model)).toEqual(['Identity', 'Reshape', 'Mul', 'Neg', 'Identity', 'Add']);

  const [scales, shape, integer] = model.initializers;
  expect(scales).toMatchObject({ elementType: FLOAT, dims: [2] });
  // IEEE 754 little-endian: 0.1 is 0x3dcccccd, -2 is 0xc0000000.
  expect([...scales!.bytes]).toEqual([0xcd, 0xcc, 0xcc, 0x3d, 0, 0, 0, 0xc0]);
  expect(shape).toMatchObject({ elementType: INT64, dims: [3] });
  // -1: the one size that only a run knows
  expect([...new BigInt64Array(shape!.bytes.buffer)]).toEqual([-1n, 2n, 2n]);
  expect(integer).toMatchObject({ elementType: INT64, dims: [] });
  expect([...integer!.bytes]).toEqual([0, 0, 0, 0, 0, 255, 255, 255]);
});

test('attributes and domains', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', 4]);
  const w = graph.input('w', 'float32', [4, 4]);
  const row = graph.input('row', 'float32', [4]);
  const product = gemm(x, w, { c: row, alpha: 0.5, transB: true });
  const fused = matmul(transpose(product, [1, 0]), x, { alpha: -2 });
  graph.output('y', layerNorm(gelu(fused), row, row, 1e-12));
  const nodes = Object.fromEntries(decode(graph).nodes.map((node) => [node.type, node]));
  const attributes = (type: string) => nodes[type]!.attributes;
  expect(attributes('Gemm')).toEqual({
    alpha: { type: 1, value: 0.5 },
    beta: { type: 1, value: 1 },
    transA: { type: 2, value: 0 },
    transB: { type: 2, value: 1 },
  });
  expect(attributes('Transpose')).toEqual({ perm: { type: 7, value: [1, 0] } });
  expect(attributes('FusedMatMul')).toMatchObject({ alpha: { type: 1, value: -2 } });
  expect(attributes('LayerNormalization')).toEqual({
    axis: { type: 2, value: -1 },
    epsilon: { type: 1, value: Math.fround(1e-12) },
  });
  const domains = Object.values(nodes).map(({ type, domain }) => [type, domain]);
  expect(domains).toEqual([
    ['Gemm', ''],
    ['Transpose', ''],
    ['FusedMatMul', 'com.microsoft'],
    ['Gelu', 'com.microsoft'],
    ['LayerNormalization', ''],
  ]);
});

describe('sizes that only a run knows', () => {
  test('each is read from an input once, and each product made once', () => {
    const graph = new Graph();
    graph.input('x', 'float32', ['B', 'S']);
    graph.output('a', fill(graph, ['B', 'S', 2], 1));
    graph.output('b', fill(graph, ['B*S'], 1));
    graph.output('c', fill(graph, ['2*B*S', 'S'], 1));
    graph.output('d', range(graph, 'B*S'));
    const model = decode(graph);
    expectRunnable(model);
    const shapes = model.nodes.filter(({ type }) => type === 'Shape');
    expect(shapes.map(({ inputs, attributes }) => [inputs[0], attributes['start']!.value])).toEqual([
      ['x', 0],
      ['x', 1],
    ]);
    // B*S, and 2 times that.
    expect(types(model).filter((type) => type === 'Mul')).toHaveLength(2);
  });

  test('a size that no input has is an error', () => {
    const graph = new Graph();
    graph.input('x', 'float32', ['B']);
    graph.output('y', fill(graph, ['S'], 0));
    expect(() => toOnnx(graph, 'tiny')).toThrow('no input of the graph has the size S');
  });
});

test('nodes that no output needs are not written, nor what they alone read', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B']);
  const y = exp(x);
  mul(neg(y), 3);
  graph.output('y', y);
  const model = decode(graph);
  expect(types(model)).toEqual(['Exp']);
  expect(model.initializers).toEqual([]);
});

test('equal constants are one initializer', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  graph.output('y', add(mul(x, 2), 2));
  graph.output('z', add(x, constant(graph, 'float32', [1], [2])));
  expect(decode(graph).initializers.map(({ dims }) => dims)).toEqual([[], [1]]);
});
