/** Which of several states of the weights is the best, by evaluations along the way. */
import type { LogEntry } from './trainer-state.js';

/** By their names in an evaluation's log entry, without `eval_`. */
export const METRIC_NAMES = ['accuracy', 'f1', 'loss', 'matthews_correlation', 'roc_auc'] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** The best evaluation so far. */
export interface Best {
  readonly step: number;
  readonly value: number;
}

/** Keeps the weights of the best evaluation, and counts how many were no better since. */
export class BestKeeper {
  best: Best | undefined;
  #weights: Float32Array | undefined;
  #worseSince = 0;

  /** @param patience evaluations without a better one after which to stop; 0 for never */
  constructor(
    readonly metric: MetricName,
    readonly patience: number,
  ) {}

  /** Whether to stop after this evaluation. Its weights are copied when it is the best one; of equal ones the first. */
  offer(step: number, entry: LogEntry, weights: Float32Array): boolean {
    const value = entry[`eval_${this.metric}`];
    if (value !== undefined && this.#isBetter(value)) {
      this.best = { step, value };
      this.#worseSince = 0;
      this.#weights ??= new Float32Array(weights.length);
      this.#weights.set(weights);
      return false;
    }
    this.#worseSince++;
    return this.patience > 0 && this.#worseSince >= this.patience;
  }

  /** Puts the best weights back. Nothing happens where no evaluation gave a number. */
  restore(weights: Float32Array): void {
    if (this.#weights) weights.set(this.#weights);
  }

  #isBetter(value: number): boolean {
    if (!this.best) return !Number.isNaN(value);
    return this.metric === 'loss' ? value < this.best.value : value > this.best.value;
  }
}
