/** What an int8 file is compared with its fp32 by: one number for each kind of problem, of which more is better. */
import type { ProblemType } from './problem.js';

export interface CheckMetric {
  /** Its field among the metrics. */
  readonly field: 'accuracy' | 'f1_micro' | 'r2';
  /** What it is called in a sentence. */
  readonly name: string;
  readonly show: (score: number) => string;
}

/**
 * Of numbers R2, not a correlation: a file that gives all of them a point too low is found. A point is a hundredth of each.
 */
export const CHECK_METRICS: Readonly<Record<ProblemType, CheckMetric>> = {
  single_label_classification: {
    ...{ field: 'accuracy', name: 'accuracy', show: (score) => `${(100 * score).toFixed(2)} %` },
  },
  multi_label_classification: {
    ...{ field: 'f1_micro', name: 'micro F1', show: (score) => score.toFixed(4) },
  },
  regression: { field: 'r2', name: 'R2', show: (score) => score.toFixed(4) },
};
