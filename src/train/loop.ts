/** The training loop: which texts, in which order, at which rate; what is logged, and when to stop. */
import { batchesOf, inRuns } from '../batching/order.js';
import { EngineError, InterruptedError, messageOf, NumericError } from '../util/errors.js';
import { endOfPart, rateFactor, stepsOnPath, Trunk } from './branches.js';
import type { TrainingEngine } from './engine.js';
import { KeptWeights } from './kept-weights.js';
import { TrainingLog } from './log.js';
import { microBatches } from './micro-batches.js';
import { planTraining, type TrainingPlan } from './plan.js';
import type { TrainingSet } from './sets.js';
import type { RunSettings } from './settings.js';
import type { StateUnderWay, TrainingResult, TrainingState } from './state.js';
import type { LogEntry } from './trainer-state.js';

/** Sent after every update. */
export interface StepEvent {
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly loss: number;
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** The rate that this update was made with. */
  readonly learningRate: number;
  readonly textsPerSecond: number;
  readonly secondsLeft: number;
}

export type { TrainingResult } from './state.js';

/** What the message of an interruption ends with where no checkpoint was written. */
export const NOTHING_SAVED = 'Nothing was saved, and nothing that was there before was changed.';

export interface LoopOptions {
  readonly onStep?: (event: StepEvent) => void;
  readonly signal?: AbortSignal;
  /**
   * Evaluates weights on validation texts: the entry for the log, with `eval_accuracy` and the like. Called after every
   * `evalSteps` updates and after the last one.
   */
  readonly evaluate?: (weights: Float32Array) => Promise<LogEntry>;
  /** Where to go on. Its weights and moments are copied into the engine's. */
  readonly from?: TrainingState & { readonly underWay: StateUnderWay };
  /**
   * Saves where the training stands: after every `saveSteps` updates, and when it is stopped.
   *
   * @returns how to go on from there, for a person
   */
  readonly save?: (state: TrainingState) => Promise<string>;
}

/**
 * Trains the engine's weights in place: at the end they are the last ones, or their average (`averageLast`), or those of
 * the best evaluation. Throws `InterruptedError` when the signal is set, after the running step.
 */
export async function runTraining(
  engine: TrainingEngine,
  set: TrainingSet,
  settings: RunSettings,
  options: LoopOptions = {},
): Promise<TrainingResult> {
  const plan = planTraining(set, settings);
  const log = new TrainingLog(plan.totalSteps, settings.loggingSteps);
  const kept = new KeptWeights(engine, settings, plan);
  const trunk = new Trunk(engine, plan);
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const { from, save } = options;
  let evaluationSeconds = 0;
  let step = 0;
  let textsSeen = 0;
  let tokensSeen = 0;
  let secondsBefore = 0;
  if (from) {
    ({ step, textsSeen, tokensSeen, seconds: secondsBefore } = from.underWay);
    log.restore(from.underWay.log);
    engine.goOnFrom(from.buffers, step, stepsOnPath(plan, step));
    kept.restore(from.underWay.kept, from.buffers);
    trunk.restore(from.buffers);
  }
  const trainingSeconds = (): number => secondsBefore + seconds() - evaluationSeconds;
  const stateNow = (evaluationDue: boolean): TrainingState => ({
    underWay: {
      ...{ step, evaluationDue, textsSeen, tokensSeen, seconds: trainingSeconds() },
      ...{ log: log.state, kept: kept.state },
    },
    buffers: { ...engine.buffers, ...kept.buffers, ...trunk.buffers },
  });
  /** What failed is told, with what is left: the state as it was, unless an update was under way. */
  const failed =
    (what: string, evaluationDue: boolean) =>
    async (error: unknown): Promise<never> => {
      if (!(error instanceof EngineError)) throw error;
      const isWhole = step > 0 && engine.isWhole;
      const saved = isWhole && save ? await save(stateNow(evaluationDue)).catch(notSaved) : NOTHING_SAVED;
      throw new EngineError(`${what}: ${error.message}. ${saved}`, { cause: error });
    };
  /** Says whether to end here, as the evaluations are no longer better. */
  const evaluateNow = async (evaluate: NonNullable<LoopOptions['evaluate']>): Promise<boolean> => {
    const before = seconds();
    const evaluated = await evaluate(kept.weights).catch(failed(`evaluation after step ${step}`, true));
    const entry = { ...evaluated, epoch: step / plan.stepsPerEpoch, step };
    log.entries.push(entry);
    evaluationSeconds += seconds() - before;
    return kept.offer(step, entry);
  };

  let ended =
    from?.underWay.evaluationDue === true && options.evaluate ? await evaluateNow(options.evaluate) : false;
  for (const { places, pass, epoch } of ended ? [] : updatesOf(set, settings, plan, step)) {
    trunk.beforeUpdate(step);
    const learningRate = settings.learningRate * rateFactor(plan, settings.schedule, step);
    const update = { places, pass, step, learningRate };
    const read = step < plan.shortSteps ? set.short! : set;
    const { loss, gradNorm } = await oneUpdate(engine, read, settings, update).catch(
      failed(`step ${step + 1}`, false),
    );
    step++;
    textsSeen += places.length;
    tokensSeen += places.reduce((sum, place) => sum + read.lengths[place]!, 0);
    log.step({ step, epoch, loss, gradNorm, learningRate });
    kept.afterUpdate(step);
    const training = trainingSeconds();
    options.onStep?.({
      ...{ step, totalSteps: plan.totalSteps, epoch, loss, gradNorm, learningRate },
      textsPerSecond: textsSeen / training,
      secondsLeft: Math.max(0, (training / tokensSeen) * (plan.totalTokens - tokensSeen)),
    });
    const isLast = step === plan.totalSteps;
    const evaluate = step % settings.evalSteps === 0 || isLast ? options.evaluate : undefined;
    if (options.signal?.aborted && !isLast) {
      const saved = await save?.(stateNow(evaluate !== undefined));
      throw new InterruptedError(
        `stopped after step ${step} of ${plan.totalSteps} (epoch ${epoch.toFixed(2)}, loss ${loss.toFixed(4)}). ` +
          (saved ?? NOTHING_SAVED),
      );
    }
    ended = evaluate !== undefined && (await evaluateNow(evaluate));
    if (ended) break;
    if (save && settings.saveSteps > 0 && step % settings.saveSteps === 0 && !isLast)
      await save(stateNow(false));
  }
  kept.finish();
  return {
    logHistory: log.entries,
    steps: step,
    epoch: step / plan.stepsPerEpoch,
    tokensSeen,
    seconds: trainingSeconds(),
    meanLoss: log.meanLoss,
    ...(kept.best && { best: kept.best }),
  };
}

/** What is said where not even saving goes well. */
function notSaved(error: unknown): string {
  return `It could not be saved: ${messageOf(error)}. ${NOTHING_SAVED}`;
}

/**
 * The texts of each update after the first `done`, over all epochs; how often they were seen before, and the epoch reached.
 * A branch begins with an order of its own, whatever is left of the one before.
 */
function* updatesOf(
  set: TrainingSet,
  settings: RunSettings,
  plan: TrainingPlan,
  done: number,
): Generator<{ places: number[]; pass: number; epoch: number }> {
  let ends = 0;
  for (let pass = 0; ends < plan.totalSteps; pass++) {
    const begins = ends;
    ends = Math.min(begins + plan.stepsPerEpoch, endOfPart(plan, begins));
    if (ends <= done) continue;
    const batches = batchesOf(set.lengths, settings.batchSize, settings.order, settings.seed, pass);
    const groups = inRuns(batches, settings.gradientAccumulationSteps);
    for (let step = Math.max(begins, done); step < ends; step++) {
      yield { places: groups[step - begins]!.flat(), pass, epoch: (step + 1) / plan.stepsPerEpoch };
    }
  }
}

interface UpdateToDo {
  readonly places: readonly number[];
  /** How often each text was seen before. */
  readonly pass: number;
  readonly step: number;
  readonly learningRate: number;
}

/**
 * Gradient of all micro-batches, then one update. The weights change only when loss and gradient are finite; should an update
 * all the same leave a number that isn't, the training ends with it.
 */
async function oneUpdate(
  engine: TrainingEngine,
  set: TrainingSet,
  settings: RunSettings,
  { places, pass, step, learningRate }: UpdateToDo,
): Promise<{ loss: number; gradNorm: number }> {
  const refuse = (what: string, when: string): never => {
    const rows = places.slice(0, 16).map((place) => set.origins[place]!);
    throw new NumericError(
      `step ${step + 1}: ${what}. ${when}; nothing was saved. The texts were: ${rows.join(', ')}. ` +
        `A lower --learning-rate (now ${settings.learningRate}) or more --warmup-steps usually helps.`,
    );
  };
  let loss = 0;
  const weight = set.weight(places, pass);
  for (const batch of inRuns(places, settings.batchSize)) {
    for (const micro of microBatches(set, batch, pass)) loss += (await engine.accumulate(micro, weight)).loss;
  }
  const gradNorm = Number.isFinite(loss) ? await engine.gradientNorm() : NaN;
  if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
    refuse(
      Number.isFinite(loss) ? `the gradient's norm is ${gradNorm}` : `the loss is ${loss}`,
      `Stopped before the update, so the weights are those of step ${step}`,
    );
  }
  const spoiled = await engine.update(learningRate, gradNorm, settings.maxGradNorm);
  if (spoiled !== undefined) refuse(`${spoiled} has a value that is not finite`, 'Stopped in the update');
  return { loss, gradNorm };
}
