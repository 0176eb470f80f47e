/** From texts to an engine that is ready and timed: what pre-training and its forecast have in common. */
import { batchesByLength } from '../batching/order.js';
import { type LoadedMaskedLm, loadForPretraining } from '../checkpoint/load.js';
import { BATCH_TOKENS } from '../evaluate/logits.js';
import { BUNDLED_MODEL } from '../files/bundled.js';
import { ADAMW_DEFAULTS } from '../optim/adamw.js';
import { nodeRuntime } from '../runtime/node.js';
import type { Runtime } from '../runtime/runtime.js';
import type { GradientStep } from '../step/gradient.js';
import { maskedGradientStep, maskedLossStep } from '../step/masked.js';
import { TrainingEngine } from '../train/engine.js';
import { estimateSeconds } from '../train/estimate.js';
import type { SizeSettings } from '../train/fitting.js';
import { planTraining, type TrainingPlan } from '../train/plan.js';
import { microBatchShapes, runMemory, type RunMemory, shapeOf } from '../train/memory.js';
import type { TrainingSet } from '../train/sets.js';
import type { RunSettings } from '../train/settings.js';
import { checkThreads } from '../util/threads.js';
import { dropoutRates } from './engine-options.js';
import { forecastMemory } from './forecast.js';
import { hubFilesOf } from './hub-data.js';
import {
  PRETRAIN_DEFAULTS,
  type PretrainForecast,
  type PretrainOptions,
  pretrainSettings,
} from './pretrain-options.js';
import { type PreparedTexts, prepareTexts } from './pretrain-texts.js';
import { stopWhenAsked } from './train-options.js';

/**
 * Says what `pretrain` will be like without doing it: reads the texts, loads the model and times a few steps. Nothing is
 * written.
 *
 * ```ts
 * const { plan, windows, memory, seconds } = await forecastPretraining({ files: ['reviews.csv'] });
 * console.log(plan.totalSteps, windows.train, memory.peak / 1e9, seconds / 60); // depends on texts and machine
 * ```
 *
 * @throws what `pretrain` throws before its first step: a `UsageError` too where the run won't fit in memory.
 */
export async function forecastPretraining(options: PretrainOptions): Promise<PretrainForecast> {
  const settings = pretrainSettings(options);
  checkThreads(options.threads);
  const { model, prepared } = await loadTexts(options, settings);
  const { engine, forecast } = await startPretraining(model, prepared, settings, options);
  await engine.release();
  return forecast;
}

export async function loadTexts(
  options: PretrainOptions,
  settings: RunSettings,
): Promise<{ model: LoadedMaskedLm; local: PretrainOptions; prepared: PreparedTexts }> {
  const model = await loadForPretraining(options.model ?? BUNDLED_MODEL, {
    seed: settings.seed,
    hub: options,
  });
  const local = { ...options, files: await hubFilesOf(options.files ?? [], options) };
  return { model, local, prepared: await prepareTexts(local, settings, model) };
}

export interface StartedPretraining {
  readonly runtime: Runtime;
  readonly engine: TrainingEngine;
  readonly forecast: PretrainForecast;
}

/** Forecasts the run, refuses it where it won't fit, and makes the engine, which whoever has it releases; reports `start`. */
export async function startPretraining(
  model: LoadedMaskedLm,
  { texts, train, test }: PreparedTexts,
  settings: RunSettings,
  { onEvent, signal, memory: given, threads }: PretrainOptions,
): Promise<StartedPretraining> {
  stopWhenAsked(signal, 'before the first step');
  const gradient = maskedGradientStep(model.spec, { ...dropoutRates(model.config), classifier: 0 });
  const plan = planTraining(train, settings);
  const { perUpdate } = microBatchShapes(train, settings, plan.totalSteps);
  const sizes = { ...settings, maxLength: settings.maxLength ?? PRETRAIN_DEFAULTS.maxLength };
  const memoryOf = memoryModel(gradient, model, { train, test }, settings, plan);
  const { memory, requireMemory } = await forecastMemory(sizes, memoryOf, given);
  const forecast = {
    ...{ texts, windows: { train: train.lengths.length, test: test.lengths.length }, plan, settings, memory },
    microBatches: Math.round(perUpdate * plan.totalSteps),
    model: model.hub?.id ?? model.folder,
    parameters: model.layout.size,
    newHead: model.report.made.length > 0,
  };
  onEvent?.({ type: 'start', ...forecast });
  requireMemory();
  const runtime = await nodeRuntime({ ...(threads !== undefined && { threads }) });
  const engine = await TrainingEngine.create(runtime, model.layout, model.weights, gradient, {
    adamw: { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay },
    seed: settings.seed,
  });
  try {
    const tokens = Array.from(test.lengths).reduce((sum, length) => sum + length, 0);
    const seconds = await estimateSeconds(engine, train, { tokens }, settings, plan);
    return { runtime, engine, forecast: { ...forecast, seconds } };
  } catch (error) {
    await engine.release();
    throw error;
  }
}

/** The memory of a run, were it made with other sizes. */
function memoryModel(
  gradient: GradientStep,
  { spec, layout }: LoadedMaskedLm,
  { train, test }: Pick<PreparedTexts, 'train' | 'test'>,
  settings: RunSettings,
  { totalSteps }: TrainingPlan,
): (sizes: SizeSettings) => RunMemory {
  const memory = runMemory(gradient, maskedLossStep(spec), layout);
  return ({ maxLength, ...sizes }) => {
    const cut = ({ lengths }: TrainingSet): number[] => Array.from(lengths, (length) => Math.min(length, maxLength)); // prettier-ignore
    const { shapes } = microBatchShapes({ lengths: cut(train) }, { ...settings, ...sizes }, totalSteps);
    const measured = cut(test);
    return memory(shapes, batchesByLength(measured, BATCH_TOKENS).map((places) => shapeOf(measured, places))); // prettier-ignore
  };
}
