// How fast ONNX Runtime multiplies the matrices of a layer, alone: node bench/products.js. For PyTorch's rate:
// python bench/peers/products.py. Needs `npm run build`, and nothing else running.
import { gemm, slice } from '../dist/graph/build.js';
import { Graph } from '../dist/graph/graph.js';
import { nodeRuntime } from '../dist/runtime/node.js';
import { float32 } from '../dist/runtime/runtime.js';
import { toOnnx } from '../dist/step/to-onnx.js';

/** tokens x in x out */
const LAYERS = [
  [1024, 384, 1152],
  [1024, 384, 384],
  [1024, 384, 1536],
  [1024, 1536, 384],
];
const [PRODUCTS, RUNS] = [12, 30];

const runtime = await nodeRuntime();
const random = (shape) =>
  float32(
    shape,
    Float32Array.from({ length: shape[0] * shape[1] }, () => Math.random() - 0.5),
  );

/** GFLOPS of the quickest run of several products in a row, of whose results next to nothing is handed over. */
async function rate(a, b, flags, flops) {
  const graph = new Graph();
  const [x, y] = [graph.input('x', 'float32', a), graph.input('y', 'float32', b)];
  const corners = Array.from({ length: PRODUCTS }, (_, i) =>
    slice(slice(gemm(x, y, { ...flags, alpha: 1 + i / 1000 }), 0, 0, 1), 1, 0, 8),
  );
  graph.output('corners', graph.add('Concat', corners, { axis: 0 }));
  const session = await runtime.load(toOnnx(graph, 'products'));
  const inputs = { x: random(a), y: random(b) };
  const results = { corners: float32([PRODUCTS, 8], new Float32Array(8 * PRODUCTS)) };
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    await session.run(inputs, results);
    best = Math.min(best, performance.now() - began);
  }
  await session.release();
  return (PRODUCTS * flops) / best / 1e6;
}

for (const [T, I, O] of LAYERS) {
  const flops = 2 * T * I * O;
  const rates = [
    ['forward', await rate([T, I], [O, I], { transB: true }, flops)],
    ['to its input', await rate([T, O], [O, I], {}, flops)],
    ['to its weight', await rate([T, O], [T, I], { transA: true }, flops)],
  ];
  console.log(`${T} x ${I} x ${O}: ${rates.map(([name, x]) => `${name} ${x.toFixed(0)}`).join(', ')} GFLOPS`);
}
