import { expect, test } from 'vitest';
import { add, constant, gather, gemm, layerNorm, mul, reduceSum, tanh } from '../../src/graph/build.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import { printGraph } from '../../src/graph/print.js';

test('forward and differentiated', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', 4]);
  const weight = graph.input('weight', 'float32', [3, 4]);
  const bias = graph.input('bias', 'float32', [3]);
  const y = tanh(gemm(x, weight, { c: bias, transB: true }));
  const loss = reduceSum(mul(y, y), [0, 1]);
  graph.output('loss', loss);
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "in  x: float32[B, 4]
    in  weight: float32[3, 4]
    in  bias: float32[3]
    Gemm_0: float32[B, 3] = Gemm(x, weight, bias) {transB: true}
    Tanh_1: float32[B, 3] = Tanh(Gemm_0)
    Mul_2: float32[B, 3] = Mul(Tanh_1, Tanh_1)
    loss: float32[] = ReduceSum(Mul_2) {axes: [0,1], keepdims: false}
    out loss"
  `);

  const [dWeight, dBias] = differentiate(graph, loss, [weight, bias]);
  graph.output('grad:weight', dWeight!);
  graph.output('grad:bias', dBias!);
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "in  x: float32[B, 4]
    in  weight: float32[3, 4]
    in  bias: float32[3]
    Gemm_0: float32[B, 3] = Gemm(x, weight, bias) {transB: true}
    Tanh_1: float32[B, 3] = Tanh(Gemm_0)
    Mul_2: float32[B, 3] = Mul(Tanh_1, Tanh_1)
    loss: float32[] = ReduceSum(Mul_2) {axes: [0,1], keepdims: false}
    Constant_4: float32[] = Constant() {dtype: "float32", shape: [], data: [1]}
    Reshape_5: float32[1, 1] = Reshape(Constant_4) {shape: [1,1]}
    Expand_6: float32[B, 3] = Expand(Reshape_5) {shape: ["B",3]}
    Mul_7: float32[B, 3] = Mul(Expand_6, Tanh_1)
    Mul_8: float32[B, 3] = Mul(Expand_6, Tanh_1)
    Add_9: float32[B, 3] = Add(Mul_7, Mul_8)
    Mul_10: float32[B, 3] = Mul(Tanh_1, Tanh_1)
    Sub_11: float32[B, 3] = Sub(Constant_4, Mul_10)
    Mul_12: float32[B, 3] = Mul(Add_9, Sub_11)
    Gemm_13: float32[B, 4] = Gemm(Mul_12, weight) {alpha: 1, transB: false}
    grad:weight: float32[3, 4] = Gemm(Mul_12, x) {alpha: 1, transA: true, transB: false}
    Fill_15: float32[1, B] = Fill() {shape: [1,"B"], value: 1}
    Gemm_16: float32[1, 3] = Gemm(Fill_15, Mul_12)
    grad:bias: float32[3] = Reshape(Gemm_16) {shape: [3]}
    out loss
    out grad:weight
    out grad:bias"
  `);
});

test('several outputs, attributes of all kinds, integers', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', 'S', 4]);
  const row = graph.input('row', 'float32', [4]);
  const first = gather(layerNorm(x, row, row, 1e-12), constant(graph, 'int64', [], [0]), 1);
  graph.output('y', add(first, 1));
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "in  x: float32[B, S, 4]
    in  row: float32[4]
    LayerNormalization_0: float32[B, S, 4], LayerNormalization_0_1: float32[B, S, 1], LayerNormalization_0_2: float32[B, S, 1] = LayerNormalization(x, row, row) {epsilon: 1e-12}
    Constant_1: int64[] = Constant() {dtype: "int64", shape: [], data: [0]}
    Gather_2: float32[B, 4] = Gather(LayerNormalization_0, Constant_1) {axis: 1}
    Constant_3: float32[] = Constant() {dtype: "float32", shape: [], data: [1]}
    y: float32[B, 4] = Add(Gather_2, Constant_3)
    out y"
  `);
});

test('an empty graph', () => {
  expect(printGraph(new Graph())).toBe('');
});
