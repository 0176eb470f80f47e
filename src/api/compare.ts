/** Two models on the same texts: is one really better? */
import { encodeLabels } from '../data/labels.js';
import type { Interval } from '../evaluate/bootstrap.js';
import { intervalsOf } from '../evaluate/bootstrap.js';
import { mcnemar, SIGNIFICANT, textsNeeded, type McNemar } from '../evaluate/mcnemar.js';
import { argmax, metricsOf } from '../evaluate/metrics.js';
import { differenceIntervals } from '../evaluate/paired.js';
import type { Example } from '../data/example.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import { writtenOf } from '../tokenizer/pair.js';
import { UsageError } from '../util/errors.js';
import { plural, quoteList } from '../util/wording.js';
import { columnsOf, dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { requireClasses, requireKind } from './kinds.js';

export interface CompareOptions extends ColumnNames, Omit<ClassifierOptions, 'clean' | 'dtype'> {
  /** Called after each batch; `run` is the place, 0 or 1, of the model that reads. */
  readonly onProgress?: (run: number, done: number, total: number) => void;
}

export interface ComparedRun {
  readonly run: string;
  readonly accuracy: number;
  readonly accuracy_interval: Interval;
  readonly f1: number;
  readonly f1_interval: Interval;
}

/** The fields are those of `bertune compare --json`. */
export interface PairedComparison {
  readonly examples: number;
  readonly labels: readonly string[];
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** b less a. */
  readonly difference: {
    readonly accuracy: number;
    readonly accuracy_interval: Interval;
    readonly f1: number;
    readonly f1_interval: Interval;
  };
  readonly both_right: number;
  readonly both_wrong: number;
  readonly only_a_right: number;
  readonly only_b_right: number;
  /** Of the accuracies. */
  readonly mcnemar: McNemar;
  /** Which is better; `null` where the texts can't tell. */
  readonly better: 'a' | 'b' | null;
  /** So many texts would tell, where these can't; `null` where they can, or where there is no difference at all. */
  readonly texts_needed: number | null;
  /** The same in a sentence. */
  readonly verdict: string;
}

/**
 * Compares two models on the same labelled texts.
 *
 * ```ts
 * const { verdict, mcnemar } = await compare('runs/a', 'runs/b', 'test.csv');
 * console.log(verdict);
 * // runs/b is right on 31 texts where runs/a is wrong, runs/a on 12 where runs/b is wrong: runs/b is better, p = 0.005.
 * ```
 *
 * @throws `UsageError` for models with different labels, with both lists; else what `evaluate` throws
 */
export async function compare(
  first: string,
  second: string,
  data: DataInput,
  options: CompareOptions = {},
): Promise<PairedComparison> {
  const local = await withHubFiles(data, 'test', options);
  const a = await Classifier.load(first, options);
  try {
    const b = await Classifier.load(second, options);
    try {
      const { labels, problemType } = a;
      for (const each of [a, b])
        requireClasses(each.folder, each.problemType, 'only models of classes are compared');
      requireSameLabels(first, labels, second, b.labels);
      // Each cleans as it was trained.
      const examples = await readLabelled(local, columnsOf(options), {
        ...options,
        ...{ clean: 'none', problemType },
      });
      for (const { contract } of [a, b]) requireKind(contract, examples, dataName(local));
      const labelIds = encodeLabels(examples, labels, dataName(local));
      const logits = await logitsBy(a, 0, examples, options);
      const others = await logitsBy(b, 1, examples, options);
      const places = labels.map((label) => b.labels.indexOf(label)); // the order may be another
      const inOrder = others.map((row) => Float32Array.from(places, (place) => row[place]!));
      return comparisonOf({ first, second, labels, labelIds }, logits, inOrder);
    } finally {
      await b.release();
    }
  } finally {
    await a.release();
  }
}

/** The same of logits: [texts][C] of each. */
export function comparisonOf(
  {
    first,
    second,
    labels,
    labelIds,
  }: { first: string; second: string; labels: readonly string[]; labelIds: Int32Array },
  firstLogits: readonly ArrayLike<number>[],
  secondLogits: readonly ArrayLike<number>[],
): PairedComparison {
  const a = comparedRun(first, firstLogits, labelIds, labels);
  const b = comparedRun(second, secondLogits, labelIds, labels);
  const answers = [firstLogits, secondLogits].map((logits) => Int32Array.from(logits, argmax));
  const [answersA, answersB] = [answers[0]!, answers[1]!];
  const counts = { both_right: 0, both_wrong: 0, only_a_right: 0, only_b_right: 0 };
  labelIds.forEach((label, i) => {
    const [rightA, rightB] = [answersA[i] === label, answersB[i] === label];
    counts[rightA ? (rightB ? 'both_right' : 'only_a_right') : rightB ? 'only_b_right' : 'both_wrong']++;
  });
  const { only_a_right: onlyA, only_b_right: onlyB } = counts;
  const test = mcnemar(onlyA, onlyB);
  const isReal = test.p_value < SIGNIFICANT;
  const needed = isReal ? undefined : textsNeeded(onlyA, onlyB, labelIds.length);
  const intervals = differenceIntervals(answersA, answersB, labelIds, labels.length);
  return {
    ...{ examples: labelIds.length, labels, a, b },
    difference: {
      ...{ accuracy: b.accuracy - a.accuracy, accuracy_interval: intervals.accuracy },
      ...{ f1: b.f1 - a.f1, f1_interval: intervals.f1 },
    },
    ...counts,
    mcnemar: test,
    better: isReal ? (onlyA > onlyB ? 'a' : 'b') : null,
    texts_needed: needed ?? null,
    verdict: verdictOf([first, second], [onlyA, onlyB], test.p_value, needed),
  };
}

function comparedRun(
  run: string,
  logits: readonly ArrayLike<number>[],
  labelIds: Int32Array,
  labels: readonly string[],
): ComparedRun {
  const { accuracy, f1 } = metricsOf(logits, labelIds, labels);
  const intervals = intervalsOf(logits, labelIds);
  return { run, accuracy, accuracy_interval: intervals.accuracy, f1, f1_interval: intervals.f1 };
}

/** In a sentence. */
function verdictOf(
  [first, second]: readonly [string, string],
  [onlyA, onlyB]: readonly [number, number],
  p: number,
  needed: number | undefined,
): string {
  const [better, worse, more, fewer] =
    onlyA > onlyB ? [first, second, onlyA, onlyB] : [second, first, onlyB, onlyA];
  if (more === 0) return `both are right on the same texts: the data can't tell them apart, ${shownP(p)}.`;
  const counts = `${better} is right on ${plural(more, 'text')} where ${worse} is wrong, ${worse} on ${fewer} where ${better} is wrong`;
  if (p < SIGNIFICANT) return `${counts}: ${better} is better, ${shownP(p)}.`;
  const rest =
    needed === undefined
      ? 'there is no difference that more texts like these would show'
      : `about ${roundUp(needed).toLocaleString('en-US')} texts would be needed to tell a difference of this size`;
  return `${counts}: the data can't tell them apart, ${shownP(p)}; ${rest}.`;
}

const shownP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`);

/** To two digits, as the difference itself is not known better. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}

function logitsBy(
  classifier: Classifier,
  place: number,
  examples: readonly Example[],
  { onProgress, signal }: CompareOptions,
): Promise<Float32Array[]> {
  const texts = examples.map(writtenOf);
  return classifier.logits(texts, { signal, onProgress: (done) => onProgress?.(place, done, texts.length) });
}

function requireSameLabels(
  first: string,
  labels: readonly string[],
  second: string,
  others: readonly string[],
): void {
  if (labels.length === others.length && labels.every((label) => others.includes(label))) return;
  throw new UsageError(
    `the two have different labels, so no text can be right for both: ${first} has ${quoteList(labels)}, ` +
      `${second} has ${quoteList(others)}.`,
  );
}
