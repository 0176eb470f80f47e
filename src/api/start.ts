/** From prepared texts to an engine that is ready and timed: what a run and its forecast have in common. */
import { tokensOf, type TextWindows } from '../batching/windows.js';
import { nodeRuntime } from '../runtime/node.js';
import type { Runtime } from '../runtime/runtime.js';
import { TrainingEngine } from '../train/engine.js';
import { estimateSeconds } from '../train/estimate.js';
import { planTraining, type TrainingPlan } from '../train/plan.js';
import { featureSet, labelledSet, type TrainingSet } from '../train/sets.js';
import { engineOptions, gradientStepOf } from './engine-options.js';
import { computeFeatures } from './features.js';
import { forecastOf } from './forecast.js';
import { withHubData } from './hub-data.js';
import { prepare, type Prepared } from './prepare.js';
import {
  splitOptions,
  stopWhenAsked,
  type Forecast,
  type TrainJob,
  type TrainOptions,
} from './train-options.js';

/** A run that can begin. Whoever has it releases its engine. */
export interface StartedRun {
  readonly runtime: Runtime;
  readonly engine: TrainingEngine;
  readonly forecast: Forecast;
  /** The training texts, or what the frozen encoder made of them. */
  readonly trainSet: TrainingSet;
  /** What it made of the validation texts. */
  readonly validationFeatures: readonly Float32Array[] | undefined;
}

/** Forecasts the run, refuses it where it won't fit, and makes the engine; reports `start` and `estimate`. */
export async function startRun(prepared: Prepared, job: TrainJob): Promise<StartedRun> {
  const { settings, model } = prepared;
  stopWhenAsked(job.signal, 'before the first step');
  const gradient = gradientStepOf(prepared);
  const { forecast, requireMemory } = await forecastOf(prepared, job, gradient);
  job.onEvent?.({ type: 'start', ...forecast });
  requireMemory();
  const runtime = await nodeRuntime({ threads: job.threads });
  const features = settings.freeze === 'all' ? await computeFeatures(runtime, prepared, job) : undefined;
  const trainSet = features ? featureSet(prepared.trainSet, features.train) : labelledSet(prepared.trainSet);
  const engine = await TrainingEngine.create(
    runtime,
    model.layout,
    model.weights,
    gradient,
    engineOptions(prepared),
  );
  try {
    const plan = planTraining(trainSet, settings); // of features there is but one for each text
    const read = { tokens: tokensToEvaluate(prepared, plan), secondsPerToken: features?.secondsPerToken };
    const seconds = await estimateSeconds(engine, trainSet, read, settings, plan);
    stopWhenAsked(job.signal, 'before the first step');
    const timed = { ...forecast, seconds };
    job.onEvent?.({ type: 'estimate', ...timed });
    return { runtime, engine, forecast: timed, trainSet, validationFeatures: features?.validation };
  } catch (error) {
    await engine.release();
    throw error;
  }
}

/** Tokens of all evaluations together. Those of a frozen encoder on the way cost nothing. */
function tokensToEvaluate(
  { settings, testTexts, validation }: Prepared,
  { totalSteps }: TrainingPlan,
): number {
  const tokens = (texts: readonly TextWindows[]): number =>
    texts.reduce((sum, text) => sum + tokensOf(text), 0);
  const { evalSteps, freeze, calibrate } = settings;
  const evaluations = evalSteps === 0 || freeze === 'all' ? 0 : Math.ceil(totalSteps / evalSteps);
  return tokens(testTexts) + (evaluations + (calibrate ? 1 : 0)) * tokens(validation.texts);
}

/**
 * Says what a run will be like without running it: reads the texts, loads the model and times a few steps. Nothing is
 * written.
 *
 * ```ts
 * const { plan, texts, memory, seconds } = await forecast({ data: 'data/imdb-sample/train.csv' });
 * console.log(plan.totalSteps, texts.cutTexts, memory.peak / 1e9); // 170 1100 0.98
 * console.log(seconds / 60); // depends on the machine
 * ```
 *
 * @throws what `train` throws before its first step: a `UsageError` too where the run won't fit in memory.
 */
export async function forecast(options: TrainOptions): Promise<Forecast> {
  const { settings, job } = splitOptions(options);
  const { engine, forecast } = await startRun(await prepare(await withHubData(job), settings), job);
  await engine.release();
  return forecast;
}
