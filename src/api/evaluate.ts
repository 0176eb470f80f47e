/** Evaluation of a trained model on labelled texts. */
import { encodeLabels } from '../data/labels.js';
import { intervalsOf, type Intervals } from '../evaluate/bootstrap.js';
import { metricsOf, type Metrics } from '../evaluate/metrics.js';
import { calibratedLogits } from '../evaluate/probabilities.js';
import { reliabilityOf, type Reliability } from '../evaluate/reliability.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import { cleanAll } from '../data/markup.js';
import type { Example } from '../data/example.js';
import { BertuneError, InterruptedError } from '../util/errors.js';
import { bagOfWordsScore, MANY_TEXTS, type BagOfWordsScore } from './baseline.js';
import { dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { keptBagOfWords, trainingTexts } from './training-texts.js';

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
export interface Evaluation extends Metrics, Reliability {
  readonly seconds: number;
  readonly examples_per_second: number;
  /** How far the metrics may be off by the choice of texts. */
  readonly confidence_intervals: Intervals;
  /** What its logits are divided by, where the run was calibrated: metrics are by it, `uncalibrated` is without. */
  readonly temperature?: number;
  readonly uncalibrated?: Reliability;
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
  const { textColumn, labelColumn } = options;
  // The classifier cleans as it was trained; reading must not clean a second time.
  const local = await withHubFiles(data, 'test', options);
  const examples = await readLabelled(local, { textColumn, labelColumn }, 'none');
  const classifier = typeof model === 'string' ? await Classifier.load(model, options) : model;
  let done = 0;
  try {
    const labelIds = encodeLabels(examples, classifier.labels, dataName(local));
    const began = performance.now();
    const logits = await classifier.logits(
      examples.map(({ text }) => text),
      {
        signal: options.signal,
        onProgress: (count) => {
          done = count;
          options.onProgress?.(done, examples.length);
        },
      },
    );
    const seconds = (performance.now() - began) / 1000;
    const bagOfWords = await bagOfWordsBeside(classifier, local, examples, labelIds, options);
    const { contract } = classifier;
    const calibrated = calibratedLogits(logits, contract);
    return {
      ...metricsOf(calibrated, labelIds, classifier.labels),
      seconds,
      examples_per_second: examples.length / seconds,
      confidence_intervals: intervalsOf(calibrated, labelIds),
      ...reliabilityOf(logits, labelIds, contract),
      ...(contract?.calibration && {
        temperature: contract.calibration.temperature,
        uncalibrated: reliabilityOf(logits, labelIds, undefined),
      }),
      ...(bagOfWords && { bag_of_words: bagOfWords }),
    };
  } catch (error) {
    if (error instanceof BertuneError || !options.signal?.aborted) throw error;
    throw new InterruptedError(`stopped after ${done} of ${examples.length} texts.`, { cause: error });
  } finally {
    if (typeof model === 'string') await classifier.release();
  }
}

/** The bag of words on the same texts, where there is something that it can learn from. */
async function bagOfWordsBeside(
  classifier: Classifier,
  data: DataInput,
  examples: readonly Example[],
  labelIds: Int32Array,
  { baseline: asked, textColumn, labelColumn, onBaseline, ...use }: EvaluateOptions,
): Promise<BagOfWordsScore | undefined> {
  if (asked === false) return undefined;
  const baseline = asked && (await withHubFiles(asked, 'train', use));
  const { labels, cleaning, folder } = classifier;
  const kept = baseline === undefined ? await keptBagOfWords(folder, data) : undefined;
  if (kept) return kept;
  const found =
    baseline === undefined
      ? await trainingTexts(folder)
      : {
          examples: await readLabelled(baseline, { textColumn, labelColumn }, cleaning),
          name: dataName(baseline),
        };
  if ('missing' in found) return undefined;
  if (found.examples.length >= MANY_TEXTS) onBaseline?.(found.examples.length);
  const train = {
    texts: found.examples.map(({ text }) => text),
    labelIds: encodeLabels(found.examples, labels, found.name),
  };
  const texts = await cleanAll(
    examples.map(({ text }) => text),
    cleaning,
  );
  return bagOfWordsScore(train, { texts, labelIds }, labels, use.signal);
}
