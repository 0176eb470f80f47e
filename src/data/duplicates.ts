/**
 * Texts that occur more than once, also in slightly different words. Near duplicates are found by MinHash (Broder 1997): the
 * share of positions at which two texts' signatures agree estimates the share of word shingles that they have in common;
 * signatures are cut into bands, and only texts that agree in a whole band are compared (Leskovec et al., Mining of Massive
 * Datasets, section 3.4).
 */

/** A text as it is compared: lower case, words alone, one space between them. */
export function comparable(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');
}

/** Places of texts that are the same to `comparable`, of those that occur more than once; each group in ascending order. */
export function exactGroups(keys: readonly string[]): number[][] {
  const groups = new Map<string, number[]>();
  keys.forEach((key, place) => {
    const group = groups.get(key);
    if (group) group.push(place);
    else groups.set(key, [place]);
  });
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Words in a shingle. */
const SHINGLE = 3;
const BANDS = 8;
const ROWS = 4;
/** Two texts are nearly the same when they share so many of their shingles. */
export const NEAR = 0.8;
/** Shorter texts are alike by chance: `a good film` and `a good movie`. */
const LEAST_SHINGLES = 8;

/**
 * A text is compared with so many of those that share a band, the first ones: of a thousand texts that all follow one
 * template each is found, and it takes no million comparisons.
 */
const MOST_IN_BUCKET = 16;

/** Pairs of places whose texts are nearly the same, but not the same; the lower place first. */
export function nearPairs(keys: readonly string[]): [number, number][] {
  const shingles = keys.map(shinglesOf);
  const buckets = Array.from({ length: BANDS }, () => new Map<string, number[]>());
  const pairs: [number, number][] = [];
  shingles.forEach((set, place) => {
    if (set.length < LEAST_SHINGLES) return;
    const signature = signatureOf(set);
    const others = new Set<number>();
    buckets.forEach((band, i) => {
      const key = signature.subarray(i * ROWS, (i + 1) * ROWS).join();
      const bucket = band.get(key);
      for (const other of bucket ?? []) others.add(other);
      if (!bucket) band.set(key, [place]);
      else if (bucket.length < MOST_IN_BUCKET) bucket.push(place);
    });
    for (const other of others) {
      if (keys[other] !== keys[place] && overlap(shingles[other]!, set) >= NEAR) pairs.push([other, place]);
    }
  });
  return pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Hashes of each run of words, each once, in ascending order. */
function shinglesOf(key: string): Uint32Array {
  const words = key === '' ? [] : key.split(' ').map(hashOf);
  const hashes = new Set<number>();
  for (let i = 0; i + SHINGLE <= words.length; i++) {
    let hash = 0;
    for (let j = 0; j < SHINGLE; j++) hash = mix(hash ^ words[i + j]!);
    hashes.add(hash);
  }
  return Uint32Array.from(hashes).sort();
}

/** FNV-1a over UTF-16 units. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** For each of the hash functions the least value over the set. */
function signatureOf(set: Uint32Array): Uint32Array {
  const signature = new Uint32Array(BANDS * ROWS).fill(0xffffffff);
  for (const shingle of set) {
    for (let i = 0; i < signature.length; i++) {
      const hash = mix(shingle ^ Math.imul(i + 1, 0x9e3779b1));
      if (hash < signature[i]!) signature[i] = hash;
    }
  }
  return signature;
}

/** Jaccard's index of two sorted sets: what they share, over what they have together. */
function overlap(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      shared++;
      i++;
      j++;
    } else if (a[i]! < b[j]!) i++;
    else j++;
  }
  return shared / (a.length + b.length - shared);
}
