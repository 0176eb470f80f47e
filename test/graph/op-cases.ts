/** At least one case for each operator; an operator without cases doesn't compile, or fails a test. */
import {
  add,
  cast,
  concat,
  constant,
  div,
  erf,
  exp,
  expand,
  fill,
  gather,
  gelu,
  gemm,
  layerNorm,
  logSoftmax,
  matmul,
  mul,
  neg,
  oneHot,
  range,
  reduceSum,
  relu,
  reshape,
  scatterAdd,
  sign,
  slice,
  softmax,
  sqrt,
  sub,
  subFrom,
  tanh,
  transpose,
} from '../../src/graph/build.js';
import type { Shape } from '../../src/graph/shape.js';
import type { OpName, Value } from '../../src/graph/types.js';
import { awayFromZero, floats, given, ids, type Case, type Input } from './check.js';

/** The ways in which two shapes broadcast, for an operator of two operands. */
function broadcasts(f: (a: Value, b: Value) => Value, right: (shape: Shape) => Input = floats): Case[] {
  const pairs: [string, Shape, Shape][] = [
    ['equal shapes', ['B', 4], ['B', 4]],
    ['a row onto a matrix', ['B', 4], [4]],
    ['a matrix onto a row', [4], ['B', 4]],
    ['a column onto a matrix', ['B', 4], ['B', 1]],
    ['a matrix onto a column', ['B', 1], ['B', 4]],
    ['both onto each other', ['B', 1, 4], ['S', 1]],
    ['an axis in the middle', ['B', 2, 'S'], ['B', 1, 'S']],
    ['a scalar onto a tensor', ['B', 'S', 2], []],
    ['a tensor onto a scalar', [], ['B', 'S', 2]],
    ['ones that stay ones', ['B', 1], [1, 1]],
    ['scalars', [], []],
  ];
  return pairs.map(([name, a, b]) => ({
    name,
    inputs: [floats(a), right(b)],
    build: ([x, y]) => f(x!, y!),
  }));
}

/** One input, one output. */
function unary(name: string, input: Input, f: (x: Value) => Value): Case {
  return { name, inputs: [input], build: ([x]) => f(x!) };
}

const FLAGS = [false, true];
const combinations = FLAGS.flatMap((transA) => FLAGS.map((transB) => ({ transA, transB })));
const flagged = ({ transA, transB }: { transA: boolean; transB: boolean }): string =>
  `${transA ? 'A^T' : 'A'} ${transB ? 'B^T' : 'B'}`;

/** A shape [..., rows, columns], or with these two exchanged. */
const matrix = (batch: Shape, rows: Shape[number], columns: Shape[number], transposed: boolean): Shape =>
  transposed ? [...batch, columns, rows] : [...batch, rows, columns];

const gemmCases: Case[] = [
  ...combinations.flatMap((flags): Case[] => [
    {
      name: flagged(flags),
      inputs: [floats(matrix([], 'B', 4, flags.transA)), floats(matrix([], 4, 5, flags.transB))],
      build: ([a, b]) => gemm(a!, b!, flags),
    },
    {
      name: `0.7 ${flagged(flags)} - 1.3 C, C a row`,
      inputs: [
        floats(matrix([], 'B*S', 4, flags.transA)),
        floats(matrix([], 4, 5, flags.transB)),
        floats([5]),
      ],
      build: ([a, b, c]) => gemm(a!, b!, { ...flags, alpha: 0.7, beta: -1.3, c }),
    },
  ]),
  ...([[], [1], [1, 5], ['B', 1], ['B', 5]] as Shape[]).map((shape): Case => ({
    name: `C is [${shape.join(', ')}]`,
    inputs: [floats(['B', 4]), floats([4, 5]), floats(shape)],
    build: ([a, b, c]) => gemm(a!, b!, { c, alpha: 2, beta: 0.5 }),
  })),
  { name: 'a matrix with itself', inputs: [floats([3, 3])], build: ([a]) => gemm(a!, a!, { transA: true }) },
  { name: 'a column by a row', inputs: [floats(['B', 1]), floats([1, 5])], build: ([a, b]) => gemm(a!, b!) },
];

const matmulCases: Case[] = [
  ...combinations.flatMap((flags): Case[] =>
    ([[], ['B'], ['B', 2]] as Shape[]).map((batch) => ({
      name: `${flagged(flags)} with ${batch.length + 2} axes`,
      inputs: [floats(matrix(batch, 'S', 4, flags.transA)), floats(matrix(batch, 4, 5, flags.transB))],
      build: ([a, b]) => matmul(a!, b!, { ...flags, alpha: 0.6 }),
    })),
  ),
  { name: 'without alpha', inputs: [floats([2, 3]), floats([3, 4])], build: ([a, b]) => matmul(a!, b!) },
  {
    name: 'a symbolic inner size',
    inputs: [floats(['B', 'S', 4]), floats(['B', 'S', 5])],
    build: ([a, b]) => matmul(a!, b!, { transA: true, alpha: 3 }),
  },
];

const reduceSumCases: Case[] = (
  [
    [['B', 4], [0]],
    [['B', 4], [-1]],
    [
      ['B', 4],
      [0, 1],
    ],
    [['B', 'S', 4], [1]],
    [
      ['B', 'S', 4],
      [-1, 0],
    ],
    [
      ['B', 1, 4],
      [1, 2],
    ],
    [[5], [0]],
  ] as [Shape, number[]][]
).flatMap(([shape, axes]) =>
  FLAGS.map((keepdims) =>
    unary(
      `[${shape.join(', ')}] over ${axes.join(' and ')}${keepdims ? ', kept as 1' : ''}`,
      floats(shape),
      (x) => reduceSum(x, axes, keepdims),
    ),
  ),
);

const layerNormCases: Case[] = (
  [
    ['2-D', ['B*S', 6], 1e-12],
    ['3-D', ['B', 'S', 6], 1e-5],
    ['one row', [6], 1e-12],
    ['an epsilon that matters', ['B', 6], 0.3],
  ] as [string, Shape, number][]
).map(([name, shape, epsilon]) => ({
  name,
  inputs: [floats(shape), floats([6], 0.5, 1.5), floats([6])],
  build: ([x, weight, bias]) => layerNorm(x!, weight!, bias!, epsilon).node!.outputs,
}));

export const opCases: { readonly [K in OpName]: readonly Case[] } = {
  Constant: [
    { name: 'a number', inputs: [], build: (_, graph) => constant(graph, 'float32', [], [1.25]) },
    {
      name: 'a matrix',
      inputs: [],
      build: (_, graph) => constant(graph, 'float32', [2, 2], [1, -2, 0.5, 1e30]),
    },
    { name: 'integers', inputs: [], build: (_, graph) => constant(graph, 'int64', [3], [0, -7, 2 ** 40]) },
  ],
  Fill: ([[], [3], ['B', 2], ['B*S'], ['B', 'S', 'B'], ['6*B', 2], ['2*B*S']] as Shape[]).map((shape) => ({
    name: `[${shape.join(', ')}]`,
    inputs: [],
    build: (_, graph) => fill(graph, shape, -0.75),
  })),
  Range: (['S', 'B*S', '2*B', 5] as const).map((size) => ({
    name: String(size),
    inputs: [],
    build: (_, graph) => range(graph, size),
  })),
  Add: [
    ...broadcasts(add),
    unary('a value with itself', floats(['B', 3]), (x) => add(x, x)),
    unary('a number', floats(['B', 3]), (x) => add(x, 2.5)),
    { name: 'integers', inputs: [ids([3], [1, 2, 3]), ids([1], [-5])], build: ([a, b]) => add(a!, b!) },
  ],
  Sub: [
    ...broadcasts(sub),
    unary('from a number', floats(['B', 3]), (x) => subFrom(1, x)),
    unary('a number', floats(['B', 3]), (x) => sub(x, 1)),
  ],
  Mul: [
    ...broadcasts(mul),
    unary('a value with itself', floats(['B', 3]), (x) => mul(x, x)),
    unary('a number', floats(['B', 3]), (x) => mul(x, -0.3)),
  ],
  Div: [...broadcasts(div, awayFromZeroByHalf), unary('by a number', floats(['B', 3]), (x) => div(x, 3))],
  Neg: [unary('numbers', floats(['B', 'S']), neg)],
  Exp: [unary('numbers', floats(['B', 'S'], -5, 3), exp)],
  Sqrt: [unary('positive numbers', floats(['B', 'S'], 0.2, 9), sqrt)],
  Erf: [unary('numbers', floats(['B', 'S', 5], -4, 4), erf)],
  Tanh: [unary('numbers', floats(['B', 'S', 5], -4, 4), tanh)],
  Relu: [
    unary('numbers', awayFromZero(['B', 'S', 5]), relu),
    { ...unary('zero', given([3], [0, -0, 1]), relu), fixed: [0] },
  ],
  Sign: [unary('negative, zero and positive', given([5], [-2.5, -1e-30, 0, 1e-30, 7]), sign)],
  Gelu: [unary('numbers', floats(['B', 'S', 5], -4, 4), gelu)],
  Cast: [
    unary('integers to numbers', ids(['B', 'S'], [0, 1, -1, 7, 1000, 1e6]), (x) => cast(x, 'float32')),
    unary('numbers to integers', given([4], [2.7, -2.7, 0, 1e6]), (x) => cast(x, 'int64')),
  ],
  Gemm: gemmCases,
  FusedMatMul: matmulCases,
  ReduceSum: reduceSumCases,
  Softmax: [
    unary('a matrix', floats(['B', 5]), softmax),
    unary('four axes', floats(['B', 2, 'S', 'S']), softmax),
    unary('large scores', given([2, 3], [1000, 999, 998.5, -1e9, 0, 0.25]), softmax),
  ],
  LogSoftmax: [
    unary('a matrix', floats(['B', 5]), logSoftmax),
    unary('three axes', floats(['B', 'S', 4]), logSoftmax),
    unary('large logits', given([2, 3], [90, 88, 87, -70, 30, 29]), logSoftmax),
  ],
  LayerNormalization: layerNormCases,
  Reshape: [
    unary('two axes become one', floats(['B', 'S', 4]), (x) => reshape(x, ['B*S', 4])),
    unary('one axis becomes two', floats(['B', 'S', 6]), (x) => reshape(x, ['B', 'S', 2, 3])),
    unary('a product with a number', floats(['B', 'S', 4]), (x) => reshape(x, ['4*B*S'])),
    unary('back from a product', floats(['B', 'S', 4]), (x) =>
      reshape(reshape(x, ['B*S', 4]), ['B', 'S', 4]),
    ),
    unary('known sizes', floats([4, 3]), (x) => reshape(x, [2, 6])),
    unary('to a scalar', floats([1, 1]), (x) => reshape(x, [])),
    unary('from a scalar', floats([]), (x) => reshape(x, [1, 1])),
  ],
  Expand: [
    unary('a new axis', floats([4]), (x) => expand(x, ['B', 4])),
    unary('an axis in the middle', floats(['B', 1, 4]), (x) => expand(x, ['B', 'S', 4])),
    unary('a scalar', floats([]), (x) => expand(x, ['B', 'S'])),
    unary('to a product', floats([1, 2]), (x) => expand(x, ['2*B', 2])),
    unary('known sizes', floats([3, 1]), (x) => expand(x, [2, 3, 2])),
  ],
  Transpose: [
    unary('a matrix', floats(['B', 4]), (x) => transpose(x, [1, 0])),
    unary('a rotation of three axes', floats(['B', 'S', 4]), (x) => transpose(x, [1, 2, 0])),
    unary('heads', floats(['B', 'S', 2, 4]), (x) => transpose(x, [0, 2, 1, 3])),
    unary('projections', floats(['B', 'S', 3, 2, 2]), (x) => transpose(x, [2, 0, 3, 1, 4])),
  ],
  Slice: (
    [
      [0, 0, 2],
      [0, 1, 3],
      [0, 4, 5],
      [0, 0, 5],
      [2, 0, 1],
      [2, 1, 3],
      [2, 2, 4],
    ] as const
  ).map(([axis, start, end]) =>
    unary(`${start} to ${end} of axis ${axis}`, floats([5, 'S', 4]), (x) => slice(x, axis, start, end)),
  ),
  Concat: [
    {
      name: 'three on axis 0',
      inputs: [floats([2, 'S']), floats([1, 'S']), floats([3, 'S'])],
      build: (parts) => concat(parts, 0),
    },
    {
      name: 'two on axis 1',
      inputs: [floats(['B', 2]), floats(['B', 3])],
      build: (parts) => concat(parts, 1),
    },
    unary('a value with itself', floats(['B', 2]), (x) => concat([x, x], 1)),
    unary('one', floats([3]), (x) => concat([x], 0)),
  ],
  Gather: [
    {
      name: 'rows, some of them twice',
      inputs: [floats([5, 4]), ids(['B', 'S'], [3, 0, 3, 3, 4, 0])],
      build: ([x, i]) => gather(x!, i!),
    },
    {
      name: 'always the same row',
      inputs: [floats([5, 4]), ids(['B', 'S'], [2, 2, 2, 2, 2, 2])],
      build: ([x, i]) => gather(x!, i!),
    },
    {
      name: 'one place of axis 1',
      inputs: [floats(['B', 'S', 4])],
      build: ([x], graph) => gather(x!, constant(graph, 'int64', [], [1]), 1),
    },
    {
      name: 'places of axis 1, one of them twice',
      inputs: [floats(['B', 'S', 4]), ids([4], [2, 0, 2, 1])],
      build: ([x, i]) => gather(x!, i!, 1),
    },
    {
      name: 'a matrix of places of the last axis',
      inputs: [floats(['B', 4]), ids(['B', 'S'], [3, 0, 3, 1, 1, 2])],
      build: ([x, i]) => gather(x!, i!, 1),
    },
    { name: 'from a vector', inputs: [floats([5]), ids([3], [4, 4, 1])], build: ([x, i]) => gather(x!, i!) },
    {
      name: 'by a range that only a run knows',
      inputs: [floats([7, 4])],
      build: ([x], graph) => gather(x!, range(graph, 'S')),
    },
  ],
  ScatterElements: [
    {
      name: 'rows, with repeated places',
      inputs: [floats([4, 3]), ids(['S', 3], [0, 3, 2, 0, 3, 1, 0, 0, 1]), floats(['S', 3])],
      build: ([data, places, updates]) => scatterAdd(data!, places!, updates!, 0),
    },
    {
      name: 'columns, with repeated places',
      inputs: [floats(['B', 3]), ids(['B', 4], [0, 2, 2, 2, 1, 0, 1, 1]), floats(['B', 4])],
      build: ([data, places, updates]) => scatterAdd(data!, places!, updates!, 1),
    },
  ],
  OneHot: [
    unary('labels', ids(['B'], [3, 0]), (x) => oneHot(x, 4)),
    unary('a matrix of labels', ids(['B', 'S'], [0, 1, 2, 2, 1, 0]), (x) => oneHot(x, 3)),
  ],
};

function awayFromZeroByHalf(shape: Shape): Input {
  return floats(shape, 0.5, 2);
}
