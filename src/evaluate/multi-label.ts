/**
 * How good predictions are where a text may have any number of labels. Definitions are scikit-learn's for indicator
 * matrices; fixtures made with it check them.
 */
import { ratio, type ClassMetrics } from './metrics.js';

/** A label whose probability is at least this is given: half. */
export const THRESHOLD = 0.5;

export interface LabelMetrics extends ClassMetrics {
  /** Area under the precision-recall steps; `null` where no text has the label. */
  readonly average_precision: number | null;
}

/** The fields have the names of the JSON that `bertune evaluate` prints. */
export interface MultiLabelMetrics {
  readonly problem_type: 'multi_label_classification';
  readonly examples: number;
  /** The share of texts whose labels are all right, and no others. */
  readonly subset_accuracy: number;
  /** The share of (text, label) pairs that are wrong. */
  readonly hamming_loss: number;
  /** Over all (text, label) pairs together. */
  readonly f1_micro: number;
  readonly precision_micro: number;
  readonly recall_micro: number;
  /** The mean over labels. */
  readonly f1_macro: number;
  readonly precision_macro: number;
  readonly recall_macro: number;
  /** The mean of the labels' average precision, of those that some text has; `null` where there is none. */
  readonly mean_average_precision: number | null;
  /** Mean binary cross-entropy over texts and labels, in nats. */
  readonly loss: number;
  readonly per_label: readonly LabelMetrics[];
}

/** Hits, false alarms and misses. */
export interface Counts {
  hits: number;
  alarms: number;
  misses: number;
}

/**
 * @param logits [examples][C]
 * @param labelSets the true labels of each text
 * @param labels names by id
 */
export function multiLabelMetrics(
  logits: readonly ArrayLike<number>[],
  labelSets: readonly (readonly number[])[],
  labels: readonly string[],
): MultiLabelMetrics {
  const total: Counts = { hits: 0, alarms: 0, misses: 0 };
  const byLabel = labels.map((): Counts => ({ hits: 0, alarms: 0, misses: 0 }));
  let [exact, loss] = [0, 0];
  labelSets.forEach((set, i) => {
    const { hits, alarms, misses } = compared(logits[i]!, set);
    for (const id of hits) byLabel[id]!.hits++;
    for (const id of alarms) byLabel[id]!.alarms++;
    for (const id of misses) byLabel[id]!.misses++;
    total.hits += hits.length;
    total.alarms += alarms.length;
    total.misses += misses.length;
    if (alarms.length + misses.length === 0) exact++;
    loss += labels.reduce((sum, _, id) => sum + binaryCrossEntropy(logits[i]![id]!, set.includes(id)), 0);
  });
  const pairs = labelSets.length * labels.length;
  const perLabel = labels.map((label, id) => ({
    label,
    ...scoresOf(byLabel[id]!),
    average_precision: averagePrecision(
      logits.map((row) => row[id]!),
      labelSets.map((set) => set.includes(id)),
    ),
    support: byLabel[id]!.hits + byLabel[id]!.misses,
  }));
  const micro = scoresOf(total);
  const areas = perLabel.flatMap((row) => row.average_precision ?? []);
  return {
    problem_type: 'multi_label_classification',
    examples: labelSets.length,
    subset_accuracy: exact / labelSets.length,
    hamming_loss: (total.alarms + total.misses) / pairs,
    f1_micro: micro.f1,
    precision_micro: micro.precision,
    recall_micro: micro.recall,
    f1_macro: mean(perLabel.map(({ f1 }) => f1)),
    precision_macro: mean(perLabel.map(({ precision }) => precision)),
    recall_macro: mean(perLabel.map(({ recall }) => recall)),
    mean_average_precision: areas.length === 0 ? null : mean(areas),
    loss: loss / pairs,
    per_label: perLabel,
  };
}

/** Whether a label is given by its logit: sigmoid(0) is a half. */
export const isGiven = (logit: number): boolean => logit >= 0;

/** The probability of one label, in float64, safe for large numbers. */
export function sigmoid(logit: number): number {
  const power = Math.exp(-Math.abs(logit));
  return logit >= 0 ? 1 / (1 + power) : power / (1 + power);
}

/** Which labels of a text are rightly given, wrongly given, and missed. */
export function compared(
  logits: ArrayLike<number>,
  set: readonly number[],
): { hits: number[]; alarms: number[]; misses: number[] } {
  const found: { hits: number[]; alarms: number[]; misses: number[] } = { hits: [], alarms: [], misses: [] };
  for (let id = 0; id < logits.length; id++) {
    const is = set.includes(id);
    if (isGiven(logits[id]!)) (is ? found.hits : found.alarms).push(id);
    else if (is) found.misses.push(id);
  }
  return found;
}

/**
 * The texts that have labels too many or too few, those with most of these first.
 *
 * @param logits [examples][C]
 */
export function wrongSets(
  logits: readonly ArrayLike<number>[],
  labelSets: readonly (readonly number[])[],
): { readonly place: number; readonly alarms: readonly number[]; readonly misses: readonly number[] }[] {
  return labelSets
    .map((set, place) => ({ place, ...compared(logits[place]!, set) }))
    .filter(({ alarms, misses }) => alarms.length + misses.length > 0)
    .sort(
      (a, b) => b.alarms.length + b.misses.length - a.alarms.length - a.misses.length || a.place - b.place,
    );
}

/** Precision, recall and their harmonic mean; 0 where nothing is given or nothing is there. */
export function scoresOf({ hits, alarms, misses }: Counts): {
  precision: number;
  recall: number;
  f1: number;
} {
  return {
    precision: ratio(hits, hits + alarms),
    recall: ratio(hits, hits + misses),
    f1: ratio(2 * hits, 2 * hits + alarms + misses),
  };
}

/** -log of the probability that the logit gives to what is: log(1 + exp(-x)) or log(1 + exp(x)). */
function binaryCrossEntropy(logit: number, is: boolean): number {
  const against = is ? -logit : logit;
  return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
}

/**
 * Sum over thresholds of (recall - recall before) * precision, the highest first; texts of one score come together.
 * `null` without positives.
 */
export function averagePrecision(scores: readonly number[], isPositive: readonly boolean[]): number | null {
  const positives = isPositive.reduce((sum, is) => sum + (is ? 1 : 0), 0);
  if (positives === 0) return null;
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  let [hits, hitsBefore, area] = [0, 0, 0];
  order.forEach((place, i) => {
    if (isPositive[place]) hits++;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[place]) return;
    area += ((hits - hitsBefore) / positives) * (hits / (i + 1));
    hitsBefore = hits;
  });
  return area;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
