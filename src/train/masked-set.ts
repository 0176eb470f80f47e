/**
 * Texts with some tokens hidden, to be guessed (Devlin et al. 2018, section 3.1 and appendix A.1): 15 % of a text's tokens
 * are chosen, at least one; of these 80 % become [MASK], 10 % a random token, 10 % stay. Chosen anew every time that a
 * text is seen, as in RoBERTa (Liu et al. 2019, arXiv 1907.11692, section 4.1).
 */
import { padBatch } from '../batching/batch.js';
import { batchInputs, int64 } from '../runtime/runtime.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import type { TrainingSet } from './sets.js';

export interface MaskedTexts {
  readonly texts: readonly ArrayLike<number>[];
  readonly origins: readonly string[];
  readonly padId: number;
  readonly maskId: number;
  readonly vocabSize: number;
  /** Tokens that are never hidden, such as [CLS] and [SEP]. */
  readonly specialIds: ReadonlySet<number>;
  readonly seed: number;
}

/** Of a text's tokens. */
const SHARE = 0.15;

/** What is done with one text: at these places the model has to guess what was there. */
export interface Masking {
  readonly places: readonly number[];
  /** What was there. */
  readonly labels: readonly number[];
  /** What is there now. */
  readonly shown: readonly number[];
}

export function maskedSet(texts: MaskedTexts): TrainingSet {
  const counts = texts.texts.map((ids) => maskedCount(candidatesOf(ids, texts.specialIds).length));
  return {
    lengths: texts.texts.map(({ length }) => length),
    origins: texts.origins,
    microBatch(places, epoch) {
      const positions: number[] = [];
      const labels: number[] = [];
      const length = Math.max(...places.map((place) => texts.texts[place]!.length));
      const masked = places.map((place, row) => {
        const ids = Array.from(texts.texts[place]!);
        const masking = maskText(ids, texts, new RandomStream(texts.seed, PURPOSE.masking, epoch, place));
        masking.places.forEach((at, i) => {
          ids[at] = masking.shown[i]!;
          positions.push(row * length + at);
          labels.push(masking.labels[i]!);
        });
        return ids;
      });
      const batch = padBatch(masked, texts.padId);
      const vector = (numbers: number[]) => int64([numbers.length], BigInt64Array.from(numbers, BigInt));
      return {
        size: batch.size,
        length: batch.length,
        inputs: { ...batchInputs(batch), masked_positions: vector(positions), labels: vector(labels) },
      };
    },
    weight: (places) => places.reduce((sum, place) => sum + counts[place]!, 0),
  };
}

/** Chooses what to hide of a text. Exported for its test. */
export function maskText(
  ids: readonly number[],
  { maskId, vocabSize, specialIds }: Pick<MaskedTexts, 'maskId' | 'vocabSize' | 'specialIds'>,
  random: RandomStream,
): Masking {
  const candidates = candidatesOf(ids, specialIds);
  const places = random
    .shuffle(candidates)
    .slice(0, maskedCount(candidates.length))
    .sort((a, b) => a - b);
  const shown = places.map((place) => {
    const fate = random.uniform();
    if (fate < 0.8) return maskId;
    return fate < 0.9 ? random.below(vocabSize) : ids[place]!;
  });
  return { places, labels: places.map((place) => ids[place]!), shown };
}

function candidatesOf(ids: ArrayLike<number>, specialIds: ReadonlySet<number>): number[] {
  return Array.from(ids, (id, place) => (specialIds.has(id) ? -1 : place)).filter((place) => place >= 0);
}

/** How many of a text's tokens are hidden. */
export function maskedCount(candidates: number): number {
  return candidates === 0 ? 0 : Math.max(1, Math.round(SHARE * candidates));
}
