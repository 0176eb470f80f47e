/** What a run learns from: texts that can be asked for a micro-batch at a time. */
import { padBatch } from '../batching/batch.js';
import { batchInputs, float32, int64, type Tensor } from '../runtime/runtime.js';
import type { MicroBatch } from './engine.js';

export interface TrainingSet {
  /** What it costs to read each text: its tokens. */
  readonly lengths: ArrayLike<number>;
  /** Where each text came from, such as `line 17`, for errors. */
  readonly origins: readonly string[];
  /**
   * The texts at these places, padded to the longest of them.
   *
   * @param epoch how often each text was seen before, for what is drawn anew every time
   */
  microBatch(places: readonly number[], epoch: number): MicroBatch;
  /** What the sum of the losses of these texts is divided by to be their mean. */
  weight(places: readonly number[], epoch: number): number;
}

/** Texts with the class of each. */
export interface LabelledTexts {
  readonly texts: readonly ArrayLike<number>[];
  readonly labelIds: ArrayLike<number>;
  readonly origins: readonly string[];
  readonly padId: number;
  /** A factor on the loss of each class. @default all 1 */
  readonly classWeights?: readonly number[] | undefined;
}

/** Texts to be classified. */
export function labelledSet(texts: LabelledTexts): TrainingSet {
  return {
    lengths: texts.texts.map(({ length }) => length),
    origins: texts.origins,
    microBatch(places) {
      const batch = padBatch(
        places.map((place) => texts.texts[place]!),
        texts.padId,
      );
      const { size, length } = batch;
      return { size, length, inputs: { ...batchInputs(batch), labels: labelsAt(texts, places) } };
    },
    weight: (places) => weightAt(texts, places),
  };
}

/** The same where only the head is trained, on what the frozen encoder made of each text: [texts][H]. */
export function featureSet(texts: LabelledTexts, features: readonly Float32Array[]): TrainingSet {
  return {
    lengths: features.map(() => 1),
    origins: texts.origins,
    microBatch(places) {
      const width = features[places[0]!]!.length;
      const rows = new Float32Array(places.length * width);
      places.forEach((place, row) => {
        rows.set(features[place]!, row * width);
      });
      const inputs = {
        features: float32([places.length, width], rows),
        labels: labelsAt(texts, places),
      };
      return { size: places.length, length: 1, inputs };
    },
    weight: (places) => weightAt(texts, places),
  };
}

function labelsAt({ labelIds }: LabelledTexts, places: readonly number[]): Tensor {
  return int64(
    [places.length],
    BigInt64Array.from(places, (place) => BigInt(labelIds[place]!)),
  );
}

function weightAt({ labelIds, classWeights }: LabelledTexts, places: readonly number[]): number {
  return places.reduce((sum, place) => sum + (classWeights?.[labelIds[place]!] ?? 1), 0);
}
