/**
 * A run that parts: its first updates, the trunk, are made once; then it is trained further from there several times, each
 * branch in an order of its own and with a rate of its own that falls to the end. The mean of the branches' weights is kept:
 * "model soups" (Wortsman et al. 2022, arXiv 2203.05482) of runs that have most of their way in common, as in "linear mode
 * connectivity" (Frankle et al. 2020, arXiv 1912.05671), so that one run's time is enough.
 */
import { scheduleFactor, type ScheduleName } from '../optim/schedule.js';
import type { StateBuffers } from '../step/buffers.js';
import type { TrainingEngine } from './engine.js';
import { required } from './state.js';

/** Where a run parts: not at all with one branch, which has all updates. */
export interface Branching {
  /** Updates before it parts. */
  readonly trunkSteps: number;
  readonly branches: number;
  /** Updates of each branch. */
  readonly branchSteps: number;
}

/**
 * How so many updates are shared out: what doesn't go into branches of one length, and at least `shared`, is the trunk.
 *
 * ```ts
 * branchingOf(100, 29, 3); // { trunkSteps: 31, branches: 3, branchSteps: 23 }
 * ```
 */
export function branchingOf(totalSteps: number, shared: number, branches: number): Branching {
  const branchSteps = Math.floor((totalSteps - shared) / branches);
  // Too few to part.
  if (branches === 1 || branchSteps === 0) return { trunkSteps: 0, branches: 1, branchSteps: totalSteps };
  return { trunkSteps: totalSteps - branches * branchSteps, branches, branchSteps };
}

/** Updates that lead to the weights after `step` updates in all: those of the trunk, and of one branch. */
export function stepsOnPath({ trunkSteps, branchSteps }: Branching, step: number): number {
  return step <= trunkSteps ? step : trunkSteps + ((step - trunkSteps - 1) % branchSteps) + 1;
}

/** Updates in all at the end of the trunk or the branch that the update after `step` others is part of. */
export function endOfPart({ trunkSteps, branchSteps }: Branching, step: number): number {
  if (step < trunkSteps) return trunkSteps;
  return step + branchSteps - ((step - trunkSteps) % branchSteps);
}

/** Whether the update after `step` others is a branch's first. */
export function beginsBranch({ trunkSteps, branches, branchSteps }: Branching, step: number): boolean {
  return branches > 1 && step >= trunkSteps && (step - trunkSteps) % branchSteps === 0;
}

/**
 * The factor on the learning rate of the update after `step` others. After the warm-up it stays in the trunk, and falls by the
 * schedule in each branch; without branches it is `scheduleFactor`.
 */
export function rateFactor(
  plan: Branching & { readonly warmupSteps: number },
  schedule: ScheduleName,
  step: number,
): number {
  const { trunkSteps, branchSteps, warmupSteps } = plan;
  const onPath = stepsOnPath(plan, step + 1) - 1;
  if (onPath < warmupSteps) return onPath / warmupSteps;
  const falls = Math.max(trunkSteps, warmupSteps);
  return onPath < falls ? 1 : scheduleFactor(schedule, onPath - falls, trunkSteps + branchSteps - falls, 0);
}

/** Where each branch begins: weights and moments at the end of the trunk. */
export class Trunk {
  #end: TrainingEngine['buffers'] | undefined;

  constructor(
    readonly engine: TrainingEngine,
    readonly branching: Branching,
  ) {}

  /** Before the update after `step` others: keeps the trunk's end, and goes back to it for each further branch. */
  beforeUpdate(step: number): void {
    if (!beginsBranch(this.branching, step)) return;
    const { trunkSteps } = this.branching;
    if (step > trunkSteps) {
      this.engine.goOnFrom(this.#end ?? {}, step, trunkSteps);
      return;
    }
    const { weights, exp_avg, exp_avg_sq } = this.engine.buffers;
    this.#end = { weights: weights.slice(), exp_avg: exp_avg.slice(), exp_avg_sq: exp_avg_sq.slice() };
  }

  /** For a checkpoint; none before the run parts. */
  get buffers(): StateBuffers {
    if (!this.#end) return {};
    const { weights, exp_avg, exp_avg_sq } = this.#end;
    return { trunk: weights, trunk_exp_avg: exp_avg, trunk_exp_avg_sq: exp_avg_sq };
  }

  restore(buffers: StateBuffers): void {
    if (!buffers.trunk) return;
    this.#end = {
      weights: buffers.trunk,
      exp_avg: required(buffers, 'trunk_exp_avg'),
      exp_avg_sq: required(buffers, 'trunk_exp_avg_sq'),
    };
  }
}
