/** From prepared texts to an engine that is ready and timed: what a run and its forecast have in common. */
import { ADAMW_DEFAULTS } from '../optim/adamw.js';
import { nodeRuntime } from '../runtime/node.js';
import type { Runtime } from '../runtime/runtime.js';
import { TrainingEngine } from '../train/engine.js';
import { estimateSeconds } from '../train/estimate.js';
import { InterruptedError } from '../util/errors.js';
import { dropoutRates, forecastOf } from './forecast.js';
import { prepare, type Prepared } from './prepare.js';
import { splitOptions, type Forecast, type TrainJob, type TrainOptions } from './train-options.js';

/** A run that can begin. Whoever has it releases its engine. */
export interface StartedRun {
  readonly runtime: Runtime;
  readonly engine: TrainingEngine;
  readonly forecast: Forecast;
}

/** Forecasts the run, refuses it where it won't fit, and makes the engine; reports `start` and `estimate`. */
export async function startRun(prepared: Prepared, job: TrainJob): Promise<StartedRun> {
  const { settings, model, trainSet, testTexts } = prepared;
  stopWhenAsked(job.signal, 'before the first step');
  const { forecast, requireMemory } = await forecastOf(prepared, job);
  job.onEvent?.({ type: 'start', ...forecast });
  requireMemory();
  const runtime = await nodeRuntime({ threads: job.threads });
  const engine = await TrainingEngine.create(runtime, model.layout, model.weights, {
    spec: model.spec,
    rates: dropoutRates(model),
    adamw: { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay },
    seed: settings.seed,
  });
  try {
    const seconds = await estimateSeconds(engine, trainSet, testTexts, settings, forecast.plan);
    stopWhenAsked(job.signal, 'before the first step');
    const timed = { ...forecast, seconds };
    job.onEvent?.({ type: 'estimate', ...timed });
    return { runtime, engine, forecast: timed };
  } catch (error) {
    await engine.release();
    throw error;
  }
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
  const { engine, forecast } = await startRun(await prepare(job, settings), job);
  await engine.release();
  return forecast;
}

/** Throws an `InterruptedError` when the signal is set. */
export function stopWhenAsked(signal: AbortSignal | undefined, when: string): void {
  if (!signal?.aborted) return;
  throw new InterruptedError(
    `stopped ${when}. Nothing was saved, and nothing that was there before was changed.`,
  );
}
