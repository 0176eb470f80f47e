/** A block of texts as ids, in a form that moves between threads without being copied. */
import type { Cleaning } from '../data/clean.js';
import { cleanerFor } from '../data/markup.js';
import { mapWritten, textsOf, type Written } from '../tokenizer/pair.js';
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import type { TextContract } from '../tokenizer/truncate.js';

/** How texts become ids. */
export interface EncodingRules {
  readonly cleaning: Cleaning;
  readonly contract: TextContract;
}

/** The ids of a block of texts, one window after another; most texts have one. */
export interface EncodedBlock {
  readonly ids: Int32Array<ArrayBuffer>;
  /** [windows + 1]: the ids of window i lie from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** [texts + 1]: text i has the windows from `firsts[i]` to `firsts[i + 1]`. */
  readonly firsts: Int32Array<ArrayBuffer>;
  /** [texts]: how many word pieces of each were cut off. */
  readonly cut: Int32Array<ArrayBuffer>;
}

/** Cleans and encodes texts in this thread. */
export async function encodeBlock(
  tokenizer: TextTokenizer,
  { cleaning, contract }: EncodingRules,
  texts: readonly Written[],
): Promise<EncodedBlock> {
  const change = await cleanerFor(texts.flatMap(textsOf), cleaning);
  const cleaned = texts.map((text) => mapWritten(text, change));
  const readings = cleaned.map((text) => tokenizer.read(text, contract));
  const windows = readings.flatMap((reading) => reading.windows);
  const offsets = sumsOf(windows.map(({ length }) => length));
  const ids = new Int32Array(offsets.at(-1)!);
  windows.forEach((window, i) => {
    ids.set(window, offsets[i]);
  });
  return {
    ...{ ids, offsets },
    firsts: sumsOf(readings.map((reading) => reading.windows.length)),
    cut: Int32Array.from(readings, ({ cut }) => cut),
  };
}

/** Before each number the sum of those before it, and the sum of all. */
function sumsOf(numbers: readonly number[]): Int32Array<ArrayBuffer> {
  const sums = new Int32Array(numbers.length + 1);
  numbers.forEach((number, i) => (sums[i + 1] = sums[i]! + number));
  return sums;
}

/** The windows of each text; nothing is copied. */
export function textsOfBlock({ ids, offsets, firsts, cut }: EncodedBlock): Int32Array[][] {
  return Array.from(cut, (_, i) =>
    Array.from({ length: firsts[i + 1]! - firsts[i]! }, (_, j) => {
      const window = firsts[i]! + j;
      return ids.subarray(offsets[window], offsets[window + 1]);
    }),
  );
}
