/**
 * What every runtime has to do, as cases that run wherever it does: in Node under vitest, in a page without it. A runtime
 * that can't do something says why in `skips`.
 */
import { add, gather, mul } from '../../src/graph/build.js';
import { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { float32, int64, scalar, type Runtime } from '../../src/runtime/runtime.js';
import { toOnnx } from '../../src/step/to-onnx.js';

export interface ContractCase {
  readonly name: string;
  /** Throws where the runtime doesn't do it. */
  readonly run: (runtime: Runtime) => Promise<void>;
}

function equal(found: unknown, wanted: unknown, what: string): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) => {
      if (typeof each === 'bigint') return `${each}n`;
      return ArrayBuffer.isView(each) ? Array.from(each as Float32Array | BigInt64Array, String) : each;
    });
  if (text(found) !== text(wanted)) throw new Error(`${what}: ${text(found)}, expected ${text(wanted)}`);
}

async function rejects(promise: Promise<unknown>, what: string): Promise<void> {
  const failed = await promise.then(() => false, () => true); // prettier-ignore
  if (!failed) throw new Error(`${what} is not refused`);
}

function onnxOf(build: (graph: Graph) => Record<string, Value>): Uint8Array {
  const graph = new Graph();
  for (const [name, value] of Object.entries(build(graph))) graph.output(name, value);
  return toOnnx(graph, 'contract');
}

/** y = x w + b, with w a scalar. */
const scaled = (): Uint8Array =>
  onnxOf((graph) => {
    const x = graph.input('x', 'float32', ['B', 2]);
    const w = graph.input('w', 'float32', []);
    const b = graph.input('b', 'float32', [2]);
    return { y: add(mul(x, w), b) };
  });

const plusOne = (): Uint8Array => onnxOf((graph) => ({ y: add(graph.input('x', 'float32', ['N']), 1) }));

export const CONTRACT: readonly ContractCase[] = [
  {
    name: 'says its name and what a graph reads and gives',
    async run(runtime) {
      equal(/^\S+ \d+\.\d+/.test(runtime.name), true, `the name ${runtime.name}`);
      const session = await runtime.load(scaled());
      equal(
        session.inputs,
        [
          { name: 'x', dtype: 'float32', dims: ['B', 2] },
          { name: 'w', dtype: 'float32', dims: [] },
          { name: 'b', dtype: 'float32', dims: [2] },
        ],
        'inputs',
      );
      equal(session.outputs, [{ name: 'y', dtype: 'float32', dims: ['B', 2] }], 'outputs');
      await session.release();
    },
  },
  {
    name: 'computes into the memory of the result, at any size that is free',
    async run(runtime) {
      const session = await runtime.load(scaled());
      for (const size of [1, 3, 2]) {
        const x = Float32Array.from({ length: 2 * size }, (_, i) => i);
        const y = new Float32Array(2 * size).fill(NaN);
        const feeds = { x: float32([size, 2], x), w: scalar(3), b: float32([2], Float32Array.of(10, 20)) };
        await session.run(feeds, { y: float32([size, 2], y) });
        equal(y, x.map((value, i) => 3 * value + (i % 2 === 0 ? 10 : 20)), `a batch of ${size}`); // prettier-ignore
      }
      await session.release();
    },
  },
  {
    name: 'reads and writes views of a larger buffer, and nothing beside them',
    async run(runtime) {
      const session = await runtime.load(plusOne());
      const buffer = Float32Array.of(9, 1, 2, 3, 9, 9);
      const view = (start: number): Float32Array => buffer.subarray(start, start + 2);
      await session.run({ x: float32([2], view(1)) }, { y: float32([2], view(3)) });
      equal(buffer, Float32Array.of(9, 1, 2, 2, 3, 9), 'the buffer');
      await session.release();
    },
  },
  {
    name: 'lets a result share its memory with an input, again and again',
    async run(runtime) {
      const session = await runtime.load(plusOne());
      const x = float32([3], Float32Array.of(1, 2, 3));
      for (let step = 0; step < 5; step++) await session.run({ x }, { y: x });
      equal(x.data, Float32Array.of(6, 7, 8), 'after five steps');
      await session.release();
    },
  },
  {
    name: 'follows a buffer that changed between runs',
    async run(runtime) {
      const session = await runtime.load(plusOne());
      const x = float32([1], Float32Array.of(1));
      const y = float32([1], new Float32Array(1));
      await session.run({ x }, { y });
      x.data[0] = 5;
      await session.run({ x }, { y });
      equal(y.data, Float32Array.of(6), 'the second result');
      await session.release();
    },
  },
  {
    name: 'takes int64 and gives it, of any size',
    async run(runtime) {
      const session = await runtime.load(
        onnxOf((graph) => {
          const ids = graph.input('ids', 'int64', ['N']);
          const [table, large] = [
            graph.input('table', 'float32', ['V', 2]),
            graph.input('large', 'int64', ['V']),
          ];
          return { rows: gather(table, ids), found: gather(large, ids) };
        }),
      );
      const rows = new Float32Array(6);
      const found = new BigInt64Array(3);
      const feeds = {
        table: float32([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
        large: int64([3], BigInt64Array.of(-(2n ** 62n), 0n, 2n ** 53n + 1n)),
        ids: int64([3], BigInt64Array.of(2n, 0n, 2n)),
      };
      await session.run(feeds, { rows: float32([3, 2], rows), found: int64([3], found) });
      equal(rows, Float32Array.of(5, 6, 1, 2, 5, 6), 'the rows');
      equal(found, BigInt64Array.of(2n ** 53n + 1n, -(2n ** 62n), 2n ** 53n + 1n), 'the numbers');
      await session.release();
    },
  },
  {
    name: 'computes only the results that are asked for',
    async run(runtime) {
      const session = await runtime.load(
        onnxOf((graph) => {
          const x = graph.input('x', 'float32', ['N']);
          return { double: mul(x, 2), triple: mul(x, 3) };
        }),
      );
      const triple = float32([1], new Float32Array(1));
      await session.run({ x: float32([1], Float32Array.of(7)) }, { triple });
      equal(triple.data, Float32Array.of(21), 'the result');
      await session.release();
    },
  },
  {
    name: 'keeps several graphs, each as long as it is wanted',
    async run(runtime) {
      const [one, other] = [await runtime.load(plusOne()), await runtime.load(plusOne())];
      await one.release();
      const y = float32([1], new Float32Array(1));
      await other.run({ x: float32([1], Float32Array.of(1)) }, { y });
      equal(y.data, Float32Array.of(2), 'the result of the one that is left');
      await other.release();
    },
  },
  {
    name: 'refuses what is no model, and runs that lack an input',
    async run(runtime) {
      await rejects(runtime.load(new Uint8Array(100).fill(7)), 'a file of sevens');
      const session = await runtime.load(plusOne());
      await rejects(session.run({}, { y: float32([1], new Float32Array(1)) }), 'a run without its input');
      await session.release();
    },
  },
];
