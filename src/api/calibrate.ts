/** `bertune calibrate`: a finished run's temperature and threshold, by texts that it has not learnt from. */
import { readRunRecord, rewriteCalibration } from '../checkpoint/rewrite.js';
import type { Threshold } from '../checkpoint/contract.js';
import type { Example } from '../data/example.js';
import { comparable } from '../data/duplicates.js';
import { encodeLabels } from '../data/labels.js';
import { argmax } from '../evaluate/metrics.js';
import { probabilitiesOf, type Calibrated } from '../evaluate/probabilities.js';
import { reliabilityOf, type Reliability } from '../evaluate/reliability.js';
import {
  chooseThreshold,
  fewestFor,
  type Answer,
  type ChosenThreshold,
  type Target,
} from '../evaluate/threshold.js';
import { UNSURE } from '../predict/classifier.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import { DataError, UsageError } from '../util/errors.js';
import { writtenOf } from '../tokenizer/pair.js';
import { nearest } from '../util/nearest.js';
import { isObject } from '../util/objects.js';
import { isOrAre, plural, quoteList } from '../util/wording.js';
import { FEW_TEXTS, fitCalibration, type FittedCalibration } from './calibration.js';
import { columnsOf, dataName, hashesOf, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { requireClasses, requireKind } from './kinds.js';
import { trainingTexts } from './training-texts.js';

export interface CalibrateOptions extends ColumnNames, ClassifierOptions {
  /** The share of the answers that should be right; what is less sure is withheld. At most one of these two. */
  readonly targetPrecision?: number;
  /** The share of all texts that should be answered, and rightly; as many answers are withheld as that allows. */
  readonly targetRecall?: number;
  /** The only label whose answers are withheld, and whose precision or recall is meant. @default all */
  readonly label?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A threshold as `bertune.json` keeps it. */
export interface KeptThreshold extends Threshold, ChosenThreshold {
  /** The share of all texts that is answered. */
  readonly coverage: number;
  readonly examples: number;
  readonly data: string;
}

/** The fields are those of `bertune calibrate --json`. */
export interface CalibrateResult {
  readonly folder: string;
  readonly calibration: FittedCalibration;
  /** On the texts that it was fitted on. */
  readonly before: Reliability;
  readonly after: Reliability;
  readonly threshold?: KeptThreshold;
  /** What speaks against these texts, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Fits the temperature of a run's probabilities on held-out texts and, if asked, chooses the threshold below which it
 * answers "unsure". Both are written into its `bertune.json`, in the place of those that were there.
 *
 * ```ts
 * const { calibration, threshold } = await calibrate('runs/reviews', 'held.csv', { targetPrecision: 0.98 });
 * console.log(calibration.temperature, threshold.score, threshold.coverage); // 1.42 0.957 0.61
 * ```
 *
 * @throws `DataError` for the texts that the run learnt from, for texts that fit no temperature, and where the precision or
 *   recall can't be reached; `UsageError` for a target or label that has no meaning. The run is then as it was.
 */
export async function calibrate(
  run: string,
  data: DataInput,
  options: CalibrateOptions = {},
): Promise<CalibrateResult> {
  const target = targetOf(options);
  const record = await readRunRecord(run);
  const local = await withHubFiles(data, 'test', options);
  const name = dataName(local);
  const hash = await hashesOf(local);
  const warnings = warningsOf(record, run, name, hash);
  const classifier = await Classifier.load(run, options);
  try {
    const { problemType } = classifier;
    requireClasses(run, problemType, 'only classes have a temperature');
    // The classifier cleans.
    const examples = await readLabelled(local, columnsOf(options), {
      ...options,
      ...{ clean: 'none', problemType },
    });
    requireKind(classifier.contract, examples, name);
    const shared = await sharedWithTraining(run, examples);
    if (shared > 0)
      warnings.push(
        `${shared} of the ${plural(examples.length, 'text')} ${isOrAre(shared)} among those it learnt from.`,
      );
    if (examples.length < FEW_TEXTS) {
      warnings.push(
        `${plural(examples.length, 'text')} ${isOrAre(examples.length)} few to calibrate on: at least some hundred are worth having.`,
      );
    }
    checkLabel(classifier.labels, options.label, target !== undefined);
    const labelIds = encodeLabels(examples, classifier.labels, name);
    const logits = await classifier.logits(examples.map(writtenOf), {
      signal: options.signal,
      onProgress: (done) => options.onProgress?.(done, examples.length),
    });
    const calibration = fitCalibration(logits, labelIds, { data: name, data_sha256: hash });
    if ('reason' in calibration) throw new DataError(`${name}: ${calibration.reason}. ${run} is as it was.`);
    const threshold =
      target &&
      choose(logits, labelIds, { calibration }, classifier.labels, { ...target, label: options.label, name });
    if (!threshold && record['threshold'] !== undefined) {
      warnings.push(
        'the threshold that was kept with the old temperature is gone: --target-precision or --target-recall chooses a new one.',
      );
    }
    await rewriteCalibration(run, { calibration, threshold });
    return {
      ...{ folder: run, calibration },
      before: reliabilityOf(logits, labelIds, undefined),
      after: reliabilityOf(logits, labelIds, { calibration }),
      ...(threshold && { threshold }),
      warnings,
    };
  } finally {
    await classifier.release();
  }
}

interface Wanted {
  readonly target: Target;
  readonly wanted: number;
}

function targetOf({ targetPrecision, targetRecall, label }: CalibrateOptions): Wanted | undefined {
  if (targetPrecision !== undefined && targetRecall !== undefined) {
    throw new UsageError(
      '--target-precision and --target-recall exclude each other: one threshold has one aim.',
    );
  }
  const wanted = targetPrecision ?? targetRecall;
  const target = targetPrecision === undefined ? 'recall' : 'precision';
  if (wanted === undefined) {
    if (label === undefined) return undefined;
    throw new UsageError('--label goes with --target-precision or --target-recall.');
  }
  if (wanted > 0 && wanted < 1) return { target, wanted };
  throw new UsageError(
    `--target-${target} is ${wanted}, expected a number between 0 and 1, such as 0.98. 1 can't be promised from any number of texts.`,
  );
}

function checkLabel(labels: readonly string[], label: string | undefined, hasTarget: boolean): void {
  if (hasTarget && labels.includes(UNSURE)) {
    throw new UsageError(
      `a label is called "${UNSURE}", which is what is answered below a threshold: rename it first.`,
    );
  }
  if (label === undefined || labels.includes(label)) return;
  const close = nearest(label, labels);
  const hint = close === undefined ? `known are ${quoteList(labels)}` : `did you mean "${close}"?`;
  throw new UsageError(`--label: the model has no label "${label}"; ${hint}`);
}

function choose(
  logits: readonly ArrayLike<number>[],
  labelIds: Int32Array,
  contract: Calibrated,
  labels: readonly string[],
  { label, name, ...wanted }: Wanted & { readonly label: string | undefined; readonly name: string },
): KeptThreshold {
  const id = label === undefined ? undefined : labels.indexOf(label);
  const answers = logits.flatMap((row, i): Answer[] => {
    const best = argmax(row);
    if (id !== undefined && best !== id) return [];
    return [{ score: probabilitiesOf(row, contract)[best]!, right: best === labelIds[i] }];
  });
  const texts = id === undefined ? logits.length : labelIds.filter((each) => each === id).length;
  const chosen = chooseThreshold(answers, texts, wanted);
  if ('best' in chosen)
    throw unreached(wanted, chosen.best, chosen.answered, { label, name, texts, answers });
  const withheld = answers.length - chosen.answered;
  return {
    ...chosen,
    label: label ?? null,
    coverage: 1 - withheld / logits.length,
    ...{ examples: logits.length, data: name },
  };
}

function unreached(
  { target, wanted }: Wanted,
  best: number,
  answered: number,
  {
    label,
    name,
    texts,
    answers,
  }: { label: string | undefined; name: string; texts: number; answers: readonly Answer[] },
): DataError {
  const of = label === undefined ? '' : ` of "${label}"`;
  const [found, what] = target === 'precision' ? [answers.length, 'answers'] : [texts, 'texts'];
  const least = fewestFor(wanted);
  const why =
    found < least
      ? `${found} ${what}${of} can't tell a ${target} of ${wanted}: ${least} are needed at least`
      : `no threshold gives a ${target}${of} of ${wanted} on these texts. The highest is ${best.toFixed(3)}` +
        (target === 'precision'
          ? `, with ${answered} of ${found} answers given (fewer than ${least} can't tell)`
          : ', where nothing is withheld');
  return new DataError(`${name}: ${why}. The run is as it was.`);
}

/** Refuses the texts that the run learnt from; says it of those that it was evaluated on. */
function warningsOf(
  record: Readonly<Record<string, unknown>>,
  run: string,
  name: string,
  hash: Awaited<ReturnType<typeof hashesOf>>,
): string[] {
  const data = isObject(record['data']) ? record['data'] : {};
  const same = (field: string): boolean =>
    [hash].flat().some((one) => one !== null && [data[field]].flat().includes(one));
  if (same('train_sha256')) {
    throw new DataError(
      `${name} is what ${run} was trained on: there it is surer than on anything new. Give texts that it has not learnt from.`,
    );
  }
  if (!same('test_sha256')) return [];
  return ['these are the texts that the run was evaluated on: measure the calibrated run on others.'];
}

/** How many of the texts are among the run's training texts, where these are at hand. */
async function sharedWithTraining(run: string, examples: readonly Example[]): Promise<number> {
  const training = await trainingTexts(run);
  if ('missing' in training) return 0;
  const learnt = new Set(training.examples.map(({ text }) => comparable(text)));
  return examples.filter(({ text }) => learnt.has(comparable(text))).length;
}
