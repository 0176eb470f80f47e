/** Cross-validation: every text is classified by a model that has not seen it. */
import type { Example } from '../data/example.js';
import { classAt, encodeLabels, labelsOf } from '../data/labels.js';
import { findProblem } from '../data/problem.js';
import { stratifiedFolds } from '../data/split.js';
import { intervalsOf, type Intervals } from '../evaluate/bootstrap.js';
import { metricsOf, type Metrics } from '../evaluate/metrics.js';
import { reliabilityOf, type Reliability } from '../evaluate/reliability.js';
import type { ResolvedSettings, TrainSettings } from '../train/settings.js';
import { InternalError, UsageError } from '../util/errors.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { columnsOf, dataName, readLabelled, type DataInput, type LabelledText } from './data.js';
import { withHubData } from './hub-data.js';
import { requireClasses } from './kinds.js';
import { prepare } from './prepare.js';
import { spreadOf, type Spread } from './seeds.js';
import { trainAndEvaluate } from './train.js';
import { splitOptions, stopWhenAsked, type TrainJob, type TrainOptions } from './train-options.js';

/** Why other labels are refused. */
export const CROSS_VALIDATED = 'only classes are cross-validated';

export interface FoldsOptions extends TrainOptions {
  /** Parts that the texts are cut into, each the test of a model trained on the others: from 2 up. */
  readonly folds: number;
  /** Called before each training. */
  readonly onFold?: (fold: number) => void;
}

/** What came out, with an entry for each text in the order of the data. */
export interface CrossValidation {
  readonly labels: readonly string[];
  readonly settings: ResolvedSettings;
  /** The texts as they were read, cleaned, and where each is from. */
  readonly examples: readonly Example[];
  readonly labelIds: Int32Array;
  /** The fold that each text was tested in, from 0 up. */
  readonly foldOf: Int32Array;
  /** [texts][C], each from the model that has not seen the text. */
  readonly logits: readonly Float32Array[];
  /** Of all texts together. */
  readonly metrics: Metrics;
  readonly intervals: Intervals;
  readonly reliability: Reliability;
  /** Of each fold. */
  readonly folds: readonly Metrics[];
  /** Over the folds. */
  readonly accuracy: Spread;
  readonly f1: Spread;
  readonly loss: Spread;
}

/**
 * Trains once for each fold on the texts of the others, and classifies the fold's texts. Folds are drawn from the seed and
 * hold the same share of each class. Nothing is saved: a model for use is trained on all texts afterwards.
 *
 * ```ts
 * const { accuracy, logits } = await crossValidate({ data: 'reviews.csv', folds: 5 });
 * console.log(accuracy.mean, accuracy.std, logits.length); // 0.878 0.011 2000
 * ```
 *
 * @throws what `train` throws; `UsageError` for a number of folds below 2 and for options that have no meaning here;
 *   `DataError` for a class with a single text
 */
export async function crossValidate(options: FoldsOptions): Promise<CrossValidation> {
  const { folds, onFold, ...given } = options;
  refuseOthers(options);
  const { settings, job: asked } = splitOptions(given);
  const job = await withHubData(asked);
  const name = dataName(job.data);
  const reading = { ...settings, signal: job.signal, onEvent: job.onEvent };
  const examples = await readLabelled(job.data, columnsOf(job), reading);
  requireClasses(name, findProblem(examples, name, settings.problemType).problemType, CROSS_VALIDATED);
  const validation =
    job.validation === undefined ? undefined : await readLabelled(job.validation, columnsOf(job), reading);
  const labelIds = encodeLabels(examples, labelsOf(examples, name), name);
  const random = new RandomStream(job.splitSeed ?? settings.seed, PURPOSE.folds);
  const foldOf = stratifiedFolds(
    labelIds,
    folds,
    () => random.uniform(),
    (i) => classAt(examples[i]!, name),
  );
  const logits = new Array<Float32Array>(examples.length);
  const metrics: Metrics[] = [];
  let resolved: ResolvedSettings | undefined;
  let labels: readonly string[] = [];
  for (let fold = 0; fold < folds; fold++) {
    stopWhenAsked(job.signal, `before fold ${fold + 1} of ${folds}`);
    onFold?.(fold);
    const done = await oneFold(job, settings, examples, validation, (place) => foldOf[place] === fold);
    done.places.forEach((place, i) => (logits[place] = done.logits[i]!));
    metrics.push(done.metrics);
    ({ labels, settings: resolved } = done);
  }
  if (!resolved) throw new InternalError('no fold was trained');
  // Of the model, whose own labels may stand in another order than that of the data.
  const truth = encodeLabels(examples, labels, name);
  const over = (field: 'accuracy' | 'f1' | 'loss'): Spread => spreadOf(metrics.map((each) => each[field]));
  return {
    ...{ labels, settings: resolved, examples, labelIds: truth, foldOf, logits },
    metrics: metricsOf(logits, truth, labels),
    intervals: intervalsOf(logits, truth),
    reliability: reliabilityOf(logits, truth, undefined),
    folds: metrics,
    ...{ accuracy: over('accuracy'), f1: over('f1'), loss: over('loss') },
  };
}

function refuseOthers({ folds, test, testSplit, calibrate, saveSteps, resume }: FoldsOptions): void {
  if (!Number.isSafeInteger(folds) || folds < 2) {
    throw new UsageError(`--folds is ${String(folds)}, expected a whole number from 2 up, such as 5.`);
  }
  const other = (test !== undefined && '--test') || (testSplit !== undefined && '--test-split');
  if (other) {
    throw new UsageError(
      `--folds and ${other} exclude each other: each fold is tested on by the model of the others.`,
    );
  }
  if ((saveSteps ?? 0) > 0 || resume === true) {
    throw new UsageError(
      '--folds saves no model, so no checkpoints either: leave out --save-steps and resume.',
    );
  }
  if (calibrate) {
    throw new UsageError(
      '--folds saves no model that could be calibrated: leave --calibrate for the run on all texts.',
    );
  }
}

interface DoneFold {
  readonly labels: readonly string[];
  readonly settings: ResolvedSettings;
  /** Of the fold's texts in the data. */
  readonly places: readonly number[];
  readonly logits: readonly Float32Array[];
  readonly metrics: Metrics;
}

async function oneFold(
  job: TrainJob,
  settings: TrainSettings,
  examples: readonly Example[],
  validation: readonly Example[] | undefined,
  isTested: (place: number) => boolean,
): Promise<DoneFold> {
  const places = examples.flatMap((_, place) => (isTested(place) ? [place] : []));
  const fold: TrainJob = {
    ...job,
    data: inMemory(examples.filter((_, place) => !isTested(place))),
    test: inMemory(places.map((place) => examples[place]!)),
    ...(validation && { validation: inMemory(validation) }),
  };
  const { written: _, ...prepared } = await prepare(fold, {
    ...settings,
    problemType: 'single_label_classification',
    clean: 'none',
  }); // they are clean already
  const { result, logits } = await trainAndEvaluate(prepared, undefined, fold);
  const { metrics } = result;
  if (metrics.problem_type !== 'single_label_classification')
    throw new InternalError('a fold has no classes');
  return { ...result, settings: { ...result.settings, clean: settings.clean }, places, logits, metrics };
}

/** Examples that were read, as data that is in memory. */
export const inMemory = (examples: readonly Example[]): DataInput =>
  examples.map(({ text, textPair, label = '' }): LabelledText => ({
    text,
    ...(textPair !== undefined && { textPair }),
    label,
  }));
