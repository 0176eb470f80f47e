/** Where a classifier fails: its accuracy on parts of the texts, and the errors that it is surest of. */
import { wilson, type Interval } from './interval.js';
import { softmax } from './logits.js';
import { argmax } from './metrics.js';
import { plural } from '../util/wording.js';

/** A part of the texts; the fields are those of the JSON that commands print. */
export interface Slice {
  /** What its texts have in common, such as `positive` or `58 to 112 tokens`. */
  readonly name: string;
  readonly examples: number;
  readonly correct: number;
  readonly accuracy: number;
  /** Within which the true accuracy lies at 95 %, by `wilson`. */
  readonly interval: Interval;
}

/** A text after its classification, as far as slices ask. */
export interface Judged {
  readonly correct: boolean;
  /** Word pieces of the whole text, without special tokens. */
  readonly tokens: number;
  /** How many of them were cut off before the model read it. */
  readonly cut: number;
}

/**
 * Accuracy by the name that each text is given; in the order of `names`, which leaves out what none has.
 *
 * ```ts
 * slicesBy(judged, ['negative', 'positive'], (_, i) => labels[labelIds[i]!]!);
 * // [ { name: 'negative', examples: 520, correct: 479, accuracy: 0.921, interval: [ 0.895, 0.941 ] }, ... ]
 * ```
 */
export function slicesBy<T extends Pick<Judged, 'correct'>>(
  judged: readonly T[],
  names: readonly string[],
  nameOf: (item: T, place: number) => string,
): Slice[] {
  const counts = new Map<string, { examples: number; correct: number }>();
  judged.forEach((item, place) => {
    const name = nameOf(item, place);
    const count = counts.get(name) ?? { examples: 0, correct: 0 };
    counts.set(name, count);
    count.examples++;
    if (item.correct) count.correct++;
  });
  return names.flatMap((name) => {
    const count = counts.get(name);
    if (!count) return [];
    const { examples, correct } = count;
    return [{ name, examples, correct, accuracy: correct / examples, interval: wilson(correct, examples) }];
  });
}

/**
 * Accuracy by length: up to `parts` parts of like many texts, from the shortest to the longest. Texts of one length are in
 * one part, so there are fewer parts where lengths are few.
 */
export function slicesByLength(judged: readonly Judged[], parts = 5): Slice[] {
  const sorted = judged.map(({ tokens }) => tokens).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const ends = Array.from({ length: parts }, (_, i) => {
    return sorted[Math.ceil(((i + 1) * sorted.length) / parts) - 1]!;
  });
  const lasts = [...new Set(ends)];
  // A part is named by the lengths that are in it.
  const names = lasts.map((last, i) => {
    const first = i === 0 ? sorted[0]! : sorted.find((tokens) => tokens > lasts[i - 1]!)!;
    return first === last ? plural(last, 'token') : `${first} to ${last} tokens`;
  });
  return slicesBy(judged, names, ({ tokens }) => names[lasts.findIndex((last) => tokens <= last)]!);
}

const CUTS = ['read whole', 'up to 25 % cut', '25 to 50 % cut', 'over 50 % cut'] as const;

/** Accuracy by the share of a text that was cut off. */
export function slicesByCut(judged: readonly Judged[]): Slice[] {
  return slicesBy(judged, CUTS, ({ tokens, cut }) => {
    if (cut === 0) return CUTS[0];
    const share = cut / tokens;
    return share <= 0.25 ? CUTS[1] : share <= 0.5 ? CUTS[2] : CUTS[3];
  });
}

/** A text that was classified wrongly. */
export interface WrongText {
  /** In the list of texts. */
  readonly place: number;
  /** The class that it should have. */
  readonly truth: number;
  /** The class that it got, and the probability of that. */
  readonly predicted: number;
  readonly score: number;
}

/**
 * The errors, those first that the classifier was surest of.
 *
 * @param logits [examples][C]
 * @param labelIds the true classes
 */
export function confidentErrors(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
): WrongText[] {
  const wrong = logits.flatMap((row, place): WrongText[] => {
    const [truth, predicted] = [labelIds[place]!, argmax(row)];
    return truth === predicted ? [] : [{ place, truth, predicted, score: softmax(row)[predicted]! }];
  });
  return wrong.sort((a, b) => b.score - a.score || a.place - b.place);
}
