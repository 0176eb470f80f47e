/** Memory of small graphs, counted by hand. A [B, 256] tensor of float32 takes 1,024 B bytes. */
import { describe, expect, test } from 'vitest';
import { cast, exp, gemm, layerNorm, neg, reshape, transpose } from '../../src/graph/build.js';
import { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { outputBytes, peakBytes } from '../../src/step/memory.js';
import { runOrder } from '../../src/step/run-order.js';

const ROW = 1024;

/** What a graph takes for B = 3, in tensors of [B, 256]. */
function tensorsOf(build: (x: Value, w: Value) => Value): number {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['B', 256]);
  const w = graph.input('w', 'float32', [256, 256]);
  graph.output('y', build(x, w));
  return peakBytes(graph)({ B: 3 }) / (3 * ROW);
}

describe('peak', () => {
  test.each<[string, number, (x: Value, w: Value) => Value]>([
    ['inputs and outputs are the caller’s', 0, (x, w) => gemm(x, w)],
    ['what a node reads and what it writes', 2, (x, w) => gemm(gemm(gemm(x, w), w), w)],
    [
      'what is read again later stays until then',
      3,
      (x, w) => {
        const kept = gemm(x, w);
        // At the third product: kept, the second and itself.
        return gemm(gemm(gemm(gemm(kept, w), w), w), kept, { transB: true });
      },
    ],
    ['an elementwise operator writes over what nobody reads later', 1, (x, w) => gemm(exp(gemm(x, w)), w)],
    [
      'but not over what is read again',
      2,
      (x, w) => {
        const kept = gemm(x, w);
        return gemm(exp(kept), kept, { transB: true });
      },
    ],
    ['nor over the caller’s input', 1, (x, w) => gemm(exp(x), w)],
    ['a view is no tensor of its own', 1, (x, w) => transpose(reshape(gemm(x, w), ['B', 2, 128]), [1, 0, 2])],
    [
      'a view of an input is free',
      0,
      (x) => transpose(reshape(reshape(x, ['B', 2, 128]), ['2*B', 128]), [1, 0]),
    ],
  ])('%s', (_, tensors, build) => {
    expect(tensorsOf(build)).toBe(tensors);
  });

  test('a tensor that is read through a view lives as long as the view', () => {
    expect(
      tensorsOf((x, w) => {
        const view = reshape(gemm(x, w), [256, 'B']);
        return gemm(gemm(gemm(gemm(view, w, { transA: true }), w), w), view);
      }),
    ).toBe(3);
  });

  test('types have their sizes, blocks are multiples of 256, unread outputs go at once', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['B', 100]);
    const row = graph.input('row', 'float32', [100]);
    // y 400 B -> 512, mean and 1 / deviation of each row 4 B -> 256 each; then y alone and its ids of 800 B -> 1024.
    graph.output('y', transpose(cast(layerNorm(x, row, row, 1e-5), 'int64'), [1, 0]));
    expect(peakBytes(graph)({ B: 1 })).toBe(512 + 1024);
    expect(outputBytes(graph, { B: 2 })).toBe(2 * 100 * 8);
  });
});

describe('order', () => {
  test('what an output needs runs just before it, the last output first, and nothing else', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['B', 256]);
    const w = graph.input('w', 'float32', [256, 256]);
    const [a, b] = [exp(x), neg(x)];
    graph.add('Sqrt', [x], {});
    graph.output('first', gemm(a, w));
    graph.output('second', gemm(b, w));
    expect(runOrder(graph).map((node) => node.outputs[0]!.name)).toEqual([b.name, 'second', a.name, 'first']);
    // In the file's order both would be there at once.
    expect(peakBytes(graph)({ B: 1 })).toBe(ROW);
  });

  test('of several inputs, the one that was made last runs first', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['B', 256]);
    const [a, b] = [exp(x), neg(x)];
    graph.output('y', gemm(a, b, { transB: true }));
    expect(runOrder(graph).map((node) => node.outputs[0]!.name)).toEqual([b.name, a.name, 'y']);
  });
});
