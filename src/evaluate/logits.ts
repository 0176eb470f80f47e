/** Logits of texts under given parameters: what evaluation during training and prediction afterwards share. */
import { padBatch, type Batch } from '../batching/batch.js';
import { batchesByLength } from '../batching/order.js';
import { batchInputs, float32, type Session, type Tensors } from '../runtime/runtime.js';

/** Large enough for full speed, small enough that the largest activations stay near the processor. */
export const BATCH_TOKENS = 1024;

/** A graph that reads texts, and the parameters it reads them with. */
export interface Reader {
  readonly session: Session;
  readonly parameters: Tensors;
  readonly padId: number;
}

/** A session of `forwardStep`. */
export interface Scorer extends Reader {
  readonly numLabels: number;
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
export function logitsOf(
  scorer: Scorer,
  texts: readonly ArrayLike<number>[],
  options: ScoreOptions = {},
): Promise<Float32Array[]> {
  return rowsOf(scorer, 'logits', scorer.numLabels, texts, options);
}

/**
 * The features of each text that a frozen encoder gives its head, in the order given: [texts][H].
 *
 * @param reader its session is one of `featureStep`
 */
export function featuresOf(
  reader: Reader,
  hiddenSize: number,
  texts: readonly ArrayLike<number>[],
  options: ScoreOptions = {},
): Promise<Float32Array[]> {
  return rowsOf(reader, 'features', hiddenSize, texts, options);
}

/** One row of the output for each text. */
async function rowsOf(
  { session, parameters, padId }: Reader,
  output: string,
  width: number,
  texts: readonly ArrayLike<number>[],
  { onProgress, signal }: ScoreOptions,
): Promise<Float32Array[]> {
  const results = new Array<Float32Array>(texts.length);
  const lengths = texts.map((ids) => ids.length);
  // A graph that somebody else made may read fewer.
  const read = new Set(session.inputs.map(({ name }) => name));
  const inputsOf = (batch: Batch): Tensors =>
    Object.fromEntries(Object.entries(batchInputs(batch)).filter(([name]) => read.has(name)));
  let done = 0;
  for (const places of batchesByLength(lengths, BATCH_TOKENS)) {
    signal?.throwIfAborted();
    const batch = padBatch(
      places.map((place) => texts[place]!),
      padId,
    );
    const rows = new Float32Array(batch.size * width);
    await session.run(
      { ...parameters, ...inputsOf(batch) },
      { [output]: float32([batch.size, width], rows) },
    );
    places.forEach((place, row) => {
      results[place] = rows.slice(row * width, (row + 1) * width);
    });
    done += batch.size;
    onProgress?.(done);
  }
  return results;
}

/** Logits of each text from its features. The session is one of `headStep`. */
export async function logitsOfFeatures(
  { session, parameters, numLabels }: Omit<Scorer, 'padId'>,
  features: readonly Float32Array[],
): Promise<Float32Array[]> {
  const width = features[0]?.length ?? 0;
  const rows = new Float32Array(features.length * width);
  features.forEach((row, i) => {
    rows.set(row, i * width);
  });
  const logits = new Float32Array(features.length * numLabels);
  await session.run(
    { ...parameters, features: float32([features.length, width], rows) },
    { logits: float32([features.length, numLabels], logits) },
  );
  return features.map((_, i) => logits.subarray(i * numLabels, (i + 1) * numLabels));
}

/** Probabilities from logits, in float64, safe for large numbers. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
