/** Logits of texts under given parameters: what evaluation during training and prediction afterwards share. */
import { padBatch, type Batch } from '../batching/batch.js';
import { batchesByLength } from '../batching/order.js';
import { firstsOf, meanOfRows, textOfRows, type TextWindows } from '../batching/windows.js';
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
 * The logits of each text, in the order given: [texts][C]; of a text in several windows the mean of theirs. Computed in
 * batches of like length, which changes nothing but the speed (and the last bits).
 */
export async function logitsOf(
  scorer: Scorer,
  texts: readonly TextWindows[],
  { onProgress, signal }: ScoreOptions = {},
): Promise<Float32Array[]> {
  const firsts = firstsOf(texts);
  const textOf = textOfRows(firsts);
  const left = texts.map((windows) => windows.length);
  let done = 0;
  const logits = await rowsOf(scorer, 'logits', scorer.numLabels, texts.flat(), {
    signal,
    onRows: (batch) => {
      for (const row of batch) if (--left[textOf[row]!]! === 0) done++;
      onProgress?.(done);
    },
  });
  return meanOfRows(logits, firsts);
}

/**
 * The features that a frozen encoder gives its head of each row of ids, in the order given: [rows][H].
 *
 * @param reader its session is one of `featureStep`
 */
export function featuresOf(
  reader: Reader,
  hiddenSize: number,
  rows: readonly ArrayLike<number>[],
  { onProgress, signal }: ScoreOptions = {},
): Promise<Float32Array[]> {
  let done = 0;
  return rowsOf(reader, 'features', hiddenSize, rows, {
    signal,
    onRows: ({ length }) => {
      done += length;
      onProgress?.(done);
    },
  });
}

interface RowOptions {
  /** Called after each batch with the rows that were in it. */
  readonly onRows: (rows: readonly number[]) => void;
  readonly signal: AbortSignal | undefined;
}

/** One row of the output for each row of ids. */
async function rowsOf(
  { session, parameters, padId }: Reader,
  output: string,
  width: number,
  rows: readonly ArrayLike<number>[],
  { onRows, signal }: RowOptions,
): Promise<Float32Array[]> {
  const results = new Array<Float32Array>(rows.length);
  const lengths = rows.map((ids) => ids.length);
  // A graph that somebody else made may read fewer.
  const read = new Set(session.inputs.map(({ name }) => name));
  const inputsOf = (batch: Batch): Tensors =>
    Object.fromEntries(Object.entries(batchInputs(batch)).filter(([name]) => read.has(name)));
  for (const places of batchesByLength(lengths, BATCH_TOKENS)) {
    signal?.throwIfAborted();
    const batch = padBatch(
      places.map((place) => rows[place]!),
      padId,
    );
    const values = new Float32Array(batch.size * width);
    await session.run(
      { ...parameters, ...inputsOf(batch) },
      { [output]: float32([batch.size, width], values) },
    );
    places.forEach((place, row) => {
      results[place] = values.slice(row * width, (row + 1) * width);
    });
    onRows(places);
  }
  return results;
}

/** Logits of each row of features. The session is one of `headStep`. */
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
