/**
 * Confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", arXiv
 * 1911.00068): which texts a classifier that has not seen them would label otherwise, and is sure of. A class is sure where
 * its probability is at least what it is on average over the texts that bear its label (equation 2).
 */
import { argmax } from './metrics.js';

/** Probabilities as near as that are the same: they come from floating point. */
const EQUAL = 1e-6;

/** How suspicious a text's label is. */
export interface Suspicion {
  /** In the list of texts. */
  readonly place: number;
  readonly given: number;
  /** The class that the classifier would give instead: the likeliest other one. */
  readonly suggested: number;
  /** The given label's probability, and the suggested one's. */
  readonly selfConfidence: number;
  readonly suggestedProbability: number;
  /** `selfConfidence - suggestedProbability`, from -1 to 1: the less, the more suspicious (the normalized margin). */
  readonly margin: number;
  /** Whether it is off the diagonal of the confident joint, and the prediction is not the given label. */
  readonly likely: boolean;
}

export interface ConfidentLearning {
  /** By class: the mean probability of the label over the texts that bear it; `null` where none does. */
  readonly thresholds: readonly (number | null)[];
  /** [given][true] counts of the texts that the classifier is sure of. */
  readonly confidentJoint: readonly (readonly number[])[];
  /** The share of all texts whose label is wrong, by the joint scaled to how often each label is given (equation 3). */
  readonly noise: number;
  /** Every text, the most suspicious first: likely errors, then the others, each by their margin. */
  readonly ranking: readonly Suspicion[];
}

/**
 * @param probabilities [texts][C], each by a classifier that has not learnt from the text
 * @param labelIds the labels that were given
 *
 * ```ts
 * const { ranking } = confidentLearning([[0.9, 0.1], [0.05, 0.95], [0.2, 0.8]], [0, 0, 1]);
 * ranking[0]; // { place: 1, given: 0, suggested: 1, selfConfidence: 0.05, margin: -0.9, likely: true, ... }
 * ```
 */
export function confidentLearning(
  probabilities: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
): ConfidentLearning {
  const classes = probabilities[0]?.length ?? 0;
  const thresholds = thresholdsOf(probabilities, labelIds, classes);
  const joint = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const suspicions = probabilities.map((row, place): Suspicion => {
    const given = labelIds[place]!;
    const truth = surest(row, thresholds);
    if (truth !== undefined) joint[given]![truth] = joint[given]![truth]! + 1;
    const suggested = likeliestOther(row, given);
    const [selfConfidence, suggestedProbability] = [row[given]!, row[suggested]!];
    return {
      ...{ place, given, suggested, selfConfidence, suggestedProbability },
      margin: selfConfidence - suggestedProbability,
      likely: truth !== undefined && truth !== given && argmax(row) !== given,
    };
  });
  return {
    thresholds,
    confidentJoint: joint,
    noise: noiseOf(joint, labelIds),
    ranking: suspicions.sort(
      (a, b) => Number(b.likely) - Number(a.likely) || a.margin - b.margin || a.place - b.place,
    ),
  };
}

function thresholdsOf(
  probabilities: readonly ArrayLike<number>[],
  labelIds: ArrayLike<number>,
  classes: number,
): (number | null)[] {
  const sums = new Float64Array(classes);
  const counts = new Int32Array(classes);
  probabilities.forEach((row, place) => {
    const label = labelIds[place]!;
    sums[label] = sums[label]! + row[label]!;
    counts[label] = counts[label]! + 1;
  });
  return Array.from(sums, (sum, id) => (counts[id] === 0 ? null : sum / counts[id]!));
}

/** The likeliest of the classes whose probability reaches their threshold; nothing where none does. */
function surest(row: ArrayLike<number>, thresholds: readonly (number | null)[]): number | undefined {
  let best: number | undefined;
  thresholds.forEach((threshold, id) => {
    if (threshold === null || row[id]! < threshold - EQUAL) return;
    if (best === undefined || row[id]! > row[best]!) best = id;
  });
  return best;
}

function likeliestOther(row: ArrayLike<number>, given: number): number {
  let best = given === 0 ? 1 : 0;
  for (let id = 0; id < row.length; id++) if (id !== given && row[id]! > row[best]!) best = id;
  return best;
}

/** Each row of the joint is scaled to the number of texts with its label; what is off the diagonal is wrong. */
function noiseOf(joint: readonly (readonly number[])[], labelIds: ArrayLike<number>): number {
  const counts = new Int32Array(joint.length);
  for (const label of Array.from(labelIds)) counts[label] = counts[label]! + 1;
  const wrong = joint.reduce((total, row, given) => {
    const own = Math.max(1, row[given]!); // a class that is never sure of itself keeps its labels
    const others = row.reduce((sum, count, id) => (id === given ? sum : sum + count), 0);
    return total + (counts[given]! * others) / (own + others);
  }, 0);
  return wrong / labelIds.length;
}
