/** Metrics, intervals and what they are called, for every kind of problem: where the kinds meet. */
import type { OneOf, Targets } from '../util/problem.js';
import {
  intervalsOf,
  LEVEL,
  middle,
  shareInterval,
  RESAMPLES,
  resampledWeights,
  type BootstrapOptions,
  type Interval,
  type Intervals,
} from './bootstrap.js';
import { metricsOf, type Metrics } from './metrics.js';
import { compared, multiLabelMetrics, scoresOf, type Counts, type MultiLabelMetrics } from './multi-label.js';
import { placesInOrder, regressionMetrics, weightedNumbers, type RegressionMetrics } from './regression.js';

/** How good a model is; `problem_type` says which of the metrics there are. */
export type AnyMetrics = OneOf<Metrics | MultiLabelMetrics | RegressionMetrics>;

/** Each metric's interval; `null` where the metric is in most samples. */
export interface MultiLabelIntervals extends Pick<Intervals, 'level' | 'resamples'> {
  readonly subset_accuracy: Interval;
  readonly hamming_loss: Interval;
  readonly f1_micro: Interval;
  readonly f1_macro: Interval;
}

export interface RegressionIntervals extends Pick<Intervals, 'level' | 'resamples'> {
  readonly mse: Interval;
  readonly rmse: Interval;
  readonly mae: Interval;
  readonly r2: Interval | null;
  readonly pearson: Interval | null;
  readonly spearman: Interval | null;
}

export type AnyIntervals = OneOf<Intervals | MultiLabelIntervals | RegressionIntervals>;

/**
 * The metrics of a kind of problem.
 *
 * ```ts
 * measure([[2.5], [4.1]], { problemType: 'regression', values: Float64Array.of(3, 4) }, ['LABEL_0']).mae; // 0.3
 * ```
 *
 * @param logits [examples][C]
 * @param labels names by id
 */
export function measure(
  logits: readonly ArrayLike<number>[],
  targets: Targets,
  labels: readonly string[],
): AnyMetrics {
  switch (targets.problemType) {
    case 'single_label_classification':
      return metricsOf(logits, targets.labelIds, labels);
    case 'multi_label_classification':
      return multiLabelMetrics(logits, targets.labelSets, labels);
    case 'regression':
      return regressionMetrics(logits, targets.values);
  }
}

/** 95 % intervals of the metrics, by the bootstrap over texts (`intervalsOf`). */
export function measureIntervals(
  logits: readonly ArrayLike<number>[],
  targets: Targets,
  options: BootstrapOptions = {},
): AnyIntervals {
  switch (targets.problemType) {
    case 'single_label_classification':
      return intervalsOf(logits, targets.labelIds, options);
    case 'multi_label_classification':
      return multiLabelIntervals(logits, targets.labelSets, options);
    case 'regression':
      return regressionIntervals(logits, targets.values, options);
  }
}

function multiLabelIntervals(
  logits: readonly ArrayLike<number>[],
  labelSets: readonly (readonly number[])[],
  options: BootstrapOptions,
): MultiLabelIntervals {
  const width = logits[0]?.length ?? 0;
  const texts = labelSets.map((set, i) => compared(logits[i]!, set));
  const samples = samplesOf(['subset_accuracy', 'hamming_loss', 'f1_micro', 'f1_macro']);
  for (const weights of resampledWeights(texts.length, options)) {
    const byLabel = Array.from({ length: width }, (): Counts => ({ hits: 0, alarms: 0, misses: 0 }));
    let exact = 0;
    texts.forEach(({ hits, alarms, misses }, i) => {
      const weight = weights[i]!;
      if (weight === 0) return;
      for (const id of hits) byLabel[id]!.hits += weight;
      for (const id of alarms) byLabel[id]!.alarms += weight;
      for (const id of misses) byLabel[id]!.misses += weight;
      if (alarms.length + misses.length === 0) exact += weight;
    });
    const sum = (name: keyof Counts): number => byLabel.reduce((total, counts) => total + counts[name], 0);
    const total = { hits: sum('hits'), alarms: sum('alarms'), misses: sum('misses') };
    samples.subset_accuracy.push(exact / texts.length);
    samples.hamming_loss.push((total.alarms + total.misses) / (texts.length * width));
    samples.f1_micro.push(scoresOf(total).f1);
    samples.f1_macro.push(byLabel.reduce((all, counts) => all + scoresOf(counts).f1, 0) / width);
  }
  return {
    ...{ level: LEVEL, resamples: options.resamples ?? RESAMPLES },
    subset_accuracy: shareInterval(
      samples.subset_accuracy,
      texts.filter(({ alarms, misses }) => alarms.length + misses.length === 0).length,
      texts.length,
    ),
    hamming_loss: middle(samples.hamming_loss),
    f1_micro: middle(samples.f1_micro),
    f1_macro: middle(samples.f1_macro),
  };
}

function regressionIntervals(
  logits: readonly ArrayLike<number>[],
  values: ArrayLike<number>,
  options: BootstrapOptions,
): RegressionIntervals {
  const predicted = logits.map((row) => row[0]!);
  const truth = Array.from(values);
  const orders = [placesInOrder(predicted), placesInOrder(truth)] as const;
  const samples = samplesOf(['mse', 'rmse', 'mae', 'r2', 'pearson', 'spearman']);
  for (const weights of resampledWeights(truth.length, options)) {
    const numbers = weightedNumbers(predicted, truth, weights, orders);
    for (const name of ['mse', 'rmse', 'mae', 'r2', 'pearson', 'spearman'] as const) {
      // A sample of one number again and again has no correlation, and no part in its interval.
      const value = numbers[name];
      if (value !== null) samples[name].push(value);
    }
  }
  const orNull = (found: number[]): Interval | null => (found.length > 0 ? middle(found) : null);
  return {
    ...{ level: LEVEL, resamples: options.resamples ?? RESAMPLES },
    ...{ mse: middle(samples.mse), rmse: middle(samples.rmse), mae: middle(samples.mae) },
    ...{ r2: orNull(samples.r2), pearson: orNull(samples.pearson), spearman: orNull(samples.spearman) },
  };
}

function samplesOf<Name extends string>(names: readonly Name[]): Record<Name, number[]> {
  return Object.fromEntries(names.map((name): [Name, number[]] => [name, []])) as Record<Name, number[]>;
}

/** The metrics that are one number, by their names, for a log: those that a kind has, `null` where there is none. */
export function numbersOf(metrics: AnyMetrics): Readonly<Record<string, number | null>> {
  const { problem_type: _, examples: _examples, ...rest } = metrics;
  return Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, number | null] => {
      return entry[1] === null || typeof entry[1] === 'number';
    }),
  );
}

/** The metric that stands for a kind, as it is told first: a share, or for numbers a correlation. */
export const HEADLINE = {
  single_label_classification: 'accuracy',
  multi_label_classification: 'f1_micro',
  regression: 'pearson',
} as const;
