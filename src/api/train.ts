/** A training run from data to folder: joins the rooms in the order in which a text walks through them. */
import type { GoldenText } from '../checkpoint/contract.js';
import { saveRun, type RunFiles } from '../checkpoint/save.js';
import { logitsOf, type Scorer } from '../evaluate/logits.js';
import { calibratedLogits, type Calibrated } from '../evaluate/probabilities.js';
import { reliabilityOf } from '../evaluate/reliability.js';
import { measure, measureIntervals } from '../evaluate/measure.js';
import { simplestAnswer } from '../evaluate/simplest.js';
import { sha256Of } from '../files/hash.js';
import { RunFolder } from '../files/run-folder.js';
import { goldenOf } from '../predict/golden.js';
import { runTraining, type LoopOptions, type TrainingResult } from '../train/loop.js';
import type { TrainSettings } from '../train/settings.js';
import type { Targets } from '../util/problem.js';
import { plural } from '../util/wording.js';
import { bagOfWordsScore, MANY_TEXTS, type BagOfWordsScore } from './baseline.js';
import { FEW_TEXTS, fitCalibration, type FittedCalibration } from './calibration.js';
import { dataName, hashesOf, shortName } from './data.js';
import { Checkpoints, hashOfModel, hashOfTexts, spaceNeeded, type CheckpointedRun } from './checkpoints.js';
import { withHubData } from './hub-data.js';
import { keepingTraining, trainFrom } from './keeping.js';
import { prepare, type Prepared } from './prepare.js';
import { reportFiles } from './report.js';
import { runFiles } from './run-files.js';
import { startRun, type StartedRun } from './start.js';
import { TensorBoardLog } from './tensorboard.js';
import { predictionsOf } from './tested.js';
import {
  splitOptions,
  stopWhenAsked,
  type TrainJob,
  type TrainOptions,
  type TrainResult,
} from './train-options.js';
import { findUnfinished } from './unfinished.js';
import { evaluationEntry, validatorOf } from './validate.js';

/**
 * Fine-tunes a model on labelled texts, evaluates it on texts it has not seen, and saves the run.
 *
 * ```ts
 * const { folder, metrics } = await train({
 *   data: 'data/imdb-sample/train.csv',
 *   test: 'data/imdb-sample/test.csv',
 * });
 * console.log(folder, metrics.accuracy); // runs/imdb-sample 0.883
 * ```
 *
 * @throws `UsageError`, `DataError`, `ModelError`, `FileError` for what can be mended; `NumericError` when the loss
 *   stops being a number; `InterruptedError` after `signal`. The folder is then as it was before, but for checkpoints in it.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { settings, job } = splitOptions(options);
  const out = job.out ?? `runs/${shortName(job.data)}`;
  const { force = false, resume = false } = job;
  const begun = resume ? await findUnfinished(out, 'train') : undefined;
  const run = await RunFolder.create(out, { force, resume });
  let log: TensorBoardLog | undefined;
  try {
    log = await tensorBoardOf(job, out);
    const local = withLog(await withHubData(job), log);
    const { prepared, bagOfWords } = await prepareWithBaseline(local, settings);
    await run.requireSpace(spaceNeeded(prepared.model.layout, prepared.settings));
    const checkpoints = new Checkpoints(run, checkpointed(prepared, options), begun);
    checkpoints.requireSame(noteOf(local));
    const { result, files, logits } = await trainAndEvaluate(prepared, bagOfWords, local, checkpoints);
    log?.tested(result.metrics);
    await saveRun(run, { ...files, others: await reportOf(out, prepared, files, logits) });
    await run.commit();
    job.onEvent?.({ type: 'saved', folder: out });
    return { ...result, folder: out };
  } finally {
    const failure = await log?.close();
    if (failure)
      job.onEvent?.({ type: 'note', message: `TensorBoard's log is not whole: ${failure.message}` });
    await run.discard();
  }
}

/** The page of the run, and what it is made of. */
async function reportOf(
  out: string,
  { tested, testTargets }: Prepared,
  files: Omit<RunFiles, 'others'>,
  logits: readonly Float32Array[],
): Promise<Record<string, string>> {
  return reportFiles(out, files, predictionsOf(tested, logits, testTargets, files.contract));
}

/** The log for TensorBoard, where one is asked for. */
async function tensorBoardOf(job: TrainJob, out: string): Promise<TensorBoardLog | undefined> {
  if (job.tensorboard === undefined || job.tensorboard === false) return undefined;
  return TensorBoardLog.create(job.tensorboard === true ? undefined : job.tensorboard, out);
}

/** The job with what it reports written down too. */
function withLog(job: TrainJob, log: TensorBoardLog | undefined): TrainJob {
  if (!log) return job;
  return {
    ...job,
    onEvent: (event) => {
      log.onEvent(event);
      job.onEvent?.(event);
      // The last event before the first step: what is refused has no curves.
      if (event.type !== 'estimate') return;
      job.onEvent?.({ type: 'note', message: `to see its curves: tensorboard --logdir ${log.logFolder}` });
    },
  };
}

/** What must be the same when the run goes on. */
function checkpointed(
  { settings, model, trainSet, testTexts, testTargets, validation }: Prepared,
  options: TrainOptions,
): CheckpointedRun {
  const { layout, config, spec, labels, weights } = model;
  return {
    ...{ command: 'train', options, settings, layout, texts: trainSet.texts.length },
    sha256: {
      train: hashOfTexts(trainSet.texts, [trainSet.targets, labels]),
      test: hashOfTexts(testTexts, testTargets),
      validation: hashOfTexts(validation.texts, validation.targets),
      config: hashOfModel([config, spec], layout),
      // It reads the texts once more; else checkpoints have all weights.
      encoder: settings.freeze === 'all' ? sha256Of([weights]) : null,
    },
  };
}

function noteOf({ onEvent }: TrainJob): (message: string) => void {
  return (message) => onEvent?.({ type: 'note', message });
}

/** The texts themselves are let go of before the training, as many take much memory. */
async function prepareWithBaseline(
  job: TrainJob,
  settings: TrainSettings,
): Promise<{ prepared: Prepared; bagOfWords: BagOfWordsScore | undefined }> {
  const { written, ...prepared } = await prepare(job, settings);
  if (job.baseline === false) return { prepared, bagOfWords: undefined };
  stopWhenAsked(job.signal, 'before the first step');
  const count = written.train.length;
  if (count >= MANY_TEXTS) job.onEvent?.({ type: 'baseline', texts: count });
  const bagOfWords = await bagOfWordsScore(
    { examples: written.train, targets: prepared.trainSet.targets },
    { examples: written.test, targets: prepared.testTargets },
    prepared.model.labels,
    job.signal,
  );
  return { prepared, bagOfWords };
}

/** Trains and evaluates without saving the result; `logits` are those of the test texts, [texts][C]. */
export async function trainAndEvaluate(
  prepared: Prepared,
  bagOfWords: BagOfWordsScore | undefined,
  job: TrainJob,
  checkpoints?: Checkpoints,
): Promise<{
  result: Omit<TrainResult, 'folder'>;
  files: Omit<RunFiles, 'others'>;
  logits: readonly Float32Array[];
}> {
  const { settings, model, testTargets, trainSet } = prepared;
  const started = await startRun(prepared, { ...job, threads: checkpoints?.threads ?? job.threads });
  const { runtime, engine } = started;
  checkpoints?.computedBy(runtime.name);
  try {
    const scorer: Scorer = {
      session: await runtime.load(model.forward.onnx),
      parameters: engine.parameters,
      numLabels: model.labels.length,
      padId: model.tokenizer.padId,
    };
    try {
      const training = await trainFrom(checkpoints, engine, (options) =>
        runWithValidation(prepared, started, scorer, job, options),
      );
      const { calibration, logits, golden, evaluationSeconds } = await keepingTraining(
        ...([checkpoints, engine, training] as const),
        async () => ({
          calibration: await calibrateOn(scorer, prepared, job),
          ...(await score(scorer, prepared, training, job)),
        }),
      );
      const contract = { calibration };
      const calibrated = calibratedLogits(logits, contract);
      const result = {
        labels: model.labels,
        settings,
        metrics: measure(calibrated, testTargets, model.labels),
        intervals: measureIntervals(calibrated, testTargets),
        ...reliabilities(logits, testTargets, contract),
        ...(calibration && { calibration }),
        ...(bagOfWords && { bagOfWords }),
        baseline: simplestAnswer(testTargets, trainSet.targets, model.labels),
        training,
        evaluationSeconds,
      };
      return { result, logits, files: await runFiles(prepared, result, golden, job, runtime.name) };
    } finally {
      await scorer.session.release();
    }
  } finally {
    await engine.release();
  }
}

/** Trains, with evaluations on the way where there are validation texts. */
async function runWithValidation(
  prepared: Prepared,
  { runtime, engine, trainSet, validationFeatures }: StartedRun,
  scorer: Scorer,
  job: TrainJob,
  checkpoints: Pick<LoopOptions, 'from' | 'save'>,
): Promise<TrainingResult> {
  const { settings } = prepared;
  const { validate, release } = await validatorOf(prepared, runtime, scorer, validationFeatures, job.signal);
  try {
    return await runTraining(engine, trainSet, settings, {
      ...checkpoints,
      signal: job.signal,
      onStep: (event) => job.onEvent?.({ type: 'step', ...event }),
      ...(settings.evalSteps > 0 && {
        evaluate: async (weights) => {
          const metrics = await validate(weights);
          job.onEvent?.({ type: 'evaluated', metrics });
          return evaluationEntry(metrics);
        },
      }),
    });
  } finally {
    await release();
  }
}

/** The temperature of the trained weights, by the validation texts; what speaks against it is told as a note. */
async function calibrateOn(
  scorer: Scorer,
  { settings, validation }: Prepared,
  job: TrainJob,
): Promise<FittedCalibration | undefined> {
  const { targets } = validation;
  if (!settings.calibrate || targets.problemType !== 'single_label_classification') return undefined;
  const total = validation.texts.length;
  const logits = await logitsOf(scorer, validation.texts, {
    onProgress: (done) => {
      job.onEvent?.({ type: 'calibrating', done, total });
      stopWhenAsked(
        job.signal,
        `after all steps, in the calibration, after ${done} of ${plural(total, 'text')}`,
      );
    },
  });
  const note = (message: string): void => job.onEvent?.({ type: 'note', message });
  if (total < FEW_TEXTS)
    note(`calibrated on ${plural(total, 'text')}: at least some hundred are worth setting aside.`);
  const given = job.validation;
  const fitted = fitCalibration(logits, targets.labelIds, {
    data: given === undefined ? `a share of ${job.validationSplit ?? 0.1} set aside` : dataName(given),
    data_sha256: given === undefined ? null : await hashesOf(given),
  });
  if (!('reason' in fitted)) return fitted;
  note(`no temperature was fitted: ${fitted.reason}.`);
  return undefined;
}

/** How far confidence can be believed, where classes have one: with the temperature, and without. */
function reliabilities(
  logits: readonly ArrayLike<number>[],
  targets: Targets,
  contract: Calibrated,
): Pick<TrainResult, 'reliability' | 'uncalibrated'> {
  if (targets.problemType !== 'single_label_classification') return {};
  const { labelIds } = targets;
  return {
    reliability: reliabilityOf(logits, labelIds, contract),
    ...(contract.calibration && { uncalibrated: reliabilityOf(logits, labelIds, undefined) }),
  };
}

/** Logits of the test texts, timed, and of the golden ones, under the trained weights. */
async function score(
  scorer: Scorer,
  { model, contract, testTexts, pairs }: Prepared,
  training: TrainingResult,
  job: TrainJob,
): Promise<{ logits: Float32Array[]; golden: GoldenText[]; evaluationSeconds: number }> {
  const began = performance.now();
  const logits = await logitsOf(scorer, testTexts, {
    onProgress: (done) => {
      job.onEvent?.({ type: 'evaluating', done, total: testTexts.length });
      stopWhenAsked(
        job.signal,
        `in the evaluation, after all ${plural(training.steps, 'step')} and ${done} of ${plural(testTexts.length, 'text')}`,
      );
    },
  });
  const evaluationSeconds = (performance.now() - began) / 1000;
  const golden = await goldenOf(scorer, model.tokenizer, contract, pairs);
  return { logits, golden, evaluationSeconds };
}
