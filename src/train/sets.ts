/** What a run learns from: texts that can be asked for a micro-batch at a time. */
import { padBatch } from '../batching/batch.js';
import { firstsOf, textOfRows, type TextWindows, type WindowRows } from '../batching/windows.js';
import { batchInputs, float32, int64, type Tensor, type Tensors } from '../runtime/runtime.js';
import { LOSS_WEIGHTS } from '../step/steps.js';
import type { Targets } from '../util/problem.js';
import type { MicroBatch } from './engine.js';

export interface TrainingSet {
  /** What it costs to read each text: its tokens, those of all its windows. */
  readonly lengths: ArrayLike<number>;
  /** The rows that each text is read in, where these may be several; else a text is the row of its own place. */
  readonly windows?: WindowRows | undefined;
  /** The same texts cut shorter, for the first updates (`shortFirst`). */
  readonly short?: TrainingSet | undefined;
  /** Where each text came from, such as `line 17`, for errors. */
  readonly origins: readonly string[];
  /**
   * These rows, padded to the longest of them.
   *
   * @param epoch how often each text was seen before, for what is drawn anew every time
   */
  microBatch(rows: readonly number[], epoch: number): MicroBatch;
  /** What the sum of the losses of these texts is divided by to be their mean. */
  weight(places: readonly number[], epoch: number): number;
}

/** Texts with what each is labelled with. */
export interface LabelledTexts {
  readonly texts: readonly TextWindows[];
  /** Whether a text may have several windows; then the graph takes the weight of each (`GradientOptions.weighted`). */
  readonly inWindows?: boolean;
  /** The same texts cut shorter, for the first updates. */
  readonly short?: readonly TextWindows[] | undefined;
  readonly targets: Targets;
  readonly numLabels: number;
  readonly origins: readonly string[];
  readonly padId: number;
  /** A factor on the loss of each class or label. @default all 1 */
  readonly classWeights?: readonly number[] | undefined;
}

/** Texts to be classified. */
export function labelledSet(texts: LabelledTexts): TrainingSet {
  const rows = texts.texts.flat();
  const labels = labelsOfRows(texts);
  return {
    ...lengthsOfSet(
      texts.texts.map((windows) => windows.map(({ length }) => length)),
      texts.inWindows,
    ),
    origins: texts.origins,
    short: texts.short && labelledSet({ ...texts, texts: texts.short, short: undefined }),
    microBatch(places) {
      const batch = padBatch(
        places.map((place) => rows[place]!),
        texts.padId,
      );
      const { size, length } = batch;
      return { size, length, inputs: { ...batchInputs(batch), ...labels(places) } };
    },
    weight: (places) => weightAt(texts, places),
  };
}

/** The same where only the head is trained, on what the frozen encoder made of each window: [rows][H]. */
export function featureSet(texts: LabelledTexts, features: readonly Float32Array[]): TrainingSet {
  const labels = labelsOfRows(texts);
  return {
    ...lengthsOfSet(
      texts.texts.map((windows) => windows.map(() => 1)),
      texts.inWindows,
    ),
    origins: texts.origins,
    microBatch(places) {
      const width = features[places[0]!]!.length;
      const rows = new Float32Array(places.length * width);
      places.forEach((place, row) => {
        rows.set(features[place]!, row * width);
      });
      const inputs = { features: float32([places.length, width], rows), ...labels(places) };
      return { size: places.length, length: 1, inputs };
    },
    weight: (places) => weightAt(texts, places),
  };
}

/**
 * What batches are planned by, of texts whose windows cost so much: [texts][windows].
 *
 * @param inWindows whether a text may have several
 */
export function lengthsOfSet(
  texts: readonly (readonly number[])[],
  inWindows = false,
): Pick<TrainingSet, 'lengths' | 'windows'> {
  const lengths = texts.map((windows) => windows.reduce((sum, length) => sum + length, 0));
  return inWindows ? { lengths, windows: { lengths: texts.flat(), firsts: firstsOf(texts) } } : { lengths };
}

/**
 * What the loss reads of rows: the class of the text of each and, of texts in windows, the share of the text's loss that
 * is the window's, so that a text counts once in however many windows it is read.
 */
function labelsOfRows(labelled: LabelledTexts): (rows: readonly number[]) => Tensors {
  const { texts, inWindows } = labelled;
  const textOf = textOfRows(firstsOf(texts));
  const share = (row: number): number => 1 / texts[textOf[row]!]!.length;
  return (rows) => ({
    labels: labelsAt(
      labelled,
      rows.map((row) => textOf[row]!),
    ),
    ...(inWindows && { [LOSS_WEIGHTS]: float32([rows.length], Float32Array.from(rows, share)) }),
  });
}

/** Labels as the loss of their kind reads them. */
function labelsAt({ targets, numLabels }: LabelledTexts, places: readonly number[]): Tensor {
  const B = places.length;
  switch (targets.problemType) {
    case 'single_label_classification':
      return int64([B], BigInt64Array.from(places, (place) => BigInt(targets.labelIds[place]!))); // prettier-ignore
    case 'multi_label_classification': {
      const ones = new Float32Array(B * numLabels);
      places.forEach((place, row) => {
        for (const id of targets.labelSets[place]!) ones[row * numLabels + id] = 1;
      });
      return float32([B, numLabels], ones);
    }
    case 'regression':
      return float32([B], Float32Array.from(places, (place) => targets.values[place]!)); // prettier-ignore
  }
}

function weightAt({ targets, classWeights }: LabelledTexts, places: readonly number[]): number {
  if (targets.problemType !== 'single_label_classification') return places.length;
  const { labelIds } = targets;
  return places.reduce((sum, place) => sum + (classWeights?.[labelIds[place]!] ?? 1), 0);
}
