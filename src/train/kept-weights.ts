/** Which weights a run ends with. */
import type { StateBuffers } from '../step/buffers.js';
import { averageFrom, keepsMean, WeightAverage } from './average.js';
import { BestKeeper, type Best } from './best.js';
import { stepsOnPath, type Branching } from './branches.js';
import type { TrainingEngine } from './engine.js';
import type { RunSettings } from './settings.js';
import { required, type KeptState } from './state.js';
import type { LogEntry } from './trainer-state.js';

/** The weights that will be kept: the engine's, their average over the last updates of each branch, or the best so far. */
export class KeptWeights {
  readonly #keeper: BestKeeper;
  readonly #averageFrom: number;
  #average: WeightAverage | undefined;

  constructor(
    readonly engine: TrainingEngine,
    settings: RunSettings,
    readonly branching: Branching,
  ) {
    this.#keeper = new BestKeeper(settings.metric ?? 'loss', settings.earlyStopping);
    const { trunkSteps, branches, branchSteps } = branching;
    const { averageLast } = settings;
    this.#averageFrom = keepsMean({ averageLast, branches })
      ? trunkSteps + averageFrom(averageLast, branchSteps)
      : Infinity;
  }

  get weights(): Float32Array {
    return this.#average?.weights ?? this.engine.weights;
  }

  get best(): Best | undefined {
    return this.#keeper.best;
  }

  afterUpdate(step: number): void {
    if (stepsOnPath(this.branching, step) < this.#averageFrom) return;
    this.#average ??= new WeightAverage(this.engine.trained, this.engine.weights);
    this.#average.add(this.engine.weights);
  }

  /** Whether to stop after this evaluation. */
  offer(step: number, entry: LogEntry): boolean {
    return this.#keeper.offer(step, entry, this.weights);
  }

  get state(): KeptState {
    const { best, worseSince } = this.#keeper;
    return { best, worseSince, averaged: this.#average?.count ?? 0 };
  }

  get buffers(): StateBuffers {
    const best = this.#keeper.weights;
    return { ...(this.#average && { average: this.#average.weights }), ...(best && { best }) };
  }

  restore({ best, worseSince, averaged }: KeptState, buffers: StateBuffers): void {
    this.#keeper.resume(best, worseSince, best && required(buffers, 'best'));
    if (averaged === 0) return;
    this.#average = new WeightAverage(this.engine.trained, this.engine.weights);
    this.#average.restore(required(buffers, 'average'), averaged);
  }

  finish(): void {
    if (this.#average) this.engine.weights.set(this.#average.weights);
    this.#keeper.restore(this.engine.weights);
  }
}
