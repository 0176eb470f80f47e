import { describe, expect, test } from 'vitest';
import { addOnto, rowSumOf } from '../../src/graph/accumulate.js';
import { add, fill, gather, gemm, mul, range, reduceSum, scatterAdd } from '../../src/graph/build.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { float32, int64 } from '../../src/runtime/runtime.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { decodeOnnx } from '../step/decode-onnx.js';
import { check, floats, ids, type Case } from './check.js';
import { runtimeWith } from '../reference/onnx.js';

const cases: Case[] = [
  {
    name: 'a product',
    inputs: [floats([3, 4]), floats(['B', 3]), floats(['B', 4])],
    build: ([before, a, b]) => addOnto(before!, gemm(a!, b!, { transA: true, alpha: 0.5 })),
  },
  {
    name: 'a product that adds something already',
    inputs: [floats([3, 4]), floats([3, 2]), floats([2, 4]), floats([4])],
    build: ([before, a, b, c]) => addOnto(before!, gemm(a!, b!, { c: c!, beta: 2 })),
  },
  {
    name: 'a scatter',
    inputs: [floats([5]), ids(['B', 'S'], [1, 4, 4, 0, 4, 1]), floats(['B*S'])],
    fixed: [0, 1, 2],
    build: ([before, places, updates], graph) =>
      addOnto(before!, scatterAdd(fill(graph, [5], 0), flat(places!), updates!, 0)),
  },
  {
    name: 'a scatter onto ones',
    inputs: [floats([5]), ids(['B', 'S'], [1, 4, 4, 0, 4, 1]), floats(['B*S'])],
    fixed: [0, 1, 2],
    build: ([before, places, updates], graph) =>
      addOnto(before!, scatterAdd(fill(graph, [5], 1), flat(places!), updates!, 0)),
  },
  {
    name: 'a sum',
    inputs: [floats([4]), floats(['B', 4])],
    build: ([before, x]) => addOnto(before!, reduceSum(x!, [0])),
  },
];

const flat = (x: Value): Value => x.graph.add('Reshape', [x], { shape: ['B*S'] });

describe('addOnto', () => {
  for (const testCase of cases) check(testCase, testCase.fixed === undefined);

  test('costs a product and a scatter no further node', () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [5, 4]);
    const weight = graph.input('weight', 'float32', [3, 4]);
    const rows = gather(table, graph.input('rows', 'int64', ['B'])); // [B, 4]
    const loss = reduceSum(gemm(rows, weight, { transB: true }), [0, 1]);
    const nodes = (accumulated: boolean): string[] => {
      const gradients = differentiate(graph, loss, [table, weight]);
      gradients.forEach((gradient, i) => {
        const before = graph.input(
          `before${i}:${accumulated}`,
          'float32',
          [
            [5, 4],
            [3, 4],
          ][i]!,
        );
        graph.output(`gradient${i}:${accumulated}`, accumulated ? addOnto(before, gradient) : gradient);
      });
      const { nodes: all } = decodeOnnx(toOnnx(graph, 'test'));
      graph.outputs.clear();
      return all.map(({ type }) => type).sort();
    };
    const [plain, accumulated] = [nodes(false), nodes(true)];
    expect(accumulated.filter((type) => type === 'Add')).toEqual([]);
    // The zeros that a scatter starts from are no longer needed.
    expect(accumulated.length).toBe(plain.length - 1);
  });

  test('in place: the same memory is read and written, again and again', async () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [5, 4]);
    const weight = graph.input('weight', 'float32', [3, 4]);
    const rows = gather(table, graph.input('rows', 'int64', ['B'])); // [B, 4]
    const loss = reduceSum(gemm(rows, weight, { transB: true }), [0, 1]);
    differentiate(graph, loss, [table, weight]).forEach((gradient, i) => {
      graph.output(`after${i}`, addOnto(graph.input(`before${i}`, 'float32', gradient.shape), gradient));
    });
    const session = await (await runtimeWith(2)).load(toOnnx(graph, 'test'));
    const first = float32([5, 4], new Float32Array(20));
    const second = float32([3, 4], new Float32Array(12));
    const inputs = {
      table: float32(
        [5, 4],
        Float32Array.from({ length: 20 }, (_, i) => i),
      ),
      weight: float32(
        [3, 4],
        Float32Array.from({ length: 12 }, (_, i) => i),
      ),
      rows: int64([3], BigInt64Array.of(1n, 4n, 4n)),
      before0: first,
      before1: second,
    };
    for (let run = 1; run <= 3; run++) {
      await session.run(inputs, { after0: first, after1: second });
      // d loss / d a row that was read = the sum of weight's rows, [12, 15, 18, 21], once for each time.
      const row = [12, 15, 18, 21].map((x) => run * x);
      const zeros = [0, 0, 0, 0];
      expect([...first.data]).toEqual([...zeros, ...row, ...zeros, ...zeros, ...row.map((x) => 2 * x)]);
      // d loss / d each row of weight = the sum of the rows that were read: row 1 and twice row 4.
      const sum = [4 + 32, 5 + 34, 6 + 36, 7 + 38].map((x) => run * x);
      expect([...second.data]).toEqual([...sum, ...sum, ...sum]);
    }
    await session.release();
  });
});

describe('rowSumOf', () => {
  /** The gradient of a [5, 4] table that is read as `read` says, and the ids that it may be read by. */
  function gradientOf(read: (table: Value, ids: Value) => Value): {
    gradient: Value;
    ids: Value;
    graph: Graph;
  } {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [5, 4]);
    const ids = graph.input('ids', 'int64', ['B', 'S']);
    const y = read(table, ids);
    const [gradient] = differentiate(
      graph,
      reduceSum(
        mul(y, y),
        y.shape.map((_, axis) => axis),
      ),
      [table],
    );
    return { gradient: gradient!, ids, graph };
  }

  test('of a lookup: a row for each id, from which the table’s gradient can be summed', async () => {
    const { gradient, ids: input, graph } = gradientOf((table, ids) => gather(table, ids));
    const { rows, ids } = rowSumOf(gradient)!;
    expect(ids).toBe(input);
    expect(rows.shape).toEqual(['B*S', 4]);
    graph.output('rows', rows);
    graph.output('whole', gradient);
    const session = await (await runtimeWith(2)).load(toOnnx(graph, 'test'));
    const seen = BigInt64Array.of(1n, 4n, 4n, 0n, 4n, 1n);
    const results = {
      rows: float32([6, 4], new Float32Array(24)),
      whole: float32([5, 4], new Float32Array(20)),
    };
    const table = float32(
      [5, 4],
      Float32Array.from({ length: 20 }, (_, i) => i),
    );
    await session.run({ table, ids: int64([2, 3], seen) }, results);
    await session.release();
    const sum = new Float32Array(20);
    seen.forEach((id, i) => {
      for (let j = 0; j < 4; j++) sum[Number(id) * 4 + j]! += results.rows.data[i * 4 + j]!;
    });
    expect(sum).toEqual(results.whole.data);
    expect(sum[4 * 4]).toBe(3 * 2 * 16); // row 4 was read three times; d x^2 = 2 x
  });

  test.each<[string, (table: Value, ids: Value) => Value]>([
    ['a lookup by ids that are no input', (table) => gather(table, range(table.graph, 'S'))],
    ['a lookup of columns', (table, ids) => gather(table, ids, 1)],
    ['two lookups', (table, ids) => add(gather(table, ids), gather(table, ids))],
    ['a product', (table) => gemm(table, table, { transB: true })],
  ])('of %s: nothing', (_, read) => {
    expect(rowSumOf(gradientOf(read).gradient)).toBeUndefined();
  });
});
