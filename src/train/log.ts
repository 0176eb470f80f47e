/** What a run writes down of its updates: `log_history` of `trainer_state.json`. */
import type { LogState } from './state.js';
import type { LogEntry } from './trainer-state.js';

export interface UpdateRecord {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** The training entries of the log: every `every` steps, the mean loss since the entry before. */
export class TrainingLog {
  readonly entries: LogEntry[] = [];
  #steps = 0;
  #total = 0;
  #totalSinceEntry = 0;
  #stepsSinceEntry = 0;

  constructor(
    readonly totalSteps: number,
    readonly every: number,
  ) {}

  get meanLoss(): number {
    return this.#total / Math.max(1, this.#steps);
  }

  get state(): LogState {
    return {
      entries: [...this.entries],
      steps: this.#steps,
      total: this.#total,
      totalSinceEntry: this.#totalSinceEntry,
      stepsSinceEntry: this.#stepsSinceEntry,
    };
  }

  restore(state: LogState): void {
    this.entries.splice(0, Infinity, ...state.entries);
    this.#steps = state.steps;
    this.#total = state.total;
    this.#totalSinceEntry = state.totalSinceEntry;
    this.#stepsSinceEntry = state.stepsSinceEntry;
  }

  step(done: UpdateRecord): void {
    const { step, epoch, loss, gradNorm, learningRate } = done;
    this.#steps++;
    this.#stepsSinceEntry++;
    this.#total += loss;
    this.#totalSinceEntry += loss;
    if (step % this.every !== 0 && step !== this.totalSteps) return;
    const mean = this.#totalSinceEntry / this.#stepsSinceEntry;
    this.entries.push({ epoch, grad_norm: gradNorm, learning_rate: learningRate, loss: mean, step });
    this.#totalSinceEntry = 0;
    this.#stepsSinceEntry = 0;
  }
}
