/** How many updates a run has, of which kind, before the first of them. */
import { branchingOf, type Branching } from './branches.js';
import type { TrainingSet } from './sets.js';
import type { RunSettings } from './settings.js';

/** What is known before the first step. */
export interface TrainingPlan extends Branching {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly warmupSteps: number;
  /** The first updates, which read less of each text (`shortFirst`). */
  readonly shortSteps: number;
  /** Tokens that will have been seen at the end, without padding. */
  readonly totalTokens: number;
}

/** Updates of one pass over so many texts, and of the whole run. */
export function stepsOf(
  texts: number,
  settings: RunSettings,
): Pick<TrainingPlan, 'stepsPerEpoch' | 'totalSteps'> {
  const batches = Math.ceil(texts / settings.batchSize);
  const stepsPerEpoch = Math.ceil(batches / settings.gradientAccumulationSteps);
  const totalSteps = settings.maxSteps > 0 ? settings.maxSteps : Math.ceil(settings.epochs * stepsPerEpoch);
  return { stepsPerEpoch, totalSteps };
}

export function planTraining(set: TrainingSet, settings: RunSettings): TrainingPlan {
  const { stepsPerEpoch, totalSteps } = stepsOf(set.lengths.length, settings);
  const shortSteps = set.short ? Math.floor(totalSteps * settings.shortFirst) : 0;
  const branching = branchingOf(totalSteps, shortSteps, settings.branches);
  const pathSteps = branching.trunkSteps + branching.branchSteps;
  const warmupSteps = settings.warmupSteps ?? Math.ceil(pathSteps * settings.warmupRatio);
  const tokensOfSteps = ({ lengths }: TrainingSet, steps: number): number =>
    (Array.from(lengths).reduce((sum, length) => sum + length, 0) * steps) / stepsPerEpoch;
  const totalTokens =
    tokensOfSteps(set.short ?? set, shortSteps) + tokensOfSteps(set, totalSteps - shortSteps);
  return { stepsPerEpoch, totalSteps, ...branching, warmupSteps, shortSteps, totalTokens };
}
