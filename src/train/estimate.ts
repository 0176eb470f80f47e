/** How long a run will take, from steps timed on the machine at hand. */
import type { TrainingEngine } from './engine.js';
import { microBatches } from './micro-batches.js';
import type { TrainingPlan } from './plan.js';
import type { TrainingSet } from './sets.js';
import type { RunSettings } from './settings.js';

/** A forward pass is about a third of forward and backward. */
const FORWARD_SHARE = 1 / 3;

/** What is read without training on it. */
export interface EvaluatedTokens {
  readonly tokens: number;
  /** @default a third of what training on a token takes */
  readonly secondsPerToken?: number | undefined;
}

/** The first of these also takes the memory that the run will need; the shortest of the others counts. */
const ROUNDS = 3;

/**
 * Seconds for training and evaluation: a gradient step on texts of middling length, scaled by the tokens there are, and
 * an update, by their number. Changes nothing in the engine.
 */
export async function estimateSeconds(
  engine: TrainingEngine,
  set: TrainingSet,
  evaluated: EvaluatedTokens,
  settings: RunSettings,
  plan: TrainingPlan,
): Promise<number> {
  const places = Array.from(set.lengths, (_, place) => place).sort(
    (a, b) => set.lengths[a]! - set.lengths[b]!,
  );
  const middle = Math.max(0, Math.floor(places.length / 2) - Math.floor(settings.batchSize / 2));
  const batch = microBatches(set, places.slice(middle, middle + settings.batchSize))[0]!;
  const step = await shortest(async () => {
    await engine.accumulate(batch, batch.size);
    engine.reset();
  });
  const update = await shortest(async () => {
    await engine.gradientNorm();
    await engine.rehearseUpdate();
  });
  const perToken = step / (batch.size * batch.length);
  const { tokens, secondsPerToken = FORWARD_SHARE * perToken } = evaluated;
  return perToken * plan.totalTokens + secondsPerToken * tokens + update * plan.totalSteps;
}

async function shortest(work: () => Promise<void>): Promise<number> {
  let seconds = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    if (round > 0) seconds = Math.min(seconds, (performance.now() - began) / 1000);
  }
  return seconds;
}
