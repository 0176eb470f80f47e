/** In which order texts are seen. The order of an epoch is a function of the seed and the epoch alone. */
import { PURPOSE, RandomStream } from '../util/random.js';

export const ORDERS = ['grouped', 'shuffled', 'sequential'] as const;
/**
 * `grouped` shuffles, then puts texts of like length into one batch, so that little padding is computed;
 * `shuffled` fills batches as they come; `sequential` keeps the file's order.
 */
export type Order = (typeof ORDERS)[number];

/** Within so many batches' worth of shuffled texts those of like length are grouped, as in `transformers`. */
const GROUPED_BATCHES = 50;

/**
 * The batches of one epoch, as places in the list of texts. Every text stands in exactly one of them.
 *
 * @param lengths tokens of each text
 */
export function batchesOf(
  lengths: ArrayLike<number>,
  batchSize: number,
  order: Order,
  seed: number,
  epoch: number,
): number[][] {
  const places = Array.from({ length: lengths.length }, (_, place) => place);
  if (order === 'sequential') return inRuns(places, batchSize);
  const random = new RandomStream(seed, PURPOSE.order, epoch);
  random.shuffle(places);
  if (order === 'shuffled') return inRuns(places, batchSize);
  const batches = inRuns(places, batchSize * GROUPED_BATCHES).flatMap((part) =>
    inRuns(
      part.sort((a, b) => lengths[a]! - lengths[b]!),
      batchSize,
    ),
  );
  return random.shuffle(batches);
}

/** The list cut into runs of `size`; the last may be shorter. */
export function inRuns<T>(items: readonly T[], size: number): T[][] {
  const runs: T[][] = [];
  for (let start = 0; start < items.length; start += size) runs.push(items.slice(start, start + size));
  return runs;
}

/** Batches for prediction: of like length, the longest first, each of at most `maxTokens` with its padding. */
export function batchesByLength(lengths: ArrayLike<number>, maxTokens: number): number[][] {
  const places = Array.from({ length: lengths.length }, (_, place) => place);
  places.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: number[][] = [];
  let start = 0;
  while (start < places.length) {
    const size = Math.max(1, Math.floor(maxTokens / Math.max(1, lengths[places[start]!]!)));
    batches.push(places.slice(start, start + size));
    start += size;
  }
  return batches;
}
