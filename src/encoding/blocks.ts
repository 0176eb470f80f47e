/** How texts are cut into blocks, before anything is known of them but their characters. */
import { charactersOf, type Written } from '../tokenizer/pair.js';

/**
 * A block has about so many characters: some 30,000 word pieces, less than a tenth of a second to encode, and several
 * batches to compute.
 */
export const BLOCK_CHARACTERS = 128 * 1024;

/**
 * The places of the texts in blocks of like length, the longest first. Characters stand for tokens: by them texts can be
 * put in order, and the first block computed, before the rest is encoded.
 */
export function blocksByLength(texts: readonly Written[]): number[][] {
  const places = Array.from(texts, (_, place) => place);
  places.sort((a, b) => charactersOf(texts[b]!) - charactersOf(texts[a]!) || a - b);
  return inBlocks(places, (place) => charactersOf(texts[place]!));
}

/** The places of so many texts in blocks, in their order. */
export function blocksInOrder(count: number, charactersAt: (place: number) => number): number[][] {
  return inBlocks(
    Array.from({ length: count }, (_, place) => place),
    charactersAt,
  );
}

/** Runs of items of `BLOCK_CHARACTERS` in all, or of one item that has more. */
function inBlocks<T>(items: readonly T[], charactersOf: (item: T) => number): T[][] {
  const blocks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const characters = charactersOf(item);
    if (characters > room || blocks.length === 0) {
      blocks.push([]);
      room = BLOCK_CHARACTERS;
    }
    blocks.at(-1)!.push(item);
    room -= characters;
  }
  return blocks;
}
