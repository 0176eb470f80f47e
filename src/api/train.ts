/** A training run from data to folder: joins the rooms in the order in which a text walks through them. */
import type { GoldenText } from '../checkpoint/contract.js';
import type { LoadedModel } from '../checkpoint/load.js';
import { saveRun, type RunFiles } from '../checkpoint/save.js';
import { logitsOf, type Scorer } from '../evaluate/logits.js';
import { calibratedLogits, type Calibrated } from '../evaluate/probabilities.js';
import { reliabilityOf } from '../evaluate/reliability.js';
import { measure, measureIntervals } from '../evaluate/measure.js';
import { simplestAnswer } from '../evaluate/simplest.js';
import { RunFolder } from '../files/run-folder.js';
import { goldenOf } from '../predict/golden.js';
import type { TrainingEngine } from '../train/engine.js';
import { NOTHING_SAVED, runTraining, type LoopOptions, type TrainingResult } from '../train/loop.js';
import type { TrainSettings } from '../train/settings.js';
import { required, type TrainingState } from '../train/state.js';
import { InterruptedError, NumericError } from '../util/errors.js';
import type { Targets } from '../util/problem.js';
import { bagOfWordsScore, MANY_TEXTS, type BagOfWordsScore } from './baseline.js';
import { FEW_TEXTS, fitCalibration, type FittedCalibration } from './calibration.js';
import { dataName, hashesOf, shortName } from './data.js';
import { Checkpoints, findUnfinished } from './checkpoints.js';
import { withHubData } from './hub-data.js';
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
  const begun = resume ? await findUnfinished(out) : undefined;
  const run = await RunFolder.create(out, { force, resume });
  let log: TensorBoardLog | undefined;
  try {
    log = await tensorBoardOf(job, out);
    const local = withLog(await withHubData(job), log);
    const { prepared, bagOfWords } = await prepareWithBaseline(local, settings);
    await run.requireSpace(spaceNeeded(prepared.model, prepared.settings));
    const checkpoints = new Checkpoints(run, prepared, options);
    if (begun) checkpoints.requireSame(begun, noteOf(local));
    const { result, files, logits } = await trainAndEvaluate(prepared, bagOfWords, local, {
      save: (state, engine) => checkpoints.save(state, engine),
      last: () => checkpoints.last,
      load: begun && ((engine) => checkpoints.load(begun, engine)),
    });
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
  const log = await TensorBoardLog.create(job.tensorboard === true ? undefined : job.tensorboard, out);
  job.onEvent?.({ type: 'note', message: `to see its curves: tensorboard --logdir ${log.logFolder}` });
  return log;
}

/** The job with what it reports written down too. */
function withLog(job: TrainJob, log: TensorBoardLog | undefined): TrainJob {
  if (!log) return job;
  return {
    ...job,
    onEvent: (event) => {
      log.onEvent(event);
      job.onEvent?.(event);
    },
  };
}

/** Bytes that the run's folder will take: fp32 weights, and the small files; checkpoints have both moments too. */
function spaceNeeded(
  { layout }: LoadedModel,
  { saveSteps, keep, evalSteps, averageLast }: TrainSettings,
): number {
  const weights = 4 * layout.size;
  const inCheckpoint = 3 + (evalSteps > 0 ? 1 : 0) + (averageLast > 0 ? 1 : 0);
  // One more than are kept, as the old are removed when the new one stands.
  return weights + (saveSteps > 0 ? (keep + 1) * inCheckpoint * weights : 0) + 4e6;
}

function noteOf({ onEvent }: TrainJob): (message: string) => void {
  return (message) => onEvent?.({ type: 'note', message });
}

/** Where the state of a run is kept, and where it goes on. */
export interface Keeping {
  /** Saves it, and says how to go on from there. */
  readonly save: (state: TrainingState, engine: TrainingEngine) => Promise<string>;
  /** The path of the last checkpoint of this run, if there is one. */
  readonly last: () => string | undefined;
  /** Where to go on. */
  readonly load?: ((engine: TrainingEngine) => Promise<TrainingState>) | undefined;
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
  keeping?: Keeping,
): Promise<{
  result: Omit<TrainResult, 'folder'>;
  files: Omit<RunFiles, 'others'>;
  logits: readonly Float32Array[];
}> {
  const { settings, model, testTargets, trainSet } = prepared;
  const started = await startRun(prepared, job);
  const { runtime, engine } = started;
  try {
    const scorer: Scorer = {
      session: await runtime.load(model.forward.onnx),
      parameters: engine.parameters,
      numLabels: model.labels.length,
      padId: model.tokenizer.padId,
    };
    try {
      const state = await keeping?.load?.(engine);
      const training = await trained(prepared, started, scorer, job, { ...keeping, state });
      const { calibration, logits, golden, evaluationSeconds } = await keepingTraining(
        { engine, training, keeping },
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

/** A finished training is not lost to who stops the evaluation after it. */
async function keepingTraining<T>(
  {
    engine,
    training,
    keeping,
  }: { engine: TrainingEngine; training: TrainingResult; keeping: Keeping | undefined },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!keeping || !(error instanceof InterruptedError)) throw error;
    const saved = await keeping.save({ result: training, buffers: { weights: engine.weights } }, engine);
    throw new InterruptedError(error.message.replace(NOTHING_SAVED, saved), { cause: error });
  }
}

/** The training, or what is left of it. */
async function trained(
  prepared: Prepared,
  started: StartedRun,
  scorer: Scorer,
  job: TrainJob,
  { save, last, state }: Partial<Keeping> & { readonly state: TrainingState | undefined },
): Promise<TrainingResult> {
  const { engine } = started;
  if (state && 'result' in state) {
    engine.weights.set(required(state.buffers, 'weights'));
    return state.result;
  }
  try {
    return await runWithValidation(prepared, started, scorer, job, {
      ...(save && { save: (now: TrainingState) => save(now, engine) }),
      ...(state && { from: state }),
    });
  } catch (error) {
    const checkpoint = last?.();
    if (!(error instanceof NumericError) || checkpoint === undefined) throw error;
    throw new NumericError(`${error.message} The last checkpoint is ${checkpoint}.`, { cause: error });
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
      stopWhenAsked(job.signal, `after all steps, in the calibration, after ${done} of ${total} texts`);
    },
  });
  const note = (message: string): void => job.onEvent?.({ type: 'note', message });
  if (total < FEW_TEXTS) note(`calibrated on ${total} texts: at least some hundred are worth setting aside.`);
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
        `in the evaluation, after all ${training.steps} steps and ${done} of ${testTexts.length} texts`,
      );
    },
  });
  const evaluationSeconds = (performance.now() - began) / 1000;
  const golden = await goldenOf(scorer, model.tokenizer, contract, pairs);
  return { logits, golden, evaluationSeconds };
}
