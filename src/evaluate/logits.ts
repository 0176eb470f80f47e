/** Logits of texts under given parameters: what evaluation during training and prediction afterwards share. */
import { padBatch } from '../batching/batch.js';
import { batchesByLength } from '../batching/order.js';
import { batchInputs, float32, type Session, type Tensors } from '../runtime/runtime.js';

/** Large enough for full speed, small enough that the largest activations stay near the processor. */
export const BATCH_TOKENS = 2048;

export interface Scorer {
  /** A session of `forwardStep`. */
  readonly session: Session;
  readonly parameters: Tensors;
  readonly numLabels: number;
  readonly padId: number;
}

export interface ScoreOptions {
  /** Called after each batch with the number of texts done. */
  readonly onProgress?: (done: number) => void;
  /** Stops between batches, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The logits of each text, in the order given: [texts][C]. Computed in batches of like length, which changes nothing
 * but the speed (and the last bits).
 */
export async function logitsOf(
  scorer: Scorer,
  texts: readonly ArrayLike<number>[],
  { onProgress, signal }: ScoreOptions = {},
): Promise<Float32Array[]> {
  const results = new Array<Float32Array>(texts.length);
  const lengths = texts.map((ids) => ids.length);
  let done = 0;
  for (const places of batchesByLength(lengths, BATCH_TOKENS)) {
    signal?.throwIfAborted();
    const batch = padBatch(
      places.map((place) => texts[place]!),
      scorer.padId,
    );
    const logits = new Float32Array(batch.size * scorer.numLabels);
    await scorer.session.run(
      { ...scorer.parameters, ...batchInputs(batch) },
      { logits: float32([batch.size, scorer.numLabels], logits) },
    );
    places.forEach((place, row) => {
      results[place] = logits.slice(row * scorer.numLabels, (row + 1) * scorer.numLabels);
    });
    done += batch.size;
    onProgress?.(done);
  }
  return results;
}

/** Probabilities from logits, in float64, safe for large numbers. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
