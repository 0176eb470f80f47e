import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DropoutRates } from '../../src/model/config.js';
import { dropoutMaskName, type DropoutSite } from '../../src/model/dropout.js';
import { int64 } from '../../src/runtime/runtime.js';
import { layOut } from '../../src/step/layout.js';
import { gradientStep } from '../../src/step/steps.js';
import { DropoutFeed, drawFactors } from '../../src/train/dropout-feed.js';
import { TrainingEngine } from '../../src/train/engine.js';
import { ADAMW_DEFAULTS } from '../../src/optim/adamw.js';
import { elementCount } from '../../src/graph/shape.js';
import { parameterFeeds, textFeeds, toReference, trainingGraph } from '../reference/classifier.js';
import { evaluate, type Feeds } from '../reference/evaluate.js';
import { runOnnx, runtimeWith } from '../reference/onnx.js';
import { tensor } from '../reference/tensor.js';
import { decodeOnnx } from '../step/decode-onnx.js';
import { bertFixture, NO_DROPOUT, relativeError } from '../support/fixtures.js';
import { PURPOSE, RandomStream } from '../../src/util/random.js';

const sha256 = (data: Float32Array): string => createHash('sha256').update(data).digest('hex');

interface Sizes {
  readonly B: number;
  readonly S: number;
}

/** The numbers of a feed's tensors, as the reference takes them. */
function dropoutFeeds(feed: DropoutFeed, sizes: Sizes, step: number, microBatch = 0): Feeds {
  const tensors = Object.entries(feed.at(step, microBatch, sizes));
  return Object.fromEntries(tensors.map(([name, { dims, data }]) => [name, toReference(dims, data)]));
}

function drawPool(size: number, rate: number, seed: number): Float32Array {
  const pool = new Float32Array(size);
  drawFactors(pool, rate, new RandomStream(seed, PURPOSE.dropoutPool));
  return pool;
}

describe('drawFactors', () => {
  const size = 1_000_000;
  test.each([0.1, 0.25, 0.5, 0.9])('at rate %f', (rate) => {
    const pool = drawPool(size, rate, 1);
    const kept = Math.fround(1 / (1 - rate));
    expect(new Set(pool)).toEqual(new Set([0, kept]));
    const dropped = pool.reduce((count, x) => count + Number(x === 0), 0) / size;
    // Five standard deviations.
    expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / size));
    // So the mean stays 1.
    const mean = pool.reduce((sum, x) => sum + x, 0) / size;
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(rate / (1 - rate) / size));
  });

  test('neighbours are independent', () => {
    const pool = drawPool(size, 0.5, 2).map((x) => x - 1); // -1 or 1
    for (const lag of [1, 2, 3, 4, 64, 384]) {
      let sum = 0;
      for (let i = lag; i < size; i++) sum += pool[i]! * pool[i - lag]!;
      expect(Math.abs(sum / size), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(size));
    }
  });
});

describe('DropoutFeed', () => {
  const sites: DropoutSite[] = [
    { rate: 0.1, shape: ['B*S', 32] },
    { rate: 0.5, shape: ['B', 4, 'S', 'S'] },
    { rate: 0.1, shape: ['B*S', 32] },
    { rate: 0.1, shape: ['B', 32] },
  ];
  const sizes = { B: 8, S: 16 };
  const feed = new DropoutFeed(sites, 3);
  const poolSize = (rate: number): number =>
    2 ** 22 +
    Math.max(...sites.filter((x) => x.rate === rate).map(({ shape }) => elementCount(shape, sizes)));
  /** What a site multiplies by in a step. */
  const maskOf = (
    fed: DropoutFeed,
    step: number,
    microBatch: number,
    site: number,
    at = sizes,
  ): Float32Array => fed.at(step, microBatch, at)[dropoutMaskName(site)]!.data as Float32Array;
  const maskAt = (step: number, site: number): Float32Array => maskOf(feed, step, 0, site);
  /** Where the windows begin. */
  const offsetsOf = (fed: DropoutFeed, step: number, microBatch: number): number[] =>
    sites.map((_, site) => maskOf(fed, step, microBatch, site).byteOffset / 4);
  const offsets = (step: number, microBatch = 0): number[] => offsetsOf(feed, step, microBatch);
  /** Correlation of two masks of one rate. */
  const correlation = (a: Float32Array, b: Float32Array, rate: number): number => {
    expect(a.length).toBe(b.length);
    return a.reduce((sum, x, i) => sum + (x - 1) * (b[i]! - 1), 0) / (a.length * (rate / (1 - rate)));
  };

  test('has a mask for each site, a view of the pool of its rate', () => {
    const tensors = feed.at(0, 0, sizes);
    expect(Object.keys(tensors)).toEqual(sites.map((_, site) => dropoutMaskName(site)));
    expect(Object.values(tensors).map(({ dims }) => dims)).toEqual([
      [128, 32],
      [8, 4, 16, 16],
      [128, 32],
      [8, 32],
    ]);
    const buffers = sites.map((_, site) => maskAt(0, site).buffer);
    expect(buffers[2]).toBe(buffers[0]);
    expect(buffers[3]).toBe(buffers[0]);
    expect(buffers[1]).not.toBe(buffers[0]);
    expect(new DropoutFeed([], 3).at(0, 0, sizes)).toEqual({});
  });

  test('a mask is the factors from its offset on, as drawn from the seed', () => {
    for (const [site, { rate }] of sites.entries()) {
      const pool = drawPool(poolSize(rate), rate, 3);
      const mask = maskAt(5, site);
      const start = offsets(5)[site]!;
      expect(sha256(mask.slice())).toBe(sha256(pool.slice(start, start + mask.length)));
    }
  });

  test('every window lies in its pool', () => {
    for (const [site, { rate }] of sites.entries()) {
      expect(maskAt(0, site).buffer.byteLength).toBe(4 * poolSize(rate));
    }
    const all = Array.from({ length: 2000 }, (_, step) => offsets(step)).flat();
    expect(Math.max(...all)).toBeLessThan(2 ** 22);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    // Spread over the whole of the range: mean 2^21, standard deviation 2^22 / sqrt(12 * 8000).
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    expect(Math.abs(mean / 2 ** 21 - 1)).toBeLessThan(0.033);
  });

  test('masks differ between sites and between steps', () => {
    const count = elementCount(sites[0]!.shape, sizes);
    const bound = 5 / Math.sqrt(count);
    for (let step = 0; step < 20; step++) {
      expect(Math.abs(correlation(maskAt(step, 0), maskAt(step, 2), 0.1))).toBeLessThan(bound);
      expect(Math.abs(correlation(maskAt(step, 0), maskAt(step + 1, 0), 0.1))).toBeLessThan(bound);
      expect(Math.abs(correlation(maskAt(step, 1), maskAt(step + 1, 1), 0.5))).toBeLessThan(bound);
    }
    expect(correlation(maskAt(3, 0), maskAt(3, 0), 0.1)).toBeGreaterThan(0.9);
  });

  test('a pool that grew with the batches is the pool of the largest one', () => {
    const half = (fed: DropoutFeed, B: number, S: number): Float32Array =>
      new Float32Array(maskOf(fed, 0, 0, 1, { B, S }).buffer as ArrayBuffer);
    const growing = new DropoutFeed(sites, 3);
    // Neither by a multiple of a block of four numbers, nor in the order of size.
    const small = half(growing, 1, 3);
    half(growing, 3, 5);
    half(growing, 2, 2);
    const grown = half(growing, 7, 9);
    const atOnce = half(new DropoutFeed(sites, 3), 7, 9);
    expect(grown.length).toBe(2 ** 22 + 7 * 4 * 9 * 9);
    expect(sha256(grown)).toBe(sha256(atOnce));
    expect(sha256(grown.subarray(0, small.length))).toBe(sha256(small));
    // Another seed, another pool.
    expect(sha256(half(new DropoutFeed(sites, 4), 7, 9))).not.toBe(sha256(atOnce));
  });

  test('depends on seed, step and micro-batch, and on nothing else', () => {
    expect(offsetsOf(new DropoutFeed(sites, 3), 4, 1)).toEqual(offsets(4, 1));
    const others = [offsets(4, 0), offsets(5, 1), offsets(1, 4)];
    for (const other of others) expect(other).not.toEqual(offsets(4, 1));
    expect(offsetsOf(new DropoutFeed(sites, 4), 4, 1)).not.toEqual(offsets(4, 1));
  });
});

describe('a tiny BERT with dropout', () => {
  const fixture = bertFixture('two-classes');
  const rates: DropoutRates = { hidden: 0.2, attention: 0.5, classifier: 0.1 };
  const [B, S] = [4, 6];
  const random = new RandomStream(1, 1);
  const texts = {
    ids: Array.from({ length: B }, () => Array.from({ length: S }, () => random.below(97))),
    lengths: [6, 5, 6, 2],
    labels: [0, 1, 1, 0],
  };
  const feeds = { ...parameterFeeds(fixture), ...textFeeds(texts) };

  describe('its graph', () => {
    const { graph, loss, gradients, parameters, sites } = trainingGraph(fixture, rates);
    const feed = new DropoutFeed(sites, 7);
    const all = { ...feeds, ...dropoutFeeds(feed, { B, S }, 0) };
    const values = evaluate(graph, all);

    test('drops after the embeddings, and in each layer the probabilities and twice after a product', () => {
      expect(sites).toEqual([
        { rate: 0.2, shape: ['B*S', 12] },
        { rate: 0.5, shape: ['B', 3, 'S', 'S'] },
        { rate: 0.2, shape: ['B*S', 12] },
        { rate: 0.2, shape: ['B*S', 12] },
        // Of the last layer only the [CLS] rows.
        { rate: 0.5, shape: ['B', 3, 1, 'S'] },
        { rate: 0.2, shape: ['B', 12] },
        { rate: 0.2, shape: ['B', 12] },
        { rate: 0.1, shape: ['B', 12] },
      ]);
    });

    test('ONNX Runtime agrees with the float64 reference on the loss and all gradients', async () => {
      const wanted = new Map([loss, ...gradients.values()].map((value) => [value, values.get(value)!]));
      for (const threads of [1, 2]) {
        const results = await runOnnx(graph, all, wanted, threads);
        for (const [name, value] of [...gradients, ['loss', loss] as const]) {
          // The true gradient of a key's bias is 0: what is seen is rounding.
          if (name.endsWith('key.bias')) continue;
          expect(relativeError(results.get(value)!, values.get(value)!.data), name).toBeLessThan(1e-5);
        }
      }
    });

    test('each gradient is what moving the parameter does to the loss, under the same masks', () => {
      const forward = trainingGraph(fixture, rates);
      const direction = new RandomStream(2, 1);
      for (const name of parameters.keys()) {
        const { shape, data } = feeds[name]!;
        const along = data.map(() => direction.normal());
        const lossAt = (step: number): number => {
          const moved = tensor(
            shape,
            data.map((x, i) => x + step * along[i]!),
          );
          return evaluate(forward.graph, { ...all, [name]: moved }).get(forward.loss)!.data[0]!;
        };
        const step = 1e-5;
        const difference = (lossAt(step) - lossAt(-step)) / (2 * step);
        const gradient = values.get(gradients.get(name)!)!.data;
        const slope = gradient.reduce((sum, x, i) => sum + x * along[i]!, 0);
        expect(Math.abs(slope - difference), name).toBeLessThan(1e-7 * Math.max(0.1, Math.abs(difference)));
      }
    });

    test('another step is another loss', () => {
      const other = evaluate(graph, { ...feeds, ...dropoutFeeds(feed, { B, S }, 1) }).get(loss)!.data[0]!;
      expect(Math.abs(other / values.get(loss)!.data[0]! - 1)).toBeGreaterThan(1e-3);
    });
  });

  describe('in the engine', () => {
    /** The loss of one batch at steps 0, 1, 2, with a rate of 0 so that only the masks change. */
    async function losses(seed: number, dropout: DropoutRates): Promise<number[]> {
      const layout = layOut(gradientStep(fixture.spec, NO_DROPOUT).parameters);
      const weights = new Float32Array(layout.size);
      for (const { name, start } of layout.parameters) {
        weights.set(fixture.weights.get(name)!.data as Float32Array, start);
      }
      const step = gradientStep(fixture.spec, dropout);
      const engine = await TrainingEngine.create(await runtimeWith(2), layout, weights, step, {
        adamw: ADAMW_DEFAULTS,
        seed,
      });
      const integers = (name: string) => BigInt64Array.from(feeds[name]!.data, BigInt);
      const batch = {
        size: B,
        length: S,
        inputs: {
          ...Object.fromEntries(
            ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [
              name,
              int64([B, S], integers(name)),
            ]),
          ),
          labels: int64([B], integers('labels')),
        },
      };
      const found: number[] = [];
      for (let update = 0; update < 3; update++) {
        found.push((await engine.accumulate(batch, B)).loss);
        // A second micro-batch of the same texts has masks of its own.
        found.push((await engine.accumulate(batch, B)).loss);
        await engine.update(0, await engine.gradientNorm(), 1);
      }
      await engine.release();
      return found;
    }

    test('the same for the same seed and step, otherwise different', async () => {
      const first = await losses(7, rates);
      expect(new Set(first).size).toBe(6);
      expect(await losses(7, rates)).toEqual(first);
      const other = await losses(8, rates);
      other.forEach((loss) => {
        expect(first).not.toContain(loss);
      });
    });

    test('without dropout all losses are one', async () => {
      expect(new Set(await losses(7, NO_DROPOUT)).size).toBe(1);
    });
  });

  describe('its ONNX', () => {
    const inputs = (dropout: DropoutRates): string[] =>
      decodeOnnx(gradientStep(fixture.spec, dropout).onnx)
        .inputs.map(({ name }) => name)
        .filter((name) => name.startsWith('dropout'));
    const plain = decodeOnnx(gradientStep(fixture.spec, NO_DROPOUT).onnx).nodes.length;

    test('has nothing of dropout when all rates are 0', () => {
      expect(inputs(NO_DROPOUT)).toEqual([]);
      const { onnx, dropoutSites } = gradientStep(fixture.spec, NO_DROPOUT);
      expect(dropoutSites).toEqual([]);
      const names = decodeOnnx(onnx).nodes.flatMap((node) => [...node.inputs, ...node.outputs]);
      expect(names.filter((name) => /dropout/.test(name))).toEqual([]);
    });

    test('has a mask only at sites whose rate is not 0, and a product forward and back for each', () => {
      expect(inputs({ hidden: 0, attention: 0, classifier: 0.3 })).toEqual(['dropout_mask_0']);
      const step = gradientStep(fixture.spec, { hidden: 0, attention: 0, classifier: 0.3 });
      expect(step.dropoutSites).toEqual([{ rate: 0.3, shape: ['B', 12] }]);
      expect(decodeOnnx(step.onnx).nodes.length - plain).toBe(2);
    });
  });
});

test.each([
  // The embeddings; in each of two layers the attention's probabilities, what attention gives, the feed-forward part; the head.
  ['two-classes', [0.1, 0.2, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3]],
  // The head drops before and after its dense layer.
  ['roberta', [0.1, 0.2, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3, 0.3]],
  // What attention gives is not dropped.
  ['distilbert', [0.1, 0.2, 0.1, 0.2, 0.1, 0.3]],
])('%s drops where transformers does, in its order', (name, rates) => {
  const step = gradientStep(bertFixture(name).spec, { hidden: 0.1, attention: 0.2, classifier: 0.3 });
  expect(step.dropoutSites.map(({ rate }) => rate)).toEqual(rates);
});
