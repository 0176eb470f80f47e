/** @file The element types of tensors in files, and their widening to float32. */

import { InternalError, ModelError } from '../util/errors.js';

/** The width of each safetensors dtype in bits: the table of the Rust crate. */
const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** An element type that a safetensors file can name. */
export type Dtype = keyof typeof DTYPE_BITS;

/** Whether a word is the name of an element type (own keys only: `constructor` is not one). */
export function isDtype(word: unknown): word is Dtype {
  return typeof word === 'string' && Object.hasOwn(DTYPE_BITS, word);
}

/** The width of one element in bits. */
export function bitsOf(dtype: Dtype): number {
  return DTYPE_BITS[dtype];
}

/**
 * Writes a tensor's bytes into `out` as float32. F16, BF16 and F32 come out exact, bit for bit, NaN payloads and
 * subnormals included; F64 is rounded to the nearest float32.
 *
 * The bytes are little-endian, as is every machine that ONNX Runtime runs on; they may lie at any offset.
 *
 * @param where What to call the tensor in an error, such as `model.safetensors: tensor "pooler.dense.weight"`.
 */
export function readTensorAsFloat32(
  bytes: Uint8Array,
  dtype: Dtype,
  out: Float32Array,
  where = 'a tensor',
): void {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16' && dtype !== 'F64') {
    throw new ModelError(
      `${where} is ${dtype}: expected F32, F16, BF16 or F64. Quantised and integer weights can't be trained: ` +
        'use the original model.',
    );
  }
  const expected = out.length * (DTYPE_BITS[dtype] / 8);
  if (bytes.length !== expected) {
    throw new InternalError(
      `${where}: ${bytes.length} bytes of ${dtype} for ${out.length} numbers (${expected} bytes)`,
    );
  }
  switch (dtype) {
    case 'F32':
      new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
      return;
    case 'F16':
      widenF16(halves(bytes), bitsView(out));
      return;
    case 'BF16':
      widenBF16(halves(bytes), bitsView(out));
      return;
    case 'F64':
      narrowF64(bytes, out, where);
  }
}

/** The exponent of a float32; all ones in an infinity and in a NaN, and in nothing else. */
const EXPONENT = 0x7f800000;

/**
 * The place of the first infinity or NaN, -1 where there is none. Every load looks at every weight, so four are looked
 * at in a turn, as integers: a tenth of the time of `findIndex`.
 */
export function firstNotFinite(values: Float32Array): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const whole = bits.length - (bits.length % 4);
  let i = 0;
  while (
    i < whole &&
    (bits[i]! & EXPONENT) !== EXPONENT &&
    (bits[i + 1]! & EXPONENT) !== EXPONENT &&
    (bits[i + 2]! & EXPONENT) !== EXPONENT &&
    (bits[i + 3]! & EXPONENT) !== EXPONENT
  ) {
    i += 4;
  }
  for (; i < bits.length; i++) if ((bits[i]! & EXPONENT) === EXPONENT) return i;
  return -1;
}

/** The same memory as raw bits: moving a NaN as a number may change its payload. */
function bitsView(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** The bytes as 16-bit words, copied only where they don't lie on an even address. */
function halves(bytes: Uint8Array): Uint16Array {
  const even = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(even.buffer, even.byteOffset, even.length / 2);
}

let f16Table: Uint32Array | undefined;

function widenF16(from: Uint16Array, to: Uint32Array): void {
  const table = (f16Table ??= Uint32Array.from({ length: 65_536 }, (_, half) => f16Bits(half)));
  for (let i = 0; i < from.length; i++) to[i] = table[from[i]!]!;
}

/** The float32 bits of a float16: 1 sign, 5 exponent (bias 15), 10 mantissa -> 1, 8 (bias 127), 23. */
function f16Bits(half: number): number {
  const sign = (half & 0x8000) * 0x10000;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign + 0x7f800000 + mantissa * 0x2000; // inf, NaN
  if (exponent > 0) return sign + (exponent - 15 + 127) * 0x800000 + mantissa * 0x2000;
  if (mantissa === 0) return sign;
  // Subnormal, mantissa x 2^-24. Its leading bit, at place p, becomes the implied one: exponent p - 24.
  const place = 31 - Math.clz32(mantissa);
  const rest = mantissa - 2 ** place;
  return sign + (place - 24 + 127) * 0x800000 + rest * 2 ** (23 - place);
}

/** bfloat16 is the upper half of a float32. */
function widenBF16(from: Uint16Array, to: Uint32Array): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i]! << 16;
}

function narrowF64(bytes: Uint8Array, out: Float32Array, where: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < out.length; i++) {
    const value = view.getFloat64(i * 8, true);
    out[i] = value;
    if (Number.isFinite(value) && !Number.isFinite(out[i])) {
      throw new ModelError(`${where}: element ${i} is ${value}, beyond the range of float32 (3.4e38).`);
    }
  }
}
