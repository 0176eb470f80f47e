/** Weights as int8: the steps that are chosen, the nodes that compute with them, and that nothing overflows. */
import { describe, expect, test } from 'vitest';
import { concat, gather, gemm, slice, tanh } from '../../src/graph/build.js';
import { Graph } from '../../src/graph/graph.js';
import { float32, int64, type Tensors } from '../../src/runtime/runtime.js';
import { asInt8 } from '../../src/step/int8.js';
import { quantizeRows, TABLE_LIMIT, transposed, WEIGHT_LIMIT } from '../../src/step/quantize.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { THREADS, runtimeWith } from '../reference/onnx.js';
import { decodeOnnx } from './decode-onnx.js';

const INT8 = 3;

test('each row has a step of its own, and zero stays zero', () => {
  // Row 1: 128 / 64 = 2 a step; 3 is 1.5 steps, rounded up. Row 2 is zero. Row 3: 0.5 / 64.
  const { values, scales } = quantizeRows(Float32Array.of(128, -3, 3, 0, 0, 0, 0, -0.5, 0.25), 3, 64);
  expect([...scales]).toEqual([2, 0, 0.5 / 64]);
  expect([...values]).toEqual([64, -1, 2, 0, 0, 0, 0, -64, 32]);
  expect([...transposed(values, 3)]).toEqual([64, 0, 0, -1, 0, -64, 2, 0, 32]);
});

test('two products of a pair fit in 16 bits, whatever the activations', () => {
  expect(2 * 255 * WEIGHT_LIMIT).toBeLessThanOrEqual(2 ** 15 - 1);
  expect(2 * 255 * (WEIGHT_LIMIT + 1)).toBeGreaterThan(2 ** 15 - 1);
});

/** x [B, in] times a weight [out, in], joined of two, plus a bias. */
function linear(
  width: number,
  rows: readonly [Float32Array, Float32Array],
): { graph: Graph; onnx: Uint8Array } {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', width]);
  const out = rows.map(({ length }) => length / width) as [number, number];
  const weights = ['w1', 'w2'].map((name, i) => graph.input(name, 'float32', [out[i]!, width]));
  const biases = ['b1', 'b2'].map((name, i) => graph.input(name, 'float32', [out[i]!]));
  graph.output('y', gemm(x, concat(weights, 0), { c: concat(biases, 0), transB: true }));
  const parameters = new Map([
    ...rows.map((data, i) => [`w${i + 1}`, data] as const),
    ...out.map((size, i) => [`b${i + 1}`, new Float32Array(size).fill(i + 0.5)] as const),
  ]);
  const storage = asInt8(parameters, () => false);
  return { graph, onnx: toOnnx(graph, 'tiny', { parameters, portable: true, storage }) };
}

async function run(
  onnx: Uint8Array,
  feeds: Tensors,
  shape: readonly number[],
  threads: number,
): Promise<number[]> {
  const session = await (await runtimeWith(threads)).load(onnx);
  const y = float32(shape, new Float32Array(shape.reduce((size, dim) => size * dim)));
  await session.run(feeds, { y });
  await session.release();
  return [...y.data];
}

describe.each(THREADS)('products with %d threads', (threads) => {
  test('are exact where inputs and weights are whole steps', async () => {
    // Inputs from 0 to 255 have steps of 1, weights up to 64 too: what comes out is the product itself.
    const x = Float32Array.of(255, 0, 7, 100);
    const rows = [Float32Array.of(64, 1, -2, 3), Float32Array.of(-64, 0, 5, 1, 64, 64, 64, 64)] as const;
    const { onnx } = linear(4, rows);
    const y = await run(onnx, { x: float32([1, 4], x) }, [1, 3], threads);
    expect(y).toEqual([64 * 255 - 14 + 300 + 0.5, -64 * 255 + 35 + 100 + 1.5, 64 * 362 + 1.5]);
  });

  test('don’t saturate at the largest numbers', async () => {
    const width = 256;
    const rows = [new Float32Array(width).fill(64), new Float32Array(width).fill(-64)] as const;
    const { onnx } = linear(width, rows);
    const y = await run(onnx, { x: float32([1, width], new Float32Array(width).fill(255)) }, [1, 2], threads);
    expect(y).toEqual([255 * 64 * width + 0.5, -255 * 64 * width + 1.5]);
  });
});

test('the file: ONNX’s operators alone, weights as int8 within 7 bits, nothing of them in fp32', () => {
  const { onnx } = linear(4, [Float32Array.of(1, 2, 3, 4), Float32Array.of(4, 3, 2, 1)]);
  const { nodes, initializers, opsets } = decodeOnnx(onnx);
  expect(opsets).toEqual([{ domain: '', version: 17 }]);
  expect(nodes.map(({ type }) => type)).toEqual([
    ...['DynamicQuantizeLinear', 'MatMulInteger', 'Cast', 'Mul', 'Mul', 'Add'],
  ]);
  expect(initializers.map(({ name, elementType, dims }) => [name, elementType, dims])).toEqual([
    ['w1+w2:int8', INT8, [4, 2]],
    ['w1+w2:scale', 1, [2]],
    ['y:bias', 1, [2]],
  ]);
  expect([...new Int8Array(initializers[0]!.bytes)]).toEqual([16, 64, 32, 48, 48, 32, 64, 16]);
});

test('rows of tables are looked up as int8 of 8 bits, also of a table that begins further down', async () => {
  const graph = new Graph();
  const ids = graph.input('ids', 'int64', [1, 2]);
  const table = graph.input('table', 'float32', [4, 2]);
  graph.output('y', tanh(gather(slice(table, 0, 1, 4), ids)));
  const data = Float32Array.of(9, 9, 1.27, -0.01, 0, 0, 127, 64);
  const parameters = new Map([['table', data]]);
  const storage = asInt8(parameters, () => false);
  const onnx = toOnnx(graph, 'tiny', { parameters, portable: true, storage });
  const [values] = decodeOnnx(onnx).initializers;
  expect([...new Int8Array(values!.bytes)]).toEqual([TABLE_LIMIT, -1, 0, 0, TABLE_LIMIT, 64]);
  const y = await run(onnx, { ids: int64([1, 2], BigInt64Array.of(0n, 1n)) }, [1, 2, 2], 1);
  // A step is 1.27 / 127 = 0.01.
  [Math.tanh(1.27), Math.tanh(-0.01), 0, 0].forEach((value, i) => {
    expect(y[i]).toBeCloseTo(value, 6);
  });
});

test('what is kept stays fp32', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', 2]);
  const weight = graph.input('head.weight', 'float32', [2, 2]);
  graph.output('y', gemm(x, weight, { c: graph.input('head.bias', 'float32', [2]), transB: true }));
  const parameters = new Map([
    ['head.weight', Float32Array.of(1, 2, 3, 4)],
    ['head.bias', Float32Array.of(1, 2)],
  ]);
  const storage = asInt8(parameters, (name) => name.startsWith('head.'));
  const { nodes } = decodeOnnx(toOnnx(graph, 'tiny', { parameters, portable: true, storage }));
  expect(nodes.map(({ type }) => type)).toEqual(['Gemm']);
});
