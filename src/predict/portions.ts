/** Logits of any number of texts: encoded ahead, computed in batches of like length, given back in their order. */
import { BLOCK_CHARACTERS, blocksByLength } from '../encoding/blocks.js';
import { textsOfBlock, type EncodedBlock } from '../encoding/encode.js';
import type { BlockEncoder } from '../encoding/encoder.js';
import { logitsOf, type Scorer, type ScoreOptions } from '../evaluate/logits.js';
import { charactersOf, writtenOf } from '../tokenizer/pair.js';
import { readAhead } from '../util/ahead.js';

/** So many blocks are encoded, or being so, before they are needed: memory holds these and no more. */
const BLOCKS_AHEAD = 4;

/** What has a text, or two. */
export interface Readable {
  readonly text: string;
  readonly textPair?: string | undefined;
}

/** Items that are given back together, once all of them have their logits. */
interface Portion<T> {
  readonly items: readonly T[];
  readonly logits: Float32Array[];
}

interface Block<T> {
  readonly portion: Portion<T>;
  /** In the portion. */
  readonly places: readonly number[];
  readonly isLast: boolean;
  readonly encoded: Promise<EncodedBlock>;
}

/** Each portion as it comes, with the logits of its items. */
export async function* logitsOfPortions<T extends Readable>(
  scorer: Scorer,
  encoder: BlockEncoder,
  portions: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  { onProgress, signal }: ScoreOptions = {},
): AsyncGenerator<Portion<T>> {
  let done = 0;
  for await (const { portion, places, isLast, encoded } of readAhead(
    blocksOf(encoder, portions),
    BLOCKS_AHEAD,
  )) {
    const before = done;
    const logits = await logitsOf(scorer, textsOfBlock(await encoded), {
      signal,
      onProgress: (count) => {
        done = before + count;
        onProgress?.(done);
      },
    });
    places.forEach((place, i) => (portion.logits[place] = logits[i]!));
    if (isLast) yield portion;
  }
}

/**
 * The blocks of all portions. The first is encoded here, as the engine has nothing else to do, and so is whatever comes
 * to no more than a block; only where there is more, a thread is started for it.
 */
async function* blocksOf<T extends Readable>(
  encoder: BlockEncoder,
  portions: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
): AsyncGenerator<Block<T>> {
  let isFirst = true;
  let characters = 0;
  for await (const items of portions) {
    const portion = { items, logits: new Array<Float32Array>(items.length) };
    const texts = items.map(writtenOf);
    characters += texts.reduce((sum, text) => sum + charactersOf(text), 0);
    const isMuch = characters > BLOCK_CHARACTERS;
    if (isMuch) await encoder.prepare(); // it gets ready while the first block is encoded and computed here
    const blocks = blocksByLength(texts);
    for (const [i, places] of blocks.entries()) {
      const block = places.map((place) => texts[place]!);
      const encoded = isFirst || !isMuch ? encoder.here(block) : encoder.there(block);
      encoded.catch(() => undefined); // it is awaited after the blocks before it
      isFirst = false;
      yield { portion, places, isLast: i === blocks.length - 1, encoded };
    }
  }
}

/** Items in portions of so many, or of so many characters if that is fewer. */
export async function* portionsOf<T extends Readable>(
  items: AsyncIterable<T>,
  most: number,
  mostCharacters: number,
): AsyncGenerator<T[]> {
  let portion: T[] = [];
  let characters = 0;
  for await (const item of items) {
    portion.push(item);
    characters += charactersOf(writtenOf(item));
    if (portion.length < most && characters < mostCharacters) continue;
    yield portion;
    portion = [];
    characters = 0;
  }
  if (portion.length > 0) yield portion;
}
