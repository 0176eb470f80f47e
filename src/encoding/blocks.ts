/** How texts are cut into blocks, before anything is known of them but their characters. */

/**
 * A block has about so many characters: some 30,000 word pieces, less than a tenth of a second to encode, and several
 * batches to compute.
 */
export const BLOCK_CHARACTERS = 128 * 1024;

/**
 * The places of the texts in blocks of like length, the longest first. Characters stand for tokens: by them texts can be
 * put in order, and the first block computed, before the rest is encoded.
 */
export function blocksByLength(texts: readonly string[]): number[][] {
  const places = Array.from(texts, (_, place) => place);
  places.sort((a, b) => texts[b]!.length - texts[a]!.length || a - b);
  return inBlocks(places, (place) => texts[place]!.length);
}

/** The texts in blocks, in their order. */
export function blocksInOrder(texts: readonly string[]): string[][] {
  return inBlocks(texts, ({ length }) => length);
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
