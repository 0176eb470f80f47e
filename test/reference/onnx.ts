/** The same graphs on ONNX Runtime: what the reference is compared with. */
import type { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32, int64, type Runtime, type Tensor } from '../../src/runtime/runtime.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import type { Feeds } from './evaluate.js';
import type { Tensor64 } from './tensor.js';

/** One, and more than one: some of ONNX Runtime's kernels work differently then. */
export const THREADS = [1, 2] as const;

const runtimes = new Map<number, Promise<Runtime>>();

/** One runtime for each number of threads. */
export function runtimeWith(threads: number): Promise<Runtime> {
  let runtime = runtimes.get(threads);
  if (!runtime) {
    runtime = nodeRuntime({ threads });
    runtimes.set(threads, runtime);
  }
  return runtime;
}

/** A tensor as the runtime takes it. */
export function toRuntime({ dtype, shape, data }: Tensor64): Tensor {
  return dtype === 'float32'
    ? float32(shape, new Float32Array(data))
    : int64(shape, BigInt64Array.from(data, BigInt));
}

export function feedsToRuntime(feeds: Feeds): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toRuntime(value)]));
}

/** Room for results of the shapes that the reference found. */
function emptyLike({ dtype, shape, data }: Tensor64): Tensor {
  return dtype === 'float32'
    ? float32(shape, new Float32Array(data.length).fill(NaN))
    : int64(shape, new BigInt64Array(data.length).fill(-99n));
}

/** Runs `graph` and returns the numbers of the values in `wanted`, whose tensors say how large they are. */
export async function runOnnx(
  graph: Graph,
  feeds: Feeds,
  wanted: ReadonlyMap<Value, Tensor64>,
  threads: number,
): Promise<Map<Value, Float64Array>> {
  if (graph.outputs.size === 0) {
    let index = 0;
    for (const value of wanted.keys()) graph.output(`result${index++}`, value);
  }
  const runtime = await runtimeWith(threads);
  const session = await runtime.load(toOnnx(graph, 'test'));
  const results = Object.fromEntries([...wanted].map(([{ name }, value]) => [name, emptyLike(value)]));
  await session.run(feedsToRuntime(feeds), results);
  await session.release();
  return new Map(
    [...wanted.keys()].map((value) => [value, Float64Array.from(results[value.name]!.data, Number)]),
  );
}
