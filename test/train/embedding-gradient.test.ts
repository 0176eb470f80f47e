/**
 * The gradient of the word embeddings where ids repeat. ONNX Runtime's `ScatterND` loses updates then when it has
 * two threads or more (microsoft/onnxruntime #18048, #23396); `ScatterElements`, which is used, must not.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { gather, mul, reduceSum } from '../../src/graph/build.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import { float32 } from '../../src/runtime/runtime.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { RandomStream } from '../../src/util/random.js';
import { parameterFeeds, textFeeds, trainingGraph, type Texts } from '../reference/classifier.js';
import { evaluate, type Feeds } from '../reference/evaluate.js';
import { feedsToRuntime, runtimeWith } from '../reference/onnx.js';
import { generate, type Tensor64 } from '../reference/tensor.js';
import { bertFixture, relativeError } from '../support/fixtures.js';

const THREADS = [1, 2, 4];
const NAME = 'bert.embeddings.word_embeddings.weight';

const [B, S] = [8, 16];
const random = new RandomStream(1, 1);
const rows = (id: () => number): number[][] => Array.from({ length: B }, () => Array.from({ length: S }, id));
const texts = (ids: number[][]): Texts => ({
  ids,
  lengths: ids.map((_, row) => S - row),
  labels: ids.map((_, row) => row % 2),
});

/** Runs a graph's output `gradient` again and again: its largest error, and the hashes of what came out. */
async function measure(
  onnx: Uint8Array,
  feeds: Feeds,
  expected: Tensor64,
  threads: number,
  runs: number,
): Promise<{ error: number; hashes: Set<string> }> {
  const session = await (await runtimeWith(threads)).load(onnx);
  const inputs = feedsToRuntime(feeds);
  const data = new Float32Array(expected.data.length);
  const result = float32(expected.shape, data);
  const hashes = new Set<string>();
  let error = 0;
  for (let run = 0; run < runs; run++) {
    data.fill(NaN);
    await session.run(inputs, { gradient: result });
    const hash = createHash('sha256').update(data).digest('hex');
    if (!hashes.has(hash)) error = Math.max(error, relativeError(data, expected.data));
    hashes.add(hash);
  }
  await session.release();
  return { error, hashes };
}

/** The same bits in every run, also with another number of threads, and what the reference says. */
async function expectExact(onnx: Uint8Array, feeds: Feeds, expected: Tensor64, runs: number): Promise<void> {
  const everyHash = new Set<string>();
  for (const threads of THREADS) {
    const { error, hashes } = await measure(onnx, feeds, expected, threads, runs);
    // Float32 through two layers and back, or 512 updates of one row: 5e-7. A lost update is 1e-2.
    expect(error, `at ${threads} threads`).toBeLessThan(2e-6);
    expect(hashes.size, `at ${threads} threads`).toBe(1);
    hashes.forEach((hash) => everyHash.add(hash));
  }
  expect(everyHash.size).toBe(1);
}

const title = (runs: number): string =>
  `equals the reference in each of ${runs} runs, bit for bit alike, at ${THREADS.join(', ')} threads`;

describe.each([
  ['all the same id', texts(rows(() => 5))],
  ['three ids', texts(rows(() => [0, 5, 96][random.below(3)]!))],
  ['half of them one id', texts(rows(() => (random.uniform() < 0.5 ? 7 : random.below(97))))],
])('a tiny BERT, %s', (_, batch) => {
  const fixture = bertFixture('two-classes');
  const { graph, gradients } = trainingGraph(fixture);
  const gradient = gradients.get(NAME)!;
  const feeds = { ...parameterFeeds(fixture), ...textFeeds(batch) };
  const expected = evaluate(graph, feeds).get(gradient)!;

  test(title(200), async () => {
    graph.output('gradient', gradient);
    await expectExact(toOnnx(graph, 'test'), feeds, expected, 200);
  });

  test('rows of ids that do not occur are 0', () => {
    const seen = new Set(batch.ids.flat());
    const width = expected.shape[1]!;
    expected.data.forEach((x, index) => {
      if (!seen.has(Math.floor(index / width))) expect(x).toBe(0);
    });
  });
});

/**
 * Wide enough for ONNX Runtime to share the work among threads: with `ScatterND` in the place of `ScatterElements`,
 * two threads got 46 of 200 runs of this wrong, and no run of the tiny models above.
 */
test(`512 rows of 1,024, all of one id: ${title(60)}`, async () => {
  const [ids, table, width] = [512, 4, 1024];
  const graph = new Graph();
  const words = graph.input('words', 'float32', [table, width]);
  const places = graph.input('places', 'int64', ['T']);
  const weights = graph.input('weights', 'float32', ['T', width]);
  const loss = reduceSum(mul(gather(words, places), weights), [0, 1]);
  const [gradient] = differentiate(graph, loss, [words]);
  graph.output('gradient', gradient!);
  const feeds = {
    words: generate([table, width], () => 0),
    places: generate([ids], () => 2, 'int64'),
    weights: generate([ids, width], () => Math.fround(random.normal())),
  };
  await expectExact(toOnnx(graph, 'test'), feeds, evaluate(graph, feeds).get(gradient!)!, 60);
});
