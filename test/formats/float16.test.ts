import { expect, test } from 'vitest';
import { narrowToF16 } from '../../src/formats/float16.js';
import { readTensorAsFloat32 } from '../../src/formats/safetensors.js';
import { ModelError } from '../../src/index.js';

const narrow = (...values: number[]): number[] => [...narrowToF16(Float32Array.from(values), 'w')];

test('every float16 comes back from float32 as it was', () => {
  const halves = Uint16Array.from({ length: 65_536 }, (_, half) => half).filter(
    (half) => ((half >> 10) & 0x1f) !== 0x1f,
  );
  const wide = new Float32Array(halves.length);
  readTensorAsFloat32(new Uint8Array(halves.buffer), 'F16', wide);
  expect(narrowToF16(wide, 'w')).toEqual(halves);
});

test('what lies between two goes to the nearer, and to the even one in the middle', () => {
  // After 1 come steps of 2^-10: 0x3c00 is 1, 0x3c01 the next, 0x3c02 the one after.
  const step = 2 ** -10;
  expect(narrow(1 + 0.49 * step, 1 + 0.5 * step, 1 + 0.51 * step)).toEqual([0x3c00, 0x3c00, 0x3c01]);
  expect(narrow(1 + 1.5 * step, -1 - 1.5 * step)).toEqual([0x3c02, 0xbc02]);
  // Below 2^-14 steps are of 2^-24.
  const small = 2 ** -24;
  expect(narrow(0.5 * small, 0.51 * small, 1.5 * small, -2.5 * small)).toEqual([0, 1, 2, 0x8002]);
  // The largest subnormal and what rounds up to the smallest normal number.
  expect(narrow(1023 * small, 1023.5 * small)).toEqual([0x03ff, 0x0400]);
  expect(narrow(65504, 65519, -0)).toEqual([0x7bff, 0x7bff, 0x8000]);
});

test('what fp16 can’t hold is refused', () => {
  expect(() => narrow(1, 65520)).toThrow(ModelError);
  expect(() => narrow(1, 65520)).toThrow('w has 65520 at element 1, beyond the range of fp16 (65504)');
});
