/** A fixture's parameters and batches, as the training engine takes them. */
import { float32, int64, type Tensor } from '../../src/runtime/runtime.js';
import { layOut, type Layout } from '../../src/step/layout.js';
import { forwardStep } from '../../src/step/steps.js';
import type { MicroBatch } from '../../src/train/engine.js';
import type { BertFixture } from './fixtures.js';

/** All parameters of a fixture in one buffer. */
export function flatWeights(fixture: BertFixture): { layout: Layout; weights: Float32Array } {
  const layout = layOut(forwardStep(fixture.spec).parameters);
  const weights = new Float32Array(layout.size);
  for (const { name, start } of layout.parameters) {
    weights.set(fixture.weights.get(name)!.data as Float32Array, start);
  }
  return { layout, weights };
}

/** One of a fixture's batches: the first, or that of a training step (`train.3.`). */
export function batchOf({ tensors }: BertFixture, prefix = ''): MicroBatch {
  const get = (name: string) => tensors.get(prefix + name)!;
  const [size, length] = get('input_ids').shape as [number, number];
  const ids = (name: string): Tensor => int64([size, length], get(name).data as BigInt64Array);
  const { data, shape } = get('labels');
  const labels = data instanceof Float32Array ? float32(shape, data) : int64(shape, data);
  const names = ['input_ids', 'attention_mask', 'token_type_ids'];
  return {
    size,
    length,
    inputs: { ...Object.fromEntries(names.map((name) => [name, ids(name)])), labels },
  };
}
