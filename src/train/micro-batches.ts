/** How a batch is cut into the parts that the graph takes, one after another. */
import { batchesByLength, inRuns } from '../batching/order.js';
import { rowsAt } from '../batching/windows.js';
import type { MicroBatch } from './engine.js';
import type { TrainingSet } from './sets.js';

/**
 * Micro-batches have at most so many tokens, padding included. Larger ones take more memory and are no faster: their
 * activations leave the processor's cache (docs/performance.md).
 */
export const MICRO_BATCH_TOKENS = 1024;

/** Cuts a batch into micro-batches of nearly the same size. */
function cutBatch(places: readonly number[], lengthOf: (place: number) => number): number[][] {
  const longest = places.reduce((most, place) => Math.max(most, lengthOf(place)), 1);
  const most = Math.max(1, Math.floor(MICRO_BATCH_TOKENS / longest));
  const parts = Math.ceil(places.length / most);
  return inRuns(places, Math.ceil(places.length / parts));
}

/** The rows of each micro-batch of a batch of texts. */
export function rowsOfMicroBatches(
  { lengths, windows }: Pick<TrainingSet, 'lengths' | 'windows'>,
  places: readonly number[],
): number[][] {
  if (!windows) return cutBatch(places, (place) => lengths[place]!);
  // A text's last window is shorter than the others: those of like length together have hardly any padding.
  const rows = rowsAt(windows.firsts, places);
  const ofRow = rows.map((row) => windows.lengths[row]!);
  return batchesByLength(ofRow, MICRO_BATCH_TOKENS).map((part) => part.map((i) => rows[i]!));
}

/** The micro-batches of a batch, each padded to its own longest row. */
export function microBatches(set: TrainingSet, places: readonly number[], epoch = 0): MicroBatch[] {
  return rowsOfMicroBatches(set, places).map((rows) => set.microBatch(rows, epoch));
}
