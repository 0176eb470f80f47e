/** One session for batches of every shape: loss, logits and all gradients against the reference in float64. */
import { afterAll, describe, expect, test } from 'vitest';
import { float32, type Session } from '../../src/runtime/runtime.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { RandomStream } from '../../src/util/random.js';
import { parameterFeeds, textFeeds, trainingGraph } from '../reference/classifier.js';
import { evaluate } from '../reference/evaluate.js';
import { feedsToRuntime, runtimeWith } from '../reference/onnx.js';
import { bertFixture, relativeError } from '../support/fixtures.js';

describe.each(['two-classes', 'three-classes', 'five-relu'])('%s', (name) => {
  const fixture = bertFixture(name);
  const { graph, loss, logits, gradients } = trainingGraph(fixture);
  const wanted = new Map([['loss', loss], ['logits', logits], ...gradients]);
  for (const [output, value] of wanted) graph.output(`out:${output}`, value);
  const session: Promise<Session> = runtimeWith(2).then((runtime) => runtime.load(toOnnx(graph, 'test')));
  afterAll(async () => {
    await (await session).release();
  });

  test.each([
    [1, 1],
    [1, 6],
    [5, 1],
    [3, 7],
    [2, 4],
  ])('%i texts of %i tokens', async (B, S) => {
    const random = new RandomStream(B, 1, S);
    const { vocabSize } = fixture.spec.config;
    const feeds = {
      ...parameterFeeds(fixture),
      ...textFeeds({
        ids: Array.from({ length: B }, () => Array.from({ length: S }, () => random.below(vocabSize))),
        lengths: Array.from({ length: B }, () => 1 + random.below(S)),
        labels: Array.from({ length: B }, () => random.below(fixture.spec.numLabels)),
      }),
    };
    const values = evaluate(graph, feeds);
    const results = Object.fromEntries(
      [...wanted].map(([output, value]) => {
        const { shape, data } = values.get(value)!;
        return [`out:${output}`, float32(shape, new Float32Array(data.length).fill(NaN))];
      }),
    );
    await (await session).run(feedsToRuntime(feeds), results);
    for (const [output, value] of wanted) {
      const [actual, expected] = [results[`out:${output}`]!.data, values.get(value)!.data];
      // Where the true gradient is 0, as a key's bias always is and with one token the query and key, there is rounding.
      if (Math.max(...expected.map(Math.abs)) < 1e-12) {
        expect(Math.max(...actual.map(Math.abs)), output).toBeLessThan(1e-6);
      } else {
        // Softmax's gradient is a difference: where it is small beside its terms, as for queries and keys of a last
        // layer, 1e-5 of it is rounding. All else is within 3e-6.
        expect(relativeError(actual, expected), output).toBeLessThan(4e-5);
      }
    }
  });
});
