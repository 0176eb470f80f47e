/** What a graph refuses, and constants. */
import { describe, expect, test } from 'vitest';
import {
  add,
  concat,
  constant,
  expand,
  gather,
  gemm,
  layerNorm,
  matmul,
  neg,
  reshape,
  scalar,
  scatterAdd,
  slice,
} from '../../src/graph/build.js';
import { Graph } from '../../src/graph/graph.js';
import type { Shape } from '../../src/graph/shape.js';
import type { DType, Value } from '../../src/graph/types.js';

function graphWithX(): { graph: Graph; x: Value } {
  const graph = new Graph();
  return { graph, x: graph.input('x', 'float32', ['B', 4]) };
}

test('names are given once', () => {
  const { graph, x } = graphWithX();
  expect(() => graph.input('x', 'int64', [])).toThrow('two inputs named x');
  graph.output('y', neg(x));
  expect(() => {
    graph.output('y', neg(x));
  }).toThrow('an output or input named y already');
});

test('an output is made by a node, and declared once', () => {
  const { graph, x } = graphWithX();
  expect(() => {
    graph.output('y', x);
  }).toThrow("x can't be the output y");
  const y = neg(x);
  graph.output('y', y);
  expect(() => {
    graph.output('z', y);
  }).toThrow("y can't be the output z");
});

test('values of two graphs are not mixed', () => {
  expect(() => add(graphWithX().x, graphWithX().x)).toThrow('Add: input x is of another graph');
});

test('a gradient can be set for a result, not for an input', () => {
  const { graph, x } = graphWithX();
  expect(() => graph.setGradient(x, { inputs: [x], rule: (dy) => [dy] })).toThrow('x is an input');
});

test('equal constants are one value', () => {
  const { graph } = graphWithX();
  const half = scalar(graph, 0.5);
  expect(scalar(graph, 0.5)).toBe(half);
  expect(constant(graph, 'float32', [1], [0.5])).not.toBe(half);
  expect(constant(graph, 'int64', [], [1])).not.toBe(scalar(graph, 1));
  expect(graph.nodes).toHaveLength(4);
});

describe('inputs that do not fit', () => {
  const cases: [string, readonly (readonly [DType, Shape])[], (inputs: Value[]) => Value, string][] = [
    [
      'types differ',
      [
        ['float32', ['B']],
        ['int64', ['B']],
      ],
      ([a, b]) => add(a!, b!),
      'Add(float32[B], int64[B]): both need the same type',
    ],
    [
      'shapes that do not broadcast',
      [
        ['float32', ['B', 4]],
        ['float32', ['B', 5]],
      ],
      ([a, b]) => add(a!, b!),
      "shapes [B, 4] and [B, 5] don't broadcast",
    ],
    [
      'Gemm with 3 axes',
      [
        ['float32', ['B', 'S', 4]],
        ['float32', [4, 5]],
      ],
      ([a, b]) => gemm(a!, b!),
      'needs two matrices',
    ],
    [
      'Gemm whose inner sizes differ',
      [
        ['float32', ['B', 4]],
        ['float32', [4, 5]],
      ],
      ([a, b]) => gemm(a!, b!, { transB: true }),
      'Gemm(float32[B, 4], float32[4, 5]): inner sizes 4 and 5 differ',
    ],
    [
      'Gemm with a C larger than the product',
      [
        ['float32', ['B', 4]],
        ['float32', [4, 1]],
        ['float32', ['B', 5]],
      ],
      ([a, b, c]) => gemm(a!, b!, { c }),
      'C does not fit the product',
    ],
    [
      'FusedMatMul whose leading axes differ',
      [
        ['float32', ['B', 'S', 4]],
        ['float32', ['S', 4, 5]],
      ],
      ([a, b]) => matmul(a!, b!),
      'leading axes differ',
    ],
    [
      'FusedMatMul whose inner sizes differ',
      [
        ['float32', ['B', 'S', 4]],
        ['float32', ['B', 'S', 5]],
      ],
      ([a, b]) => matmul(a!, b!),
      'inner sizes 4 and S differ',
    ],
    [
      'LayerNormalization with a weight of another length',
      [
        ['float32', ['B', 4]],
        ['float32', [5]],
        ['float32', [4]],
      ],
      ([x, w, b]) => layerNorm(x!, w!, b!, 1e-5),
      'as long as a row',
    ],
    [
      'Reshape to another number of elements',
      [['float32', ['B', 4]]],
      ([x]) => reshape(x!, ['S', 4]),
      'Reshape(float32[B, 4]): cannot become [S, 4]',
    ],
    [
      'Expand of an axis that is not 1',
      [['float32', ['B', 4]]],
      ([x]) => expand(x!, ['B', 1]),
      'Expand(float32[B, 4]): to [B, 1]',
    ],
    ['an empty Slice', [['float32', ['B', 4]]], ([x]) => slice(x!, 1, 2, 2), 'no elements 2 to 2 on axis 1'],
    ['a Slice beyond the end', [['float32', ['B', 4]]], ([x]) => slice(x!, 1, 2, 5), 'no elements 2 to 5'],
    [
      'Concat of tensors that differ elsewhere',
      [
        ['float32', ['B', 4]],
        ['float32', ['S', 4]],
      ],
      (parts) => concat(parts, 1),
      'sizes differ beside axis 1',
    ],
    [
      'Concat along a size that only a run knows',
      [
        ['float32', ['B', 4]],
        ['float32', ['B', 4]],
      ],
      (parts) => concat(parts, 0),
      'the size B is known only when the graph runs',
    ],
    [
      'Gather with indices that are not integers',
      [
        ['float32', [5, 4]],
        ['float32', ['B']],
      ],
      ([x, i]) => gather(x!, i!),
      'indices are int64',
    ],
    [
      'ScatterElements with indices and updates of two shapes',
      [
        ['float32', [5]],
        ['int64', [3]],
        ['float32', [4]],
      ],
      ([x, i, u]) => scatterAdd(x!, i!, u!, 0),
      'one index for each update',
    ],
  ];
  test.each(cases)('%s', (_, types, build, message) => {
    const graph = new Graph();
    const inputs = types.map(([dtype, shape], index) => graph.input(`x${index}`, dtype, shape));
    expect(() => build(inputs)).toThrow(message);
  });
});
