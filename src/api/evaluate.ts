/** Evaluation of a trained model on labelled texts. */
import { encodeTargets } from '../data/problem.js';
import { measure, measureIntervals, type AnyIntervals, type AnyMetrics } from '../evaluate/measure.js';
import { calibratedLogits, type Calibrated } from '../evaluate/probabilities.js';
import { answeredOf, type Answered } from '../evaluate/threshold.js';
import { reliabilityOf, type Reliability } from '../evaluate/reliability.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import { cleanAll } from '../data/markup.js';
import { wholeText, type Example } from '../data/example.js';
import { writtenOf } from '../tokenizer/pair.js';
import { BertuneError, InterruptedError } from '../util/errors.js';
import type { Targets } from '../util/problem.js';
import { bagOfWordsScore, MANY_TEXTS, type BagOfWordsScore } from './baseline.js';
import { requireKind } from './kinds.js';
import { columnsOf, dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { keptBagOfWords, trainingTexts } from './training-texts.js';
import { plural } from '../util/wording.js';

export interface EvaluateOptions extends ColumnNames, ClassifierOptions {
  /** Called after each batch. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * What a bag of words learns from, to compare with: labelled texts, or `false` for none.
   * @default the run's own training texts, where they are still at hand
   */
  readonly baseline?: DataInput | false;
  /** Called before a bag of words is trained on many texts, with their number. */
  readonly onBaseline?: (texts: number) => void;
}

/** Metrics and how long they took; the fields are those of `bertune evaluate --json`. */
export type Evaluation = AnyMetrics &
  // Of classes, which have a confidence.
  Partial<Omit<Reliability, 'examples' | 'loss'>> &
  EvaluationNotes;

interface EvaluationNotes {
  readonly seconds: number;
  readonly examples_per_second: number;
  /** How far the metrics may be off by the choice of texts. */
  readonly confidence_intervals: AnyIntervals;
  /** What its logits are divided by, where the run was calibrated: metrics are by it, `uncalibrated` is without. */
  readonly temperature?: number;
  readonly uncalibrated?: Reliability;
  /** The texts that it answers, where it has a threshold; all else above is of all texts, each with its likeliest label. */
  readonly answered?: Answered;
  /** What a bag of words reaches that learnt from the training texts; absent where these aren't at hand. */
  readonly bag_of_words?: BagOfWordsScore;
}

/**
 * How well a model classifies labelled texts.
 *
 * ```ts
 * const { accuracy, confusion_matrix } = await evaluate('runs/imdb-sample', 'data/imdb-sample/test.csv');
 * console.log(accuracy); // 0.883
 * ```
 *
 * @param model a folder, or a classifier in memory (which then stays open)
 * @throws `DataError` for a label that the model doesn't know, with its line and the labels there are
 */
export async function evaluate(
  model: string | Classifier,
  data: DataInput,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const local = await withHubFiles(data, 'test', options);
  const classifier = typeof model === 'string' ? await Classifier.load(model, options) : model;
  let [done, total] = [0, 0];
  try {
    const { problemType, labels, contract } = classifier;
    // The classifier cleans as it was trained; reading must not clean a second time.
    const examples = await readLabelled(local, columnsOf(options), {
      clean: 'none',
      problemType,
      signal: options.signal,
      onEvent: options.onEvent,
    });
    total = examples.length;
    requireKind(contract, examples, dataName(local));
    const targets = encodeTargets(examples, problemType, labels, dataName(local));
    const began = performance.now();
    const logits = await classifier.logits(examples.map(writtenOf), {
      signal: options.signal,
      onProgress: (count) => {
        done = count;
        options.onProgress?.(done, total);
      },
    });
    const seconds = (performance.now() - began) / 1000;
    const bagOfWords = await bagOfWordsBeside(classifier, local, examples, targets, options);
    const calibrated = calibratedLogits(logits, contract);
    return {
      ...measure(calibrated, targets, labels),
      seconds,
      examples_per_second: examples.length / seconds,
      confidence_intervals: measureIntervals(calibrated, targets),
      ...reliabilityIn(logits, targets, contract),
      ...(contract?.threshold &&
        targets.problemType === 'single_label_classification' && {
          answered: answeredOf(calibrated, targets.labelIds, labels, contract.threshold),
        }),
      ...(bagOfWords && { bag_of_words: bagOfWords }),
    };
  } catch (error) {
    if (error instanceof BertuneError || !options.signal?.aborted) throw error;
    throw new InterruptedError(`stopped after ${done} of ${plural(total, 'text')}.`, { cause: error });
  } finally {
    if (typeof model === 'string') await classifier.release();
  }
}

/** Of classes how far confidence can be believed. */
function reliabilityIn(
  logits: readonly ArrayLike<number>[],
  targets: Targets,
  contract: Calibrated | undefined,
): Partial<Reliability & Pick<EvaluationNotes, 'temperature' | 'uncalibrated'>> {
  if (targets.problemType !== 'single_label_classification') return {};
  const { labelIds } = targets;
  return {
    ...reliabilityOf(logits, labelIds, contract),
    ...(contract?.calibration && {
      temperature: contract.calibration.temperature,
      uncalibrated: reliabilityOf(logits, labelIds, undefined),
    }),
  };
}

/** The bag of words on the same texts, where there is something that it can learn from. */
async function bagOfWordsBeside(
  classifier: Classifier,
  data: DataInput,
  examples: readonly Example[],
  targets: Targets,
  { baseline: asked, onBaseline, ...use }: EvaluateOptions,
): Promise<BagOfWordsScore | undefined> {
  if (asked === false) return undefined;
  const baseline = asked && (await withHubFiles(asked, 'train', use));
  const { labels, cleaning, folder, problemType } = classifier;
  const kept = baseline === undefined ? await keptBagOfWords(folder, data) : undefined;
  if (kept) return kept;
  const found =
    baseline === undefined
      ? await trainingTexts(folder)
      : {
          examples: await readLabelled(baseline, columnsOf(use), { ...use, clean: cleaning, problemType }),
          name: dataName(baseline),
        };
  if ('missing' in found) return undefined;
  if (found.examples.length >= MANY_TEXTS) onBaseline?.(found.examples.length);
  const train = {
    examples: found.examples,
    targets: encodeTargets(found.examples, problemType, labels, found.name),
  };
  const cleaned = (await cleanAll(examples.map(wholeText), cleaning)).map((text) => ({ text }));
  return bagOfWordsScore(train, { examples: cleaned, targets }, labels, use.signal);
}
