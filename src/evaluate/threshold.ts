/**
 * Answering only where the model is sure enough: a threshold on the probability of the answer, below which it says nothing
 * (selective classification; El-Yaniv and Wiener 2010). It never changes an answer, only withholds it.
 */
import { softmax } from './logits.js';
import { argmax } from './metrics.js';
import { wilson, type Interval } from './interval.js';

/** What of a run's `bertune.json` bears on when it answers. */
export interface Selective {
  readonly threshold?: { readonly score: number; readonly label: string | null } | undefined;
}

/**
 * Whether an answer is withheld.
 *
 * @param label the answer
 * @param score its probability
 */
export function isUnsure(label: string, score: number, contract: Selective | undefined): boolean {
  const threshold = contract?.threshold;
  if (!threshold || (threshold.label !== null && threshold.label !== label)) return false;
  return score < threshold.score;
}

/** What a threshold makes of an evaluation; the fields are those of the JSON that `bertune evaluate` prints. */
export interface Answered {
  readonly threshold: number;
  /** The only label whose answers are withheld; `null` for all. */
  readonly label: string | null;
  readonly examples: number;
  /** The share of all texts that is answered. */
  readonly coverage: number;
  /** Of those that are; `null` where none is. */
  readonly accuracy: number | null;
  readonly accuracy_interval: Interval | null;
  /** With a threshold for one label, of the texts that are answered with it; `null` where none is. */
  readonly precision?: number | null;
}

/**
 * @param logits [texts][C], by the run's temperature
 * @param labels by class id
 */
export function answeredOf(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  labels: readonly string[],
  threshold: NonNullable<Selective['threshold']>,
): Answered {
  const { score, label } = threshold;
  let [examples, right, named, rightlyNamed] = [0, 0, 0, 0];
  logits.forEach((row, i) => {
    const best = argmax(row);
    if (isUnsure(labels[best]!, softmax(row)[best]!, { threshold })) return;
    const isRight = best === labelIds[i] ? 1 : 0;
    examples++;
    right += isRight;
    if (labels[best] !== label) return;
    named++;
    rightlyNamed += isRight;
  });
  return {
    ...{ threshold: score, label, examples, coverage: examples / logits.length },
    accuracy: examples === 0 ? null : right / examples,
    accuracy_interval: examples === 0 ? null : wilson(right, examples),
    ...(label !== null && { precision: named === 0 ? null : rightlyNamed / named }),
  };
}

/** An answer that the threshold may withhold. */
export interface Answer {
  readonly score: number;
  readonly right: boolean;
}

export type Target = 'precision' | 'recall';

/** The fields have the names of `bertune.json`. */
export interface ChosenThreshold {
  /** Answers with a lower probability are withheld; 0 where none need be. */
  readonly score: number;
  readonly target: Target;
  readonly wanted: number;
  /** The share of the answers given that is right. */
  readonly precision: number;
  readonly precision_interval: Interval;
  /** The share of all texts in question that is answered, and rightly. */
  readonly recall: number;
  readonly recall_interval: Interval;
  /** Answers given, of those that the threshold may withhold. */
  readonly answered: number;
}

/** The best that can be had, where the target can't be. */
export interface OutOfReach {
  readonly best: number;
  /** Answers given there; 0 where there are too few to tell. */
  readonly answered: number;
  /** So many are needed to tell. */
  readonly least: number;
}

/**
 * The threshold that withholds fewest answers and still has the precision that is wanted; or, for recall, that withholds most
 * and still has the recall. It lies halfway between two scores, so that the last bits of another machine don't matter.
 *
 * ```ts
 * chooseThreshold(answers, 60, { target: 'precision', wanted: 0.9 });
 * // { score: 0.81, precision: 0.904, precision_interval: [0.793, 0.959], recall: 0.783, answered: 52, ... }
 * ```
 *
 * @param answers those that the threshold may withhold
 * @param texts what recall is a share of: texts whose right answer is among those in question
 */
export function chooseThreshold(
  answers: readonly Answer[],
  texts: number,
  { target, wanted }: { readonly target: Target; readonly wanted: number },
): ChosenThreshold | OutOfReach {
  const least = fewestFor(wanted);
  const cuts = cutsOf(answers);
  const value = (cut: Cut): number => (target === 'precision' ? cut.right / cut.answered : cut.right / texts);
  const told = cuts.filter(({ answered }) => (target === 'precision' ? answered : texts) >= least);
  const fitting = told.filter((cut) => value(cut) >= wanted);
  const cut = target === 'precision' ? fitting.at(-1) : fitting[0];
  if (!cut) {
    const best = told.reduce<Cut | undefined>((a, b) => (a && value(a) >= value(b) ? a : b), undefined);
    return { best: best ? value(best) : 0, answered: best?.answered ?? 0, least };
  }
  return {
    ...{ score: cut.score, target, wanted },
    ...{ precision: cut.right / cut.answered, precision_interval: wilson(cut.right, cut.answered) },
    ...{ recall: cut.right / texts, recall_interval: wilson(cut.right, texts) },
    answered: cut.answered,
  };
}

/** With fewer, one text more or less would cross the target: 50 for 0.98. At least 20. */
export function fewestFor(wanted: number): number {
  return Math.max(20, Math.ceil(1 / (1 - wanted) - 1e-9));
}

interface Cut {
  /** Answers from here up are given. */
  readonly score: number;
  readonly answered: number;
  readonly right: number;
}

/** Every place where answers can be cut, the surest first; equal scores stay together. */
function cutsOf(answers: readonly Answer[]): Cut[] {
  const sorted = [...answers].sort((a, b) => b.score - a.score);
  const cuts: Cut[] = [];
  let right = 0;
  sorted.forEach((answer, i) => {
    if (answer.right) right++;
    const next = sorted[i + 1]?.score;
    if (next === answer.score) return;
    cuts.push({ score: next === undefined ? 0 : (answer.score + next) / 2, answered: i + 1, right });
  });
  return cuts;
}
