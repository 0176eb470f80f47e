/** float32 to float16 (IEEE 754 binary16): 1 sign, 5 exponent (bias 15), 10 mantissa. */
import { ModelError } from '../util/errors.js';

/** 2^-14, the smallest normal float16, as the bits of a float32. */
const SMALLEST_NORMAL = 0x38800000;
/** 65520: from here on the nearest float16 would be an infinity. */
const TOO_LARGE = 0x477ff000;
/** The biases' difference, 127 - 15, where a float32 has its exponent. */
const REBIAS = 112 << 23;

/**
 * The bits of the nearest float16 of each number, to even where two are as near.
 *
 * @param name what to call the tensor where a number is too large, which is a `ModelError`
 */
export function narrowToF16(values: Float32Array, name: string): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word, i) => {
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fffffff;
    if (size >= TOO_LARGE) {
      throw new ModelError(
        `${name} has ${values[i]!} at element ${i}, beyond the range of fp16 (65504): export it as fp32.`,
      );
    }
    if (size >= SMALLEST_NORMAL) {
      const odd = (size >>> 13) & 1;
      return sign | ((size - REBIAS + 0xfff + odd) >>> 13);
    }
    // Subnormal: a whole number of 2^-24.
    return sign | nearestEven(Math.abs(values[i]!) * 2 ** 24);
  });
}

function nearestEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
