import { describe, expect, test } from 'vitest';
import { int64 } from '../../src/runtime/runtime.js';
import { layOut } from '../../src/step/layout.js';
import { gradientStep } from '../../src/step/steps.js';
import { RowGradients } from '../../src/train/row-gradients.js';
import { decodeOnnx } from '../step/decode-onnx.js';
import { bertFixture, NO_DROPOUT } from '../support/fixtures.js';

const layout = layOut([
  { name: 'before', shape: [3], kind: 'bias' },
  { name: 'words', shape: [4, 2], kind: 'weight' },
]);

describe('gradients that come as rows', () => {
  test('each is added to the row of its id, repeated ids as often as they occur, over several micro-batches', () => {
    const gradients = new Float32Array(11);
    const rows = new RowGradients([{ parameter: 'words', ids: 'input_ids', width: 2 }], layout, gradients);
    const add = (ids: bigint[], numbers: number[]): void => {
      const tensors = rows.tensors(ids.length);
      expect(Object.keys(tensors)).toEqual(['grad_rows:words']);
      expect(tensors['grad_rows:words']!.dims).toEqual([ids.length, 2]);
      tensors['grad_rows:words']!.data.set(numbers);
      rows.add(tensors, { input_ids: int64([1, ids.length], BigInt64Array.from(ids)) });
    };
    add([3n, 1n, 3n], [1, 2, 10, 20, 100, 200]);
    expect([...gradients]).toEqual([0, 0, 0, 0, 0, 10, 20, 0, 0, 101, 202]);
    add([0n], [5, 6]); // fewer: what is left of the first rows is not read again
    expect([...gradients]).toEqual([0, 0, 0, 5, 6, 10, 20, 0, 0, 101, 202]);
    add([1n, 1n], [1, 1, 1, 1]);
    expect([...gradients]).toEqual([0, 0, 0, 5, 6, 12, 22, 0, 0, 101, 202]);
  });

  test('sums are rounded to float32 one after another, so the order alone decides the bits', () => {
    const gradients = new Float32Array(11);
    const rows = new RowGradients([{ parameter: 'words', ids: 'input_ids', width: 2 }], layout, gradients);
    const tensors = rows.tensors(3);
    tensors['grad_rows:words']!.data.set([1, 1, 2 ** -24, 2 ** -24, 2 ** -24, 2 ** -24]);
    rows.add(tensors, { input_ids: int64([3], BigInt64Array.of(0n, 0n, 0n)) });
    expect(gradients[3]).toBe(1); // in float64 it would be 1 + 2^-23
  });
});

test('a training graph hands over the rows of the word embeddings, never the table', () => {
  const step = gradientStep(bertFixture('two-classes').spec, NO_DROPOUT);
  const words = 'bert.embeddings.word_embeddings.weight';
  expect(step.lookups).toEqual([{ parameter: words, ids: 'input_ids', width: expect.any(Number) as number }]);
  const { inputs, outputs } = decodeOnnx(step.onnx);
  const names = [...inputs, ...outputs].map(({ name }) => name);
  expect(names).toContain(`grad_rows:${words}`);
  expect(names).not.toContain(`grad:${words}`);
  expect(names).not.toContain(`grad_before:${words}`);
});
