/** Training whose state is kept: it goes on from a checkpoint, and is not lost where something ends it. */
import { NOTHING_SAVED, type LoopOptions, type TrainingResult } from '../train/loop.js';
import type { TrainingEngine } from '../train/engine.js';
import { required, type TrainingState } from '../train/state.js';
import { EngineError, InterruptedError, NumericError } from '../util/errors.js';
import type { Checkpoints } from './checkpoints.js';
import { plural } from '../util/wording.js';

/**
 * The training, or what is left of it.
 *
 * @param run trains with the engine, from a state where there is one
 */
export async function trainFrom(
  checkpoints: Checkpoints | undefined,
  engine: TrainingEngine,
  run: (options: Pick<LoopOptions, 'from' | 'save'>) => Promise<TrainingResult>,
): Promise<TrainingResult> {
  if (!checkpoints) return run({});
  const { begun } = checkpoints;
  const state = begun && (await checkpoints.load(begun, engine));
  if (state && 'result' in state) {
    engine.weights.set(required(state.buffers, 'weights'));
    return state.result;
  }
  try {
    return await run({
      save: (now: TrainingState) => checkpoints.save(now, engine),
      ...(state && { from: state }),
    });
  } catch (error) {
    const { last, howToGoOn } = checkpoints;
    if (last === undefined) throw error;
    if (error instanceof NumericError) {
      throw new NumericError(`${error.message} The last checkpoint is ${last}.`, { cause: error });
    }
    if (error instanceof EngineError && error.message.endsWith(NOTHING_SAVED)) {
      const message = error.message.replace(NOTHING_SAVED, `The last checkpoint is ${last}; ${howToGoOn}`);
      throw new EngineError(message, { cause: error });
    }
    throw error;
  }
}

/** Work with the trained weights. A finished training is not lost to who stops it, or to an engine that fails. */
export async function keepingTraining<T>(
  checkpoints: Checkpoints | undefined,
  engine: TrainingEngine,
  training: TrainingResult,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isStopped = error instanceof InterruptedError;
    if (!checkpoints || !(isStopped || error instanceof EngineError)) throw error;
    const saved = await checkpoints.save({ result: training, buffers: { weights: engine.weights } }, engine);
    if (isStopped) throw new InterruptedError(error.message.replace(NOTHING_SAVED, saved), { cause: error });
    throw new EngineError(`after all ${plural(training.steps, 'step')}: ${error.message}. ${saved}`, {
      cause: error,
    });
  }
}
