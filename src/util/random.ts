/**
 * Random numbers from a counter: every draw is a pure function of (seed, purpose, indices, position), so nothing
 * has hidden state and a resumed run draws what the uninterrupted one would have drawn.
 *
 * Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 */

/** What a stream of numbers is for. Two purposes never share numbers. */
export const PURPOSE = {
  ...{ head: 1, split: 2, order: 3, dropoutPool: 4, dropoutOffset: 5, validation: 6, masking: 7 },
  ...{ bootstrap: 8, folds: 9, sweep: 31 },
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** One block of Philox4x32-10: four 32-bit words from a counter of four words and a key of two, into `out`. */
export function philox(counter: readonly number[], key: readonly number[], out: Uint32Array): void {
  let c0 = counter[0]! >>> 0;
  let c1 = counter[1]! >>> 0;
  let c2 = counter[2]! >>> 0;
  let c3 = counter[3]! >>> 0;
  let k0 = key[0]! >>> 0;
  let k1 = key[1]! >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = mulHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The numbers of one purpose at one place of a run, drawn in order. */
export class RandomStream {
  readonly #key: readonly number[];
  readonly #counter: number[];
  readonly #block = new Uint32Array(4);
  #next = 4;

  /**
   * @param seed a non-negative safe integer
   * @param purpose what the numbers are for
   * @param first first index of the place, such as the epoch or the step (32 bits)
   * @param second second index of the place (32 bits)
   */
  constructor(seed: number, purpose: Purpose, first = 0, second = 0) {
    this.#key = [seed >>> 0, Math.floor(seed / 0x1_0000_0000) >>> 0];
    this.#counter = [0, purpose, first, second];
  }

  /** The next integer of 32 bits, 0 to 4,294,967,295. */
  uint32(): number {
    if (this.#next === 4) {
      philox(this.#counter, this.#key, this.#block);
      this.#counter[0] = (this.#counter[0]! + 1) >>> 0;
      this.#next = 0;
    }
    return this.#block[this.#next++]!;
  }

  /** The next number in [0, 1), with 32 bits of resolution. */
  uniform(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** The next integer in [0, bound). The bias is below bound / 2^32. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** The next number of the standard normal distribution (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles `items` in place (Fisher and Yates) and returns them. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = items[i]!;
      items[i] = items[j]!;
      items[j] = swapped;
    }
    return items;
  }
}
