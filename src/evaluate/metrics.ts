/** How good predictions are. Definitions are scikit-learn's; fixtures made with it check them. */
import { areaFromWeights, byScore } from './area.js';
import { softmax } from './logits.js';

export interface ClassMetrics {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Examples of this class. */
  readonly support: number;
}

/** The fields have the names of the JSON that `bertune evaluate` prints. */
export interface Metrics {
  readonly problem_type: 'single_label_classification';
  readonly examples: number;
  readonly accuracy: number;
  /** With two classes those of the second (`label2id` 1); with more, the mean over classes. */
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  /** Area under the ROC curve; with more than two classes the mean of one-versus-rest. `null` where a class is absent. */
  readonly roc_auc: number | null;
  /** Matthews' correlation coefficient; multi-class as Gorodkin 2004. */
  readonly matthews_correlation: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** [true class][predicted class] */
  readonly confusion_matrix: readonly (readonly number[])[];
  readonly per_class: readonly ClassMetrics[];
}

/**
 * @param logits [examples][C]
 * @param labelIds the true classes
 * @param labels names by class id
 */
export function metricsOf(
  logits: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  labels: readonly string[],
): Metrics {
  const truth = Array.from(labelIds);
  const confusion = labels.map(() => labels.map(() => 0));
  truth.forEach((label, i) => {
    const row = confusion[label]!;
    const predicted = argmax(logits[i]!);
    row[predicted] = row[predicted]! + 1;
  });
  const counts = countsOf(confusion);
  const perClass = labels.map((label, id) => ({ label, ...classScores(counts, id) }));
  const correct = sum(counts.hits);
  const headline = headlineOf(perClass);
  return {
    problem_type: 'single_label_classification',
    examples: truth.length,
    accuracy: correct / truth.length,
    f1: headline.f1,
    precision: headline.precision,
    recall: headline.recall,
    roc_auc: rocAuc(logits.map(softmax), truth),
    matthews_correlation: matthews(counts),
    loss: meanCrossEntropy(logits, truth),
    confusion_matrix: confusion,
    per_class: perClass,
  };
}

/** In nats. */
export function meanCrossEntropy(logits: readonly ArrayLike<number>[], labelIds: ArrayLike<number>): number {
  return logits.reduce((total, row, i) => total + logSumExp(row) - row[labelIds[i]!]!, 0) / logits.length;
}

/** The place of the largest number; the first of equal ones. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The share of the commonest class: what always giving the same answer would reach. */
export function majorityBaseline(labelIds: ArrayLike<number>): { id: number; accuracy: number } {
  const counts = new Map<number, number>();
  for (const id of Array.from(labelIds)) counts.set(id, (counts.get(id) ?? 0) + 1);
  const [id, count] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  return { id, accuracy: count / labelIds.length };
}

/** What of a confusion matrix the scores are made of, by class id: they cost as much as there are classes, not their square. */
export interface ClassCounts {
  /** Texts of the class that are classified so. */
  readonly hits: number[];
  /** Texts of the class. */
  readonly support: number[];
  /** Texts that are classified so. */
  readonly predicted: number[];
}

export function noCounts(classes: number): ClassCounts {
  const zeros = (): number[] => new Array<number>(classes).fill(0);
  return { hits: zeros(), support: zeros(), predicted: zeros() };
}

/** Counts a text `times` times. */
export function countText(counts: ClassCounts, label: number, predicted: number, times = 1): void {
  counts.support[label]! += times;
  counts.predicted[predicted]! += times;
  if (label === predicted) counts.hits[label]! += times;
}

function countsOf(confusion: readonly (readonly number[])[]): ClassCounts {
  const counts = noCounts(confusion.length);
  confusion.forEach((row, label) => {
    row.forEach((times, predicted) => {
      countText(counts, label, predicted, times);
    });
  });
  return counts;
}

function classScores(counts: ClassCounts, id: number): Omit<ClassMetrics, 'label'> {
  const [hits, support, predicted] = [counts.hits[id]!, counts.support[id]!, counts.predicted[id]!];
  return {
    precision: ratio(hits, predicted),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, predicted + support),
    support,
  };
}

/** A share, 0 of nothing. */
export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** The F1 that stands for all classes. */
export function headlineF1(counts: ClassCounts): number {
  return headlineOf(counts.hits.map((_, id) => classScores(counts, id))).f1;
}

/** With two classes the second's, with more the mean. */
function headlineOf(perClass: readonly Scores[]): Scores {
  return perClass.length === 2 ? perClass[1]! : average(perClass);
}

type Scores = Pick<ClassMetrics, 'precision' | 'recall' | 'f1'>;

function average(classes: readonly Scores[]): Scores {
  const mean = (field: 'precision' | 'recall' | 'f1'): number =>
    sum(classes.map((c) => c[field])) / classes.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

/**
 * Area under the ROC curve from probabilities [examples][C]: of class 1 with two classes, else the mean of each class
 * against the rest. `null` when a class is absent, as then there is no curve.
 */
export function rocAuc(
  probabilities: readonly (readonly number[])[],
  truth: readonly number[],
): number | null {
  const classes = probabilities[0]?.length ?? 0;
  const areas = Array.from({ length: classes }, (_, id) =>
    areaUnderCurve(
      probabilities.map((row) => row[id]!),
      truth.map((label) => label === id),
    ),
  );
  return classes === 2 ? areas[1]! : meanOrNull(areas);
}

function areaUnderCurve(scores: readonly number[], isPositive: readonly boolean[]): number | null {
  return areaFromWeights(byScore(scores, isPositive), new Uint8Array(scores.length).fill(1));
}

/** Matthews' correlation coefficient; multi-class as Gorodkin 2004. */
export function matthews({ hits, support, predicted }: ClassCounts): number {
  const [examples, correct] = [sum(support), sum(hits)];
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((total, x, i) => total + x * b[i]!, 0);
  const spread = Math.sqrt(
    (examples ** 2 - dot(predicted, predicted)) * (examples ** 2 - dot(support, support)),
  );
  return spread === 0 ? 0 : (correct * examples - dot(support, predicted)) / spread;
}

function logSumExp(logits: ArrayLike<number>): number {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  return largest + Math.log(sum(values.map((value) => Math.exp(value - largest))));
}

function meanOrNull(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : sum(values as number[]) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
