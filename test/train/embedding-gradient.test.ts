/**
 * The gradient of the word embeddings where ids repeat. ONNX Runtime's `ScatterND` loses updates then when it has
 * two threads or more (microsoft/onnxruntime #18048, #23396); `ScatterElements`, which is used, must not.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { float32 } from '../../src/runtime/runtime.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { RandomStream } from '../../src/util/random.js';
import { parameterFeeds, textFeeds, trainingGraph, type Texts } from '../reference/classifier.js';
import { evaluate } from '../reference/evaluate.js';
import { feedsToRuntime, runtimeWith } from '../reference/onnx.js';
import { bertFixture, relativeError } from '../support/fixtures.js';

const RUNS = 200;
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

describe.each([
  ['all the same id', texts(rows(() => 5))],
  ['three ids', texts(rows(() => [0, 5, 96][random.below(3)]!))],
  ['half of them one id', texts(rows(() => (random.uniform() < 0.5 ? 7 : random.below(97))))],
])('%s', (_, batch) => {
  const fixture = bertFixture('two-classes');
  const { graph, gradients } = trainingGraph(fixture);
  const gradient = gradients.get(NAME)!;
  const feeds = { ...parameterFeeds(fixture), ...textFeeds(batch) };
  const expected = evaluate(graph, feeds).get(gradient)!;
  graph.output('gradient', gradient);
  const onnx = toOnnx(graph, 'test');

  async function measure(threads: number): Promise<{ error: number; hashes: Set<string> }> {
    const session = await (await runtimeWith(threads)).load(onnx);
    const inputs = feedsToRuntime(feeds);
    const data = new Float32Array(expected.data.length);
    const result = float32(expected.shape, data);
    const hashes = new Set<string>();
    let error = 0;
    for (let run = 0; run < RUNS; run++) {
      data.fill(NaN);
      await session.run(inputs, { gradient: result });
      hashes.add(createHash('sha256').update(data).digest('hex'));
      error = Math.max(error, relativeError(data, expected.data));
    }
    await session.release();
    return { error, hashes };
  }

  test(`equals the reference in each of ${RUNS} runs, all alike, at ${THREADS.join(', ')} threads`, async () => {
    const everyHash = new Set<string>();
    for (const threads of THREADS) {
      const { error, hashes } = await measure(threads);
      // Float32 through two layers and back, and up to 128 updates to one row; a lost update would be 1e-2 or more.
      expect(error, `at ${threads} threads`).toBeLessThan(1e-5);
      expect(hashes.size, `at ${threads} threads`).toBe(1);
      console.log(threads, error, [...hashes]);
      hashes.forEach((hash) => everyHash.add(hash));
    }
    expect(everyHash.size).toBe(1);
  });

  test('rows of ids that do not occur are 0', () => {
    const seen = new Set(batch.ids.flat());
    const width = expected.shape[1]!;
    expected.data.forEach((x, index) => {
      if (!seen.has(Math.floor(index / width))) expect(x).toBe(0);
    });
  });
});
