/** Masked-language-model training: against PyTorch's BertForMaskedLM (scripts/fixtures/make_masked.py), and by hand. */
import { describe, expect, test } from 'vitest';
import { loadForPretraining } from '../../src/checkpoint/load.js';
import { int64, scalar, float32, viewsOf, type Tensor } from '../../src/runtime/runtime.js';
import { maskedGradientStep, maskedLossStep } from '../../src/step/masked.js';
import { TrainingEngine, type MicroBatch } from '../../src/train/engine.js';
import { maskedSet, maskText, type MaskedTexts } from '../../src/train/masked-set.js';
import { RandomStream } from '../../src/util/random.js';
import { decodeOnnx } from '../step/decode-onnx.js';
import { runtimeWith } from '../reference/onnx.js';
import { fixtureJson, fixturePath, NO_DROPOUT, readTensors, relativeError } from '../support/fixtures.js';

const FOLDER = 'bert/masked-lm';
const tensors = readTensors(fixturePath(`${FOLDER}/expected.safetensors`));
const expected = fixtureJson(`${FOLDER}/expected.json`) as {
  readonly loss: number;
  readonly losses: number[];
  readonly hyper_parameters: Record<'learning_rate' | 'epsilon' | 'weight_decay' | 'max_norm', number> & {
    readonly betas: [number, number];
  };
};

/** A batch as PyTorch has it, with -100 where nothing is to be guessed, as the graph takes it. */
function batchAt(index: number): { batch: MicroBatch; masked: number } {
  const get = (name: string): BigInt64Array => tensors.get(`${index}.${name}`)!.data as BigInt64Array;
  const [size, length] = tensors.get(`${index}.input_ids`)!.shape as [number, number];
  const ids = (name: string): Tensor => int64([size, length], get(name));
  const positions = Array.from(get('labels'), (label, at) => (label === -100n ? -1 : at)).filter(
    (at) => at >= 0,
  );
  const vector = (numbers: bigint[]): Tensor => int64([numbers.length], BigInt64Array.from(numbers));
  return {
    masked: positions.length,
    batch: {
      size,
      length,
      inputs: {
        ...Object.fromEntries(
          ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [name, ids(name)]),
        ),
        masked_positions: vector(positions.map(BigInt)),
        labels: vector(positions.map((at) => get('labels')[at]!)),
      },
    },
  };
}

// The fixture has no tokenizer, which loading needs; it is only the weights that matter here.
async function model(): Promise<
  { layout: Awaited<ReturnType<typeof loadForPretraining>>['layout'] } & {
    readonly weights: Float32Array;
    readonly spec: Parameters<typeof maskedLossStep>[0];
  }
> {
  const { parseModelConfig } = await import('../../src/formats/config.js');
  const { loadWeights } = await import('../../src/checkpoint/weights.js');
  const { folderFiles } = await import('../../src/checkpoint/folder.js');
  const { withWeights } = await import('../../src/checkpoint/open-weights.js');
  const { maskedLmParameters } = await import('../../src/step/masked.js');
  const config = parseModelConfig(fixtureJson(`${FOLDER}/config.json`), 'config.json');
  const spec = { modelType: config.modelType, config };
  return withWeights(folderFiles(fixturePath(FOLDER)), async (file) => {
    const { layout, weights, report } = await loadWeights(file, 'bert', maskedLmParameters(spec), {
      needOf: (name) => (name.includes('pooler') ? 'left out if missing' : 'required'),
      initializerRange: 0.02,
      seed: 1,
    });
    expect(report).toMatchObject({ made: [], unused: [] });
    expect(layout.parameters.some(({ name }) => name.includes('pooler'))).toBe(false);
    return { layout, weights, spec };
  });
}

describe('a tiny BertForMaskedLM', () => {
  test('loss and every gradient, that of the tied embeddings from both its uses', async () => {
    const { layout, weights, spec } = await model();
    const step = maskedGradientStep(spec, NO_DROPOUT);
    const engine = await TrainingEngine.create(await runtimeWith(2), layout, weights, step, engineOptions());
    const { batch, masked } = batchAt(0);
    const { loss } = await engine.accumulate(batch, masked);
    expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-6);
    for (const { name, start, end } of layout.parameters) {
      if (name.endsWith('key.bias')) continue;
      const wanted = tensors.get(`grad.${name}`)!.data as Float32Array;
      expect(relativeError(engine.gradients.subarray(start, end), wanted), name).toBeLessThan(2e-5);
    }
    await engine.release();
  });

  test('five training steps', async () => {
    const { layout, weights, spec } = await model();
    const step = maskedGradientStep(spec, NO_DROPOUT);
    const engine = await TrainingEngine.create(await runtimeWith(2), layout, weights, step, engineOptions());
    const { learning_rate, max_norm } = expected.hyper_parameters;
    for (const [index, wanted] of expected.losses.entries()) {
      const { batch, masked } = batchAt(index + 1);
      const { loss } = await engine.accumulate(batch, masked);
      expect(Math.abs(loss / wanted - 1), `step ${index}`).toBeLessThan(1e-5);
      await engine.update(learning_rate, await engine.gradientNorm(), max_norm);
    }
    for (const { name, start, end } of layout.parameters) {
      if (name.endsWith('key.bias')) continue;
      const wanted = tensors.get(`final.${name}`)!.data as Float32Array;
      expect(relativeError(weights.subarray(start, end), wanted), name).toBeLessThan(1e-4);
    }
    await engine.release();
  });

  test('the loss alone is the same', async () => {
    const { layout, weights, spec } = await model();
    const session = await (await runtimeWith(2)).load(maskedLossStep(spec).onnx);
    const { batch, masked } = batchAt(0);
    const loss = new Float32Array(1);
    await session.run(
      { ...viewsOf(layout.parameters, weights), ...batch.inputs, loss_scale: scalar(1 / masked) },
      { loss: float32([], loss) },
    );
    expect(Math.abs(loss[0]! / expected.loss - 1)).toBeLessThan(1e-6);
    await session.release();
  });

  test('the tied table’s gradient comes as rows and as a whole, without a second table in the graph', async () => {
    const step = maskedGradientStep((await model()).spec, NO_DROPOUT);
    const words = 'bert.embeddings.word_embeddings.weight';
    const outputs = decodeOnnx(step.onnx).outputs.map(({ name }) => name);
    expect(outputs).toContain(`grad_rows:${words}`);
    expect(outputs).toContain(`grad:${words}`);
    const producer = decodeOnnx(step.onnx).nodes.find((node) => node.outputs.includes(`grad:${words}`))!;
    expect(producer.type).toBe('Gemm');
    expect(producer.inputs).toContain(`grad_before:${words}`);
  });
});

function engineOptions(): {
  adamw: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  seed: number;
} {
  const { betas, epsilon, weight_decay } = expected.hyper_parameters;
  return { adamw: { beta1: betas[0], beta2: betas[1], epsilon, weightDecay: weight_decay }, seed: 1 };
}

describe('masking', () => {
  const rules = { maskId: 103, vocabSize: 1000, specialIds: new Set([101, 102, 0]) };
  const text = (length: number): number[] => [101, ...Array.from({ length }, (_, i) => 200 + i), 102];

  test.each([
    [1, 1],
    [3, 1],
    [10, 2], // 1.5 is rounded up
    [100, 15],
    [0, 0],
  ])('of %i tokens %i are hidden, never the special ones', (length, count) => {
    for (let seed = 0; seed < 20; seed++) {
      const { places, labels } = maskText(text(length), rules, new RandomStream(seed, 7));
      expect(places).toHaveLength(count);
      expect(new Set(places).size).toBe(count);
      expect(labels).toEqual(places.map((place) => text(length)[place]));
      expect(places.every((place) => place >= 1 && place <= length)).toBe(true);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
    }
  });

  test('80 % become [MASK], 10 % a random token, 10 % stay; every token is as likely', () => {
    const random = new RandomStream(3, 7);
    const fates = { mask: 0, same: 0, other: 0 };
    const chosen = new Array<number>(41).fill(0);
    const runs = 4000;
    for (let run = 0; run < runs; run++) {
      const { places, labels, shown } = maskText(text(40), rules, random);
      places.forEach((place, i) => {
        chosen[place]!++;
        fates[shown[i] === rules.maskId ? 'mask' : shown[i] === labels[i] ? 'same' : 'other']++;
      });
    }
    const total = runs * 6;
    // Four standard deviations of a share at 24,000 draws are 1.1 points at most.
    expect(Math.abs(fates.mask / total - 0.8)).toBeLessThan(0.011);
    expect(Math.abs(fates.same / total - 0.1)).toBeLessThan(0.008);
    expect(Math.abs(fates.other / total - 0.1)).toBeLessThan(0.008);
    for (const count of chosen.slice(1)) expect(Math.abs(count / runs - 0.15)).toBeLessThan(0.03);
  });

  const set: MaskedTexts = {
    ...{ texts: [text(20), text(6), text(30)], origins: ['a', 'b', 'c'], padId: 0, seed: 5 },
    ...rules,
  };

  test('a micro-batch has places in the padded rectangle, and the ids that were there', () => {
    const { size, length, inputs } = maskedSet(set).microBatch([1, 2], 0);
    expect([size, length]).toEqual([2, 32]);
    const ids = Array.from(inputs['input_ids']!.data, Number);
    const positions = Array.from(inputs['masked_positions']!.data, Number);
    const labels = Array.from(inputs['labels']!.data, Number);
    expect(positions).toHaveLength(1 + 5); // 15 % of 6 is 0.9, of 30 it is 4.5
    positions.forEach((at, i) => {
      ids[at] = labels[i]!;
    });
    expect(ids.slice(0, 8)).toEqual(text(6));
    expect(ids.slice(8, 32)).toEqual(new Array<number>(24).fill(0));
    expect(ids.slice(32)).toEqual(text(30));
    expect(maskedSet(set).weight([1, 2], 0)).toBe(6);
  });

  test('also in a row that is padded', () => {
    const { length, inputs } = maskedSet(set).microBatch([2, 1], 0);
    const ids = Array.from(inputs['input_ids']!.data, Number);
    const labels = Array.from(inputs['labels']!.data, Number);
    Array.from(inputs['masked_positions']!.data, Number).forEach((at, i) => {
      ids[at] = labels[i]!;
    });
    expect(ids.slice(length, length + 8)).toEqual(text(6));
  });

  test('the same text is masked the same in the same epoch, whatever batch it is in, and anew in the next', () => {
    const masked = (places: number[], epoch: number): number[] =>
      Array.from(maskedSet(set).microBatch(places, epoch).inputs['masked_positions']!.data, Number);
    expect(masked([2], 0)).toEqual(masked([2], 0));
    expect(masked([1, 2], 0).slice(1)).toEqual(masked([2], 0).map((at) => at + 32));
    expect(masked([2], 1)).not.toEqual(masked([2], 0));
  });
});
