/** A small seeded generator (mulberry32): the same numbers in the tests and in the scripts that make fixtures of them. */

/**
 * @typedef {object} Random
 * @property {() => number} real a number in [0, 1)
 * @property {(n: number) => number} below a whole number from 0 to n - 1
 * @property {(share: number) => boolean} chance true in this share of calls
 * @property {<T>(list: readonly T[]) => T} pick one of a list
 */

/**
 * The generator of one case: of the same seed and index always the same.
 *
 * @param {number} seed
 * @param {number} index
 * @returns {Random}
 */
export function randomOf(seed, index) {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) | 0;
  const real = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  /** @param {number} n */
  const below = (n) => Math.floor(real() * n);
  return {
    real,
    below,
    chance: (share) => real() < share,
    pick: (list) => list[below(list.length)],
  };
}

/**
 * Bytes with one to three faults: changed, removed, doubled or overwritten by what often hurts.
 *
 * @param {Uint8Array} bytes
 * @param {Random} random
 * @returns {Uint8Array}
 */
export function mutateBytes(bytes, random) {
  let list = Uint8Array.from(bytes);
  for (let n = random.below(3); n >= 0; n--) {
    const at = random.below(list.length + 1);
    const length = Math.min(list.length - at, 1 + random.below(random.chance(0.1) ? 64 : 4));
    /** @param {number} from @param {number} to @param {Uint8Array} by */
    const splice = (from, to, by) => {
      const made = new Uint8Array(from + by.length + list.length - to);
      made.set(list.subarray(0, from));
      made.set(by, from);
      made.set(list.subarray(to), from + by.length);
      list = made;
    };
    const kind = random.below(7);
    if (kind === 0) splice(at, at + length, new Uint8Array(0));
    else if (kind === 1) splice(at, at, list.slice(at, at + length));
    else if (kind === 2) splice(0, list.length, list.slice(0, at));
    else if (kind === 3) list.fill(random.pick([0, 0x7f, 0x80, 0xff]), at, at + length);
    else if (kind === 4 && at < list.length) list[at] = list[at] ^ (1 << random.below(8));
    else if (at < list.length) list[at] = random.below(256);
  }
  return list;
}

/** Varints of sizes and counts that nothing has. */
const HUGE = [
  [0xff, 0xff, 0xff, 0x7f],
  [0xfe, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x08],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

/**
 * Bytes with one of them replaced by a huge number, as thrift and protobuf write it.
 *
 * @param {Uint8Array} bytes
 * @param {Random} random
 * @returns {Uint8Array}
 */
export function inflate(bytes, random) {
  const at = random.below(bytes.length);
  return Uint8Array.from([...bytes.subarray(0, at), ...random.pick(HUGE), ...bytes.subarray(at + 1)]);
}
