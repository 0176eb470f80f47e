/** Encoding of all texts of a training run, before its first step. */
import { charactersOf, writtenOf, type Written } from '../tokenizer/pair.js';
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import { readAhead } from '../util/ahead.js';
import { blocksInOrder } from './blocks.js';
import { encodeBlock, textsOfBlock, type EncodedBlock, type EncodingRules } from './encode.js';

/** A thread is started for every so many blocks: fewer are encoded sooner than it is ready. */
const BLOCKS_PER_THREAD = 4;

/** A text or a pair; those of an object are read from it when they are encoded, and may lie on the disk until then. */
type Item = string | { readonly text: string; readonly textPair?: string | undefined };

export interface EncodedText {
  /** The ids of each window of the text, mostly one. */
  readonly windows: readonly Int32Array[];
  /** How many word pieces were cut off. */
  readonly cut: number;
}

/** The texts' ids, in their order, made by up to `threads` threads where there is enough for them to do. */
export async function encodeMany(
  tokenizer: TextTokenizer,
  rules: EncodingRules,
  texts: readonly Item[],
  threads: number,
): Promise<EncodedText[]> {
  const writtenAt = (place: number): Written => {
    const item = texts[place]!;
    return typeof item === 'string' ? item : writtenOf(item);
  };
  const blocks = blocksInOrder(texts.length, (place) => charactersOf(writtenAt(place)));
  const count = Math.min(threads, Math.floor(blocks.length / BLOCKS_PER_THREAD));
  const encoded: EncodedText[] = [];
  const add = (block: EncodedBlock): void => {
    textsOfBlock(block).forEach((windows, i) => encoded.push({ windows, cut: block.cut[i]! }));
  };
  if (count < 2) {
    for (const block of blocks) add(await encodeBlock(tokenizer, rules, block.map(writtenAt)));
    return encoded;
  }
  const { EncodingThreads } = await import('./threads.js');
  const pool = new EncodingThreads({ tokenizer: tokenizer.source, rules }, count);
  try {
    const begun = function* (): Generator<{ block: Promise<EncodedBlock> }> {
      for (const block of blocks) yield { block: pool.encode(block.map(writtenAt)) };
    };
    for await (const { block } of readAhead(begun(), 2 * count)) add(await block);
  } finally {
    await pool.close();
  }
  return encoded;
}
