/** A block of texts as ids, in a form that moves between threads without being copied. */
import type { Cleaning } from '../data/clean.js';
import { cleanAll } from '../data/markup.js';
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import type { TextContract } from '../tokenizer/truncate.js';

/** How texts become ids. */
export interface EncodingRules {
  readonly cleaning: Cleaning;
  readonly contract: TextContract;
}

/** The ids of a block of texts, one text after another. */
export interface EncodedBlock {
  readonly ids: Int32Array<ArrayBuffer>;
  /** [texts + 1]: the ids of text i lie from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** [texts]: how many word pieces of each were cut off. */
  readonly cut: Int32Array<ArrayBuffer>;
}

/** Cleans and encodes texts in this thread. */
export async function encodeBlock(
  tokenizer: TextTokenizer,
  { cleaning, contract }: EncodingRules,
  texts: readonly string[],
): Promise<EncodedBlock> {
  const cleaned = await cleanAll(texts, cleaning);
  const encodings = cleaned.map((text) => tokenizer.encode(text, contract));
  const offsets = new Int32Array(texts.length + 1);
  encodings.forEach(({ ids }, i) => (offsets[i + 1] = offsets[i]! + ids.length));
  const all = new Int32Array(offsets.at(-1)!);
  encodings.forEach(({ ids }, i) => {
    all.set(ids, offsets[i]);
  });
  return { ids: all, offsets, cut: Int32Array.from(encodings, ({ cut }) => cut) };
}

/** Each text's ids; nothing is copied. */
export function textsOfBlock({ ids, offsets, cut }: EncodedBlock): Int32Array[] {
  return Array.from(cut, (_, i) => ids.subarray(offsets[i], offsets[i + 1]));
}
