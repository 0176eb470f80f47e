/**
 * How far a score may be off because the test texts are these and not others: the percentile bootstrap over texts
 * (Efron and Tibshirani 1993, chapter 13).
 */
import { PURPOSE, RandomStream } from '../util/random.js';
import { areaFromWeights, byScore, type ScoredOrder } from './area.js';
import { argmax, countText, headlineF1, matthews, noCounts } from './metrics.js';
import { wilson, type Interval } from './interval.js';
import { softmax } from './logits.js';

export type { Interval } from './interval.js';

/** Each metric's interval; `null` where the metric is. */
export interface Intervals {
  /** The share of test sets like this one that the true value would lie within: 0.95. */
  readonly level: number;
  readonly resamples: number;
  readonly accuracy: Interval;
  readonly f1: Interval;
  /** `null` too with more than 20 classes, where it would take minutes. */
  readonly roc_auc: Interval | null;
  readonly matthews_correlation: Interval;
}

export interface BootstrapOptions {
  /** @default 42 */
  readonly seed?: number;
  /** @default 2000 */
  readonly resamples?: number;
}

export const LEVEL = 0.95;
export const RESAMPLES = 2000;
const MOST_CLASSES_WITH_AREA = 20;

/**
 * 95 % intervals of the metrics that `metricsOf` gives. Texts are drawn with replacement, as many as there are, again and
 * again; the intervals hold the middle 95 % of the metrics of what was drawn.
 *
 * @param logits [examples][C]
 * @param labelIds the true classes
 */
export function intervalsOf(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  options: BootstrapOptions = {},
): Intervals {
  const truth = Array.from(labelIds);
  const classes = logits[0]?.length ?? 0;
  const answers = logits.map(argmax);
  const orders = classes <= MOST_CLASSES_WITH_AREA ? ordersOf(logits, truth, classes) : [];
  const samples = { accuracy: [], f1: [], area: [], matthews: [] } as Record<string, number[]>;
  for (const weights of resampledWeights(truth.length, options)) {
    const counts = noCounts(classes);
    truth.forEach((label, i) => {
      if (weights[i]! > 0) countText(counts, label, answers[i]!, weights[i]);
    });
    samples['accuracy']!.push(counts.hits.reduce((sum, hits) => sum + hits, 0) / truth.length);
    samples['f1']!.push(headlineF1(counts));
    samples['matthews']!.push(matthews(counts));
    const areas = orders.map((order) => areaFromWeights(order, weights));
    // A sample without one of the classes has no area, and no part in its interval.
    if (orders.length > 0 && !areas.includes(null)) {
      samples['area']!.push(areas.reduce<number>((sum, area) => sum + area!, 0) / areas.length);
    }
  }
  return {
    ...{ level: LEVEL, resamples: options.resamples ?? RESAMPLES },
    accuracy: shareInterval(
      samples['accuracy']!,
      answers.filter((answer, i) => answer === truth[i]).length,
      truth.length,
    ),
    f1: middle(samples['f1']!),
    roc_auc: samples['area']!.length > 0 ? middle(samples['area']!) : null,
    matthews_correlation: middle(samples['matthews']!),
  };
}

/** How often each text counts in one sample after another; the same array each time. */
export function* resampledWeights(
  texts: number,
  { seed = 42, resamples = RESAMPLES }: BootstrapOptions = {},
): Generator<Int32Array> {
  const random = new RandomStream(seed, PURPOSE.bootstrap);
  const weights = new Int32Array(texts);
  for (let resample = 0; resample < resamples; resample++) {
    weights.fill(0);
    for (let draw = 0; draw < texts; draw++) {
      const i = random.below(texts);
      weights[i] = weights[i]! + 1;
    }
    yield weights;
  }
}

/** Of the classes whose areas are averaged: the second of two, else all. */
function ordersOf(
  logits: readonly ArrayLike<number>[],
  truth: readonly number[],
  classes: number,
): ScoredOrder[] {
  const probabilities = logits.map(softmax);
  const ids = classes === 2 ? [1] : Array.from({ length: classes }, (_, id) => id);
  return ids.map((id) =>
    byScore(
      probabilities.map((row) => row[id]!),
      truth.map((label) => label === id),
    ),
  );
}

/**
 * The interval of a share of texts: the middle of its samples. Where all texts or none are right every sample says the same, and
 * three texts would seem as sure as three thousand: there it is Wilson's.
 */
export function shareInterval(samples: number[], right: number, texts: number): Interval {
  return right === 0 || right === texts ? wilson(right, texts) : middle(samples);
}

/** The middle 95 % of values. */
export function middle(values: number[], level = LEVEL): Interval {
  const sorted = Float64Array.from(values).sort();
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}

/** As numpy's default: between the two nearest values, by distance. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
