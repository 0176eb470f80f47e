/** Why a text is classified as it is: what each of its words adds to a label's logit. */
import { padBatch } from '../batching/batch.js';
import { inRuns } from '../batching/order.js';
import { BATCH_TOKENS, type Scorer } from '../evaluate/logits.js';
import { batchInputs, float32, int64 } from '../runtime/runtime.js';
import type { WordSpan } from '../tokenizer/spans.js';
import type { WordEncoding } from '../tokenizer/tokenizer.js';
import { integrate, type Attribution, type IntegrateOptions, type PathPoint } from './integrate.js';

/** What a word adds to the logit; the fields are those of the JSON that `bertune explain` prints. */
export interface WordContribution {
  readonly word: string;
  /** Where it is in the text, in UTF-16 units; `end` is not included. */
  readonly start: number;
  readonly end: number;
  /** What it adds to the logit. `null` for a word that was cut off, and so not read. */
  readonly contribution: number | null;
}

/** What it is about: ids of the text and of the baseline, and which logit. */
interface Question {
  readonly ids: readonly number[];
  readonly baselineIds: readonly number[];
  readonly target: number;
}

export interface AttributionOptions extends IntegrateOptions {
  /** Stops between batches, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * What each token adds to a logit: integrated gradients on the word embeddings.
 *
 * @param scorer its session is one of `pathGradientStep`
 */
export function attribute(
  scorer: Scorer,
  question: Question,
  { signal, ...options }: AttributionOptions = {},
): Promise<Attribution> {
  const { length } = question.ids;
  // One batch at a time, as many places of the path as fit into it.
  const places = Math.max(1, Math.floor(BATCH_TOKENS / length));
  return integrate(async (along) => {
    const points: PathPoint[] = [];
    for (const run of inRuns(along, places)) {
      signal?.throwIfAborted();
      points.push(...(await pointsAt(scorer, question, run)));
    }
    return points;
  }, options);
}

/** The same text at several places of its path, as a batch. */
async function pointsAt(
  { session, parameters, numLabels, padId }: Scorer,
  { ids, baselineIds, target }: Question,
  along: readonly number[],
): Promise<PathPoint[]> {
  const [B, S] = [along.length, ids.length];
  const repeat = (row: readonly number[]): (readonly number[])[] => along.map(() => row);
  const baseline = padBatch(repeat(baselineIds), padId).inputIds;
  const logits = new Float32Array(B * numLabels);
  const slopes = new Float32Array(B * S);
  await session.run(
    {
      ...parameters,
      ...batchInputs(padBatch(repeat(ids), padId)),
      baseline_ids: int64([B, S], baseline),
      along: float32([B], Float32Array.from(along)),
      target: float32(
        [numLabels],
        Float32Array.from({ length: numLabels }, (_, id) => (id === target ? 1 : 0)),
      ),
    },
    { logits: float32([B, numLabels], logits), slopes: float32([B, S], slopes) },
  );
  return along.map((_, row) => ({
    value: logits[row * numLabels + target]!,
    slopes: slopes.subarray(row * S, (row + 1) * S),
  }));
}

/** The ids with `fillId` in the place of every piece of a word; special tokens stay. Token types are the text's own. */
export function baselineOf({ ids, wordOf }: Pick<WordEncoding, 'ids' | 'wordOf'>, fillId: number): number[] {
  return ids.map((id, place) => (wordOf[place] === -1 ? id : fillId));
}

/** The pieces' contributions, added up to words; `null` for a word that was not read. */
export function sumsOfWords(
  { words, wordOf }: Pick<WordEncoding, 'words' | 'wordOf'>,
  contributions: readonly number[],
): (number | null)[] {
  const sums = new Array<number | null>(words.length).fill(null);
  wordOf.forEach((word, place) => {
    if (word >= 0) sums[word] = (sums[word] ?? 0) + contributions[place]!;
  });
  return sums;
}

/** The words of a text with what each adds. */
export function wordContributions(
  text: string,
  words: readonly WordSpan[],
  sums: readonly (number | null)[],
): WordContribution[] {
  return words.map(({ start, end }, i) => ({
    word: text.slice(start, end),
    start,
    end,
    contribution: sums[i]!,
  }));
}
