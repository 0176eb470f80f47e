/** What a run takes, and what to change where it is too much: on the bundled model's shape, without its weights. */
import { describe, expect, test } from 'vitest';
import type { EncoderConfig } from '../../src/model/config.js';
import { layOut } from '../../src/step/layout.js';
import { forwardStep, gradientStep } from '../../src/step/steps.js';
import { changesThatFit, type SizeSettings } from '../../src/train/fitting.js';
import { MICRO_BATCH_TOKENS } from '../../src/train/micro-batches.js';
import { microBatchShapes, runMemory, totalOf, type RunMemory } from '../../src/train/memory.js';

const config: EncoderConfig = {
  ...{ vocabSize: 3000, hiddenSize: 64, numHiddenLayers: 2, numAttentionHeads: 4, intermediateSize: 256 },
  ...{ hiddenAct: 'gelu', maxPositionEmbeddings: 512, typeVocabSize: 2, layerNormEps: 1e-12, padTokenId: 0 },
};
const spec = { modelType: 'bert', config, numLabels: 2 };
const layout = layOut(forwardStep(spec).parameters);

const memoryAt = (rate: number): ReturnType<typeof runMemory> =>
  runMemory(
    gradientStep(spec, { hidden: rate, attention: rate, classifier: rate }),
    forwardStep(spec),
    layout,
  );

const ORDER = { order: 'sequential', seed: 1 } as const;

describe('memory of a run', () => {
  const memory = memoryAt(0);

  test('buffers follow the parameters, activations the largest micro-batch', () => {
    const small = memory([{ B: 2, S: 64 }], []);
    expect(small.optimizer).toBe(12 * layout.size);
    // A copy of the gradients, of the word embeddings one row for each token; the loss and two logits for each text.
    const { vocabSize, hiddenSize } = config;
    expect(small.handover).toBe(4 * (layout.size - vocabSize * hiddenSize + 2 * 64 * hiddenSize + 1 + 4));
    expect(small.dropout).toBe(0);
    const several = memory([{ B: 2, S: 64 }, { B: 1, S: 512 }, { B: 40, S: 64 }], []); // prettier-ignore
    const alone = [{ B: 1, S: 512 }, { B: 40, S: 64 }].map((shape) => memory([shape], []).activations); // prettier-ignore
    expect(several.activations).toBe(Math.max(...alone));
    expect(alone[1]).toBeGreaterThan(alone[0]!);
    expect(small.activations).toBeLessThan(Math.min(...alone));
  });

  test('evaluation counts where it takes more than the copy', () => {
    const { handover } = memory([{ B: 1, S: 8 }], [{ B: 64, S: 512 }, { B: 1, S: 8 }]); // prettier-ignore
    expect(handover).toBeGreaterThan(4 * layout.size + 1000);
    expect(handover).toBe(memory([{ B: 1, S: 8 }], [{ B: 64, S: 512 }]).handover);
  });

  test('dropout has a pool, and keeps what it dropped from', () => {
    const [without, dropped] = [memory([{ B: 4, S: 128 }], []), memoryAt(0.1)([{ B: 4, S: 128 }], [])];
    // The largest mask is that of the attention's probabilities, [B, heads, S, S].
    expect(dropped.dropout).toBe(4 * (2 ** 22 + 4 * 4 * 128 * 128));
    expect(dropped.activations).toBeGreaterThan(without.activations);
  });
});

describe('shapes of micro-batches', () => {
  const lengths = [3, 9, 4, 4, 2, 8, 1];

  test('are those of the loop, for as many updates as there are', () => {
    const settings = { ...ORDER, batchSize: 2, gradientAccumulationSteps: 2 };
    const B2 = (S: number): object => ({ B: 2, S });
    expect(microBatchShapes({ lengths }, settings, 1)).toEqual({ shapes: [B2(9), B2(4)], perUpdate: 2 });
    expect(microBatchShapes({ lengths }, settings, 3)).toEqual({
      shapes: [B2(9), B2(4), B2(8), { B: 1, S: 1 }, B2(9), B2(4)],
      perUpdate: 2,
    });
  });

  test('a batch of too many tokens is cut evenly', () => {
    const settings = { ...ORDER, batchSize: 6, gradientAccumulationSteps: 1 };
    const S = MICRO_BATCH_TOKENS / 4;
    const { shapes, perUpdate } = microBatchShapes({ lengths: new Array<number>(6).fill(S) }, settings, 1);
    expect(shapes).toEqual([{ B: 3, S }, { B: 3, S }]); // prettier-ignore
    expect(perUpdate).toBe(2);
  });

  test('of endless runs a few epochs are enough', () => {
    const settings = { ...ORDER, batchSize: 2, gradientAccumulationSteps: 1 };
    expect(microBatchShapes({ lengths }, settings, 1e9).shapes).toHaveLength(12);
  });
});

describe('changes that fit', () => {
  const memory = memoryAt(0);
  const given: SizeSettings = { batchSize: 12, gradientAccumulationSteps: 2, maxLength: 300 };
  /** A run of texts that are all too long. */
  const need = ({ batchSize, gradientAccumulationSteps, maxLength }: SizeSettings): number => {
    const settings = { ...ORDER, batchSize, gradientAccumulationSteps };
    const { shapes } = microBatchShapes({ lengths: new Array<number>(24).fill(maxLength) }, settings, 10);
    return totalOf(memory(shapes, []));
  };
  const changesFor = (limit: number): SizeSettings[] => {
    const changes = changesThatFit(given, (change) => need(change) <= limit);
    for (const change of changes) expect(need(change)).toBeLessThanOrEqual(limit);
    return changes;
  };
  const between = (share: number): number => {
    const least = need({ batchSize: 1, gradientAccumulationSteps: 24, maxLength: 300 });
    return least + share * (need(given) - least);
  };

  test('a smaller batch with more of them in an update', () => {
    const [smaller] = changesFor(between(0.6));
    const { batchSize, gradientAccumulationSteps } = smaller!;
    expect(batchSize).toBeLessThan(12);
    expect(batchSize * gradientAccumulationSteps).toBe(24);
    expect(smaller!.maxLength).toBe(300);
  });

  test('where even one text is too long, shorter ones, which are longest in the smallest batches', () => {
    const [change, ...others] = changesFor(between(-0.2));
    expect(change).toMatchObject({ batchSize: 1, gradientAccumulationSteps: 24 });
    expect(change!.maxLength).toBeLessThan(300);
    for (const { batchSize, maxLength } of others) {
      expect(batchSize).toBe(12);
      expect(maxLength).toBeLessThan(change!.maxLength);
      expect(maxLength).toBeGreaterThanOrEqual(change!.maxLength / 2);
    }
  });

  test('where batches make no difference, shorter texts alone', () => {
    const fits = ({ maxLength }: SizeSettings): boolean => maxLength <= 100;
    expect(changesThatFit(given, fits)).toEqual([{ ...given, maxLength: 96 }]);
  });

  test('texts cut to less than half are not proposed where smaller batches do', () => {
    const fits = ({ batchSize, maxLength }: SizeSettings): boolean => batchSize * maxLength <= 1200;
    expect(changesThatFit(given, fits)).toEqual([
      { batchSize: 4, gradientAccumulationSteps: 6, maxLength: 300 },
    ]);
  });

  test('nothing where the buffers alone are too large', () => {
    const { optimizer, handover }: RunMemory = memory([{ B: 1, S: 16 }], []);
    expect(changesFor(optimizer + handover)).toEqual([]);
  });
});
