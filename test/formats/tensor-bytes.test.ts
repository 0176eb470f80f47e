import { describe, expect, test } from 'vitest';
import { firstNotFinite, readTensorAsFloat32, type Dtype } from '../../src/formats/safetensors.js';
import { InternalError, ModelError } from '../../src/util/errors.js';

/** All 65,536 halves, each once. */
const ALL = Uint16Array.from({ length: 65_536 }, (_, half) => half);

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

function widen(source: ArrayBufferView, dtype: Dtype, length: number): Float32Array {
  const out = new Float32Array(length);
  readTensorAsFloat32(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), dtype, out);
  return out;
}

/** IEEE 754 by its definition: sign x mantissa x 2^exponent, in float64. */
function halfByDefinition(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return exponent ? sign * (1 + mantissa / 1024) * 2 ** (exponent - 15) : sign * (mantissa / 1024) * 2 ** -14;
}

test('F16: all 65,536 values equal the definition', () => {
  const out = widen(ALL, 'F16', 65_536);
  // Object.is tells -0 from 0.
  const wrong = [...ALL].filter((half) => !Object.is(out[half], halfByDefinition(half)));
  expect(wrong).toEqual([]);
});

test('F16: NaNs keep their sign and payload, as hardware widens them (quiet ones)', () => {
  const bits = bitsOf(widen(ALL, 'F16', 65_536));
  for (const half of [0x7c01, 0x7e00, 0x7fff, 0xfc01, 0xfe00, 0xffff]) {
    expect(bits[half]).toBe((((half & 0x8000) << 16) | 0x7f800000 | ((half & 1023) << 13)) >>> 0);
  }
});

test('BF16: all 65,536 values are the upper halves of float32', () => {
  const bits = bitsOf(widen(ALL, 'BF16', 65_536));
  const view = new DataView(new ArrayBuffer(4));
  const wrong = [...ALL].filter((half) => {
    view.setUint16(0, half); // big-endian: the upper half comes first
    return bits[half] !== view.getUint32(0);
  });
  expect(wrong).toEqual([]);
});

test('F32 is copied bit for bit', () => {
  const bits = Uint32Array.of(
    0,
    0x80000000,
    1,
    0x007fffff,
    0x7f800000,
    0xff800000,
    0x7fc00001,
    0x7f800001,
    0x3f800000,
  );
  expect(bitsOf(widen(bits, 'F32', bits.length))).toEqual(bits);
});

test('F64 is rounded to the nearest float32; subnormals, inf and NaN stay what they are', () => {
  const values = [1, 0.1, -0, 1e-45, 3e-46, 5e-324, Infinity, -Infinity, NaN, 3.4028234e38];
  expect([...widen(Float64Array.from(values), 'F64', values.length)]).toEqual(values.map(Math.fround));
});

test('F64 beyond the range of float32 is refused rather than made infinite', () => {
  expect(() => widen(Float64Array.of(1, 1e39), 'F64', 2)).toThrow(
    /element 1 is 1e\+39, beyond the range of float32/,
  );
});

test.each(['F32', 'F16', 'BF16', 'F64'] as const)(
  '%s may lie at any offset, and be written to any',
  (dtype) => {
    const width = { F32: 4, F16: 2, BF16: 2, F64: 8 }[dtype];
    const numbers = Uint8Array.from({ length: 3 * width }, (_, i) => (i * 37) % 60);
    const want = widen(numbers, dtype, 3);
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(shift + numbers.length);
      moved.set(numbers, shift);
      const room = new Float32Array(6).fill(7);
      readTensorAsFloat32(moved.subarray(shift), dtype, room.subarray(1, 4));
      expect([...room]).toEqual([7, ...want, 7, 7]);
    }
  },
);

describe('refusals', () => {
  test.each(['I64', 'I32', 'I8', 'U8', 'BOOL', 'F8_E4M3', 'C64'] as const)('%s by its name', (dtype) => {
    const read = () => {
      readTensorAsFloat32(new Uint8Array(8), dtype, new Float32Array(1), 'm.safetensors: tensor "w"');
    };
    expect(read).toThrow(ModelError);
    expect(read).toThrow(`m.safetensors: tensor "w" is ${dtype}: expected F32, F16, BF16 or F64`);
  });

  test('a length that does not fit is a fault of ours', () => {
    expect(() => widen(new Uint8Array(7), 'F32', 2)).toThrow(InternalError);
  });
});

test('45 MB of F16 takes no longer than reading them', () => {
  const halves = new Uint16Array(22_713_216).map((_, i) => (i * 40_503) & 0x7bff);
  const out = new Float32Array(halves.length);
  const bytes = new Uint8Array(halves.buffer);
  const times = [0, 1, 2].map(() => {
    const start = performance.now();
    readTensorAsFloat32(bytes, 'F16', out);
    return performance.now() - start;
  });
  // 150 ms is the aim on a free core; the bound leaves room for a machine that does other things as well.
  expect(Math.min(...times)).toBeLessThan(600);
});

describe('the first value that is not finite', () => {
  const finite = Float32Array.from(
    { length: 23 },
    (_, i) => [0, -0, 3.4028234e38, -3.4028234e38, 1e-45][i % 5]!,
  );

  test('is not there where the largest, the smallest and zeros are all there is', () => {
    expect(firstNotFinite(finite)).toBe(-1);
    expect(firstNotFinite(new Float32Array(0))).toBe(-1);
  });

  test.each([NaN, -NaN, Infinity, -Infinity])('%s is found at every place, before another', (bad) => {
    for (let place = 0; place < finite.length; place++) {
      const values = finite.slice();
      values[place] = bad;
      values[22] = NaN;
      expect(firstNotFinite(values)).toBe(place);
      expect(firstNotFinite(values.subarray(1))).toBe(place === 0 ? 21 : place - 1);
    }
  });
});
