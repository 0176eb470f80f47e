/**
 * Forward values, every gradient, and twenty training steps, against PyTorch's BertForSequenceClassification computed
 * in float64 (scripts/fixtures/make_bert.py). Ours run in float32 on ONNX Runtime.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { Graph } from '../../src/graph/graph.js';
import { buildClassifier } from '../../src/model/classifier.js';
import { scheduleFactor } from '../../src/optim/schedule.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32, viewsOf, type Runtime, type Tensor } from '../../src/runtime/runtime.js';
import type { Layout } from '../../src/step/layout.js';
import { gradientStep } from '../../src/step/steps.js';
import { toOnnx } from '../../src/step/to-onnx.js';
import { TrainingEngine, type MicroBatch } from '../../src/train/engine.js';
import {
  BERT_FIXTURES,
  bertFixture,
  NO_DROPOUT,
  relativeError,
  type BertFixture,
} from '../support/fixtures.js';
import { batchOf, flatWeights } from '../support/training.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 2 });
});

describe.each(BERT_FIXTURES)('%s', (name) => {
  const fixture = bertFixture(name);
  const batch = batchOf(fixture);
  const { tensors, expected, spec } = fixture;
  const reference = (tensor: string): Float32Array => tensors.get(tensor)!.data as Float32Array;

  test.each([false, true])(
    'hidden states, pooled output and logits; as for training: %s',
    async (training) => {
      const graph = new Graph();
      const built = buildClassifier(graph, spec, { training });
      built.hiddenStates.forEach((value, index) => {
        graph.output(`hidden_states.${index}`, value);
      });
      if (tensors.has('pooler_output')) graph.output('pooler_output', built.pooled);
      graph.output('logits', built.logits);
      const session = await runtime.load(toOnnx(graph, 'test'));
      const { layout, weights } = flatWeights(fixture);
      const H = spec.config.hiddenSize;
      const last = built.hiddenStates.length - 1;
      const results: Record<string, Tensor> = {
        ...(tensors.has('pooler_output') && {
          pooler_output: float32([batch.size, H], new Float32Array(batch.size * H)),
        }),
        logits: float32([batch.size, spec.numLabels], new Float32Array(batch.size * spec.numLabels)),
      };
      for (let layer = 0; layer <= last; layer++) {
        const rows = layer === last ? batch.size : batch.size * batch.length;
        results[`hidden_states.${layer}`] = float32([rows, H], new Float32Array(rows * H));
      }
      const { labels: _, ...texts } = batch.inputs;
      await session.run({ ...viewsOf(layout.parameters, weights), ...texts }, results);
      for (const [output, tensor] of Object.entries(results)) {
        let wanted: Float32Array = reference(output).slice();
        // Of the last layer only the [CLS] rows are computed.
        const found = tensor.data as Float32Array;
        if (output === `hidden_states.${last}`) wanted = clsRows(wanted, batch, H);
        // What padding becomes is nobody's business: RoBERTa puts all of it at one position.
        else if (output.startsWith('hidden_states')) blankPadding([found, wanted], batch, H);
        expect(relativeError(found, wanted), output).toBeLessThan(2e-6);
      }
    },
  );

  test('loss and the gradient of every parameter', async () => {
    const { layout, weights } = flatWeights(fixture);
    const engine = await createEngine(fixture, layout, weights);
    const result = await engine.accumulate(batch, batch.size);
    expect(Math.abs(result.loss - expected.loss) / expected.loss).toBeLessThan(1e-6);
    expect(relativeError(result.logits, reference('logits'))).toBeLessThan(2e-6);
    for (const { name: parameter, start, end } of layout.parameters) {
      const gradient = engine.gradients.subarray(start, end);
      const wanted = reference(`grad.${parameter}`);
      if (isKeyBias(parameter)) {
        // Softmax doesn't change when all scores of a row do: the true gradient is 0, and what is seen is rounding.
        expect(Math.max(...gradient.map(Math.abs)), parameter).toBeLessThan(1e-6);
      } else expect(relativeError(gradient, wanted), parameter).toBeLessThan(2e-5);
    }
    await engine.release();
  });

  test('twenty training steps with warm-up, decay and clipping', async () => {
    const { layout, weights } = flatWeights(fixture);
    const engine = await createEngine(fixture, layout, weights);
    const { steps, warmup_steps, learning_rate, max_norm } = expected.hyper_parameters;
    for (let step = 0; step < steps; step++) {
      const micro = batchOf(fixture, `train.${step}.`);
      const rate = learning_rate * scheduleFactor('linear', step, steps, warmup_steps);
      expect(rate).toBeCloseTo(expected.train.learning_rate[step]!, 12);
      const { loss } = await engine.accumulate(micro, micro.size);
      const norm = await engine.gradientNorm();
      expect(Math.abs(loss / expected.train.loss[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-4);
      expect(Math.abs(norm / expected.train.grad_norm[step]! - 1), `norm of step ${step}`).toBeLessThan(1e-4);
      await engine.update(rate, norm, max_norm);
    }
    for (const { name: parameter, start, end } of layout.parameters) {
      // A gradient that is rounding noise becomes steps of full size in AdamW; the bias has no effect on any output.
      if (isKeyBias(parameter)) continue;
      expect(
        relativeError(weights.subarray(start, end), reference(`final.${parameter}`)),
        parameter,
      ).toBeLessThan(1e-4);
    }
    const { logits } = await engine.accumulate(batch, batch.size);
    expect(relativeError(logits, reference('final.logits'))).toBeLessThan(1e-4);
    await engine.release();
  });

  test('rehearsing for the estimate changes nothing that is trained', async () => {
    const train = async (rehearse: boolean): Promise<Float32Array> => {
      const { layout, weights } = flatWeights(fixture);
      const before = weights.slice();
      const engine = await createEngine(fixture, layout, weights);
      if (rehearse) {
        await engine.accumulate(batch, batch.size);
        engine.reset();
        await engine.rehearseUpdate();
        expect(Buffer.from(weights.buffer).equals(Buffer.from(before.buffer))).toBe(true);
      }
      await engine.accumulate(batch, batch.size);
      await engine.update(1e-3, await engine.gradientNorm(), 1);
      await expect(engine.rehearseUpdate()).rejects.toThrow('before the first one');
      await engine.release();
      return weights;
    };
    const [plain, rehearsed] = [await train(false), await train(true)];
    expect(Buffer.from(rehearsed.buffer).equals(Buffer.from(plain.buffer))).toBe(true);
  });

  test('two micro-batches give the gradient of one batch', async () => {
    const { layout, weights } = flatWeights(fixture);
    const engine = await createEngine(fixture, layout, weights);
    const cut = 2;
    const first = await engine.accumulate(rowsOf(batch, 0, cut), batch.size);
    const second = await engine.accumulate(rowsOf(batch, cut, batch.size), batch.size);
    expect(Math.abs((first.loss + second.loss) / expected.loss - 1)).toBeLessThan(1e-6);
    for (const { name: parameter, start, end } of layout.parameters) {
      if (isKeyBias(parameter)) continue;
      const gradient = engine.gradients.subarray(start, end);
      expect(relativeError(gradient, reference(`grad.${parameter}`)), parameter).toBeLessThan(2e-5);
    }
    await engine.release();
  });
});

function createEngine(fixture: BertFixture, layout: Layout, weights: Float32Array): Promise<TrainingEngine> {
  const { betas, epsilon, weight_decay } = fixture.expected.hyper_parameters;
  const { spec, config } = fixture;
  const step = gradientStep(spec, NO_DROPOUT, {
    ...(config.problemType && { problemType: config.problemType }),
  });
  return TrainingEngine.create(runtime, layout, weights, step, {
    adamw: { beta1: betas[0], beta2: betas[1], epsilon, weightDecay: weight_decay },
    seed: 1,
  });
}

/** Rows `start` to `end` of a batch, at its full padded length. */
function rowsOf(batch: MicroBatch, start: number, end: number): MicroBatch {
  const rows = ({ dtype, dims: [, ...rest], data }: Tensor): Tensor => {
    const width = rest[0] ?? 1;
    const part = data.slice(start * width, end * width);
    return { dtype, dims: [end - start, ...rest], data: part } as Tensor;
  };
  return {
    size: end - start,
    length: batch.length,
    inputs: Object.fromEntries(Object.entries(batch.inputs).map(([name, x]) => [name, rows(x)])),
  };
}

/** Softmax doesn't change when all scores of a row do: its true gradient is 0. */
const isKeyBias = (name: string): boolean => /\.(?:key|k_lin)\.bias$/.test(name);

/** Sets the rows of padding to 0 in each of these. */
function blankPadding(states: Float32Array[], { inputs }: MicroBatch, H: number): void {
  (inputs['attention_mask']!.data as BigInt64Array).forEach((is, row) => {
    if (is === 0n) for (const state of states) state.fill(0, row * H, (row + 1) * H);
  });
}

function clsRows(hidden: Float32Array, { size, length }: MicroBatch, H: number): Float32Array {
  const rows = new Float32Array(size * H);
  for (let b = 0; b < size; b++) rows.set(hidden.subarray(b * length * H, b * length * H + H), b * H);
  return rows;
}
