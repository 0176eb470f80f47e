/** Numbers and shapes at the edge, against the same graph in float64: all finite, and equal. */
import { expect, test } from 'vitest';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { binaryCrossEntropySum, crossEntropySum, squaredErrorSum } from '../../src/model/losses.js';
import { parameterFeeds, textFeeds, trainingGraph } from '../reference/classifier.js';
import { evaluate, type Feeds } from '../reference/evaluate.js';
import { runOnnx } from '../reference/onnx.js';
import { int64s, tensor } from '../reference/tensor.js';
import { bertFixture, relativeError } from '../support/fixtures.js';

async function expectEqual(graph: Graph, feeds: Feeds, wanted: readonly Value[]): Promise<void> {
  const all = evaluate(graph, feeds);
  const expected = new Map(wanted.map((value) => [value, all.get(value)!]));
  const found = await runOnnx(graph, feeds, expected, 1);
  for (const [value, { data }] of expected) {
    expect(data.every(Number.isFinite)).toBe(true);
    expect(relativeError(found.get(value)!, data)).toBeLessThan(1e-5);
  }
}

const LOGITS = tensor([4, 3], [1e4, -1e4, 0, -1e4, -1e4, 1e4, 1e4, 1e4, 1e4, -1e4, 0, 1e-3]);

test.each([
  [
    'classes',
    (graph: Graph, logits: Value) => crossEntropySum(logits, graph.input('labels', 'int64', ['B'])),
    int64s([4], [1, 2, 0, 1]),
  ],
  [
    'several labels',
    (graph: Graph, logits: Value) =>
      binaryCrossEntropySum(logits, graph.input('labels', 'float32', ['B', 3])),
    tensor([4, 3], [0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1]),
  ],
] as const)('logits of ±1e4, %s: loss and gradient', async (_, lossOf, labels) => {
  const graph = new Graph();
  const logits = graph.input('logits', 'float32', ['B', 3]);
  const loss = lossOf(graph, logits);
  const [gradient] = differentiate(graph, loss, [logits]);
  await expectEqual(graph, { logits: LOGITS, labels }, [loss, gradient!]);
});

test('outputs of ±1e4, numbers: loss and gradient', async () => {
  const graph = new Graph();
  const logits = graph.input('logits', 'float32', ['B', 1]);
  const loss = squaredErrorSum(logits, graph.input('labels', 'float32', ['B']));
  const [gradient] = differentiate(graph, loss, [logits]);
  const feeds = { logits: tensor([4, 1], [1e4, -1e4, 0, 1e4]), labels: tensor([4], [1, 0, -1e4, 1e4]) };
  await expectEqual(graph, feeds, [loss, gradient!]);
});

const ids = (...rows: number[][]): number[][] => rows;

test.each([
  ['a text without a token of its own', ids([2, 7, 9, 3], [2, 3, 0, 0]), [4, 2]],
  ['texts of nothing else', ids([2, 3], [2, 3]), [2, 2]],
  ['a last batch of one text', ids([2, 11, 5, 3]), [4]],
  ['one text of one token', ids([2]), [1]],
])('%s: logits, loss and every gradient', async (_, texts, lengths) => {
  const fixture = bertFixture('two-classes');
  const { graph, loss, logits, gradients } = trainingGraph(fixture);
  const labels = texts.map((_, i) => i % 2);
  const feeds = { ...parameterFeeds(fixture), ...textFeeds({ ids: texts, lengths, labels }) };
  // Keys' biases have no gradient but rounding, as softmax doesn't see them.
  const wanted = [...gradients].filter(([name]) => !name.endsWith('key.bias')).map(([, value]) => value);
  await expectEqual(graph, feeds, [loss, logits, ...wanted]);
});

/**
 * No text of bertune has such a row. It attends to all its padding alike in float32, where the score of padding, -1e9, takes in
 * the others, and not in float64: so it is its neighbours that are compared.
 */
test('a row that is all padding: finite, and the texts beside it are as they are', async () => {
  const { graph, loss, logits, gradients } = trainingGraph(bertFixture('two-classes'));
  const texts = { ids: ids([2, 7, 9, 3], [0, 0, 0, 0]), lengths: [4, 0], labels: [0, 1] };
  const feeds = { ...parameterFeeds(bertFixture('two-classes')), ...textFeeds(texts) };
  const all = evaluate(graph, feeds);
  const wanted = new Map([loss, logits, ...gradients.values()].map((value) => [value, all.get(value)!]));
  const found = await runOnnx(graph, feeds, wanted, 1);
  for (const values of found.values()) expect(values.every(Number.isFinite)).toBe(true);
  const [row] = [found.get(logits)!.slice(0, 2)];
  expect(relativeError(row, wanted.get(logits)!.data.slice(0, 2))).toBeLessThan(1e-5);
});
