/** Which of several states of the weights is the best, by evaluations along the way. */
import { UsageError } from '../util/errors.js';
import type { ProblemType } from '../util/problem.js';
import type { LogEntry } from './trainer-state.js';

/** By their names in an evaluation's log entry, without `eval_`; the first is what counts where nothing is said. */
export const METRICS = {
  single_label_classification: ['accuracy', 'f1', 'loss', 'matthews_correlation', 'roc_auc'],
  multi_label_classification: [
    ...([
      'f1_micro',
      'f1_macro',
      'subset_accuracy',
      'hamming_loss',
      'mean_average_precision',
      'loss',
    ] as const),
  ],
  regression: ['loss', 'mae', 'r2', 'pearson', 'spearman'],
} as const satisfies Readonly<Record<ProblemType, readonly string[]>>;
export type MetricName = (typeof METRICS)[ProblemType][number];

/** Those of all kinds of problem. */
export const METRIC_NAMES: readonly MetricName[] = [...new Set(Object.values(METRICS).flat())];

const LOWER_IS_BETTER: ReadonlySet<MetricName> = new Set(['loss', 'hamming_loss', 'mae'] as const);

/** The metric that the best weights are chosen by: what is asked for, if the kind of problem has it. */
export function metricFor(problemType: ProblemType, asked: MetricName | undefined): MetricName {
  const known: readonly MetricName[] = METRICS[problemType];
  if (asked === undefined) return known[0]!;
  if (known.includes(asked)) return asked;
  throw new UsageError(`--metric ${asked}: for ${problemType} there are ${known.join(', ')}.`);
}

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

  get worseSince(): number {
    return this.#worseSince;
  }

  /** Those of the best evaluation, where there was one. */
  get weights(): Float32Array | undefined {
    return this.#weights;
  }

  /** Goes on from there. */
  resume(best: Best | undefined, worseSince: number, weights: Float32Array | undefined): void {
    this.best = best;
    this.#worseSince = worseSince;
    this.#weights = weights;
  }

  /** Puts the best weights back. Nothing happens where no evaluation gave a number. */
  restore(weights: Float32Array): void {
    if (this.#weights) weights.set(this.#weights);
  }

  #isBetter(value: number): boolean {
    if (!this.best) return !Number.isNaN(value);
    return LOWER_IS_BETTER.has(this.metric) ? value < this.best.value : value > this.best.value;
  }
}
