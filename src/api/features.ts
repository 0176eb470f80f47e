/** What a frozen encoder makes of the texts, computed once: with it only the head is left to train. */
import { featuresOf } from '../evaluate/logits.js';
import { viewsOf, type Runtime } from '../runtime/runtime.js';
import { placesOf } from '../step/layout.js';
import { featureStep } from '../step/steps.js';
import type { Prepared } from './prepare.js';
import { stopWhenAsked, type TrainJob } from './train-options.js';
import { plural } from '../util/wording.js';

export interface Features {
  readonly train: readonly Float32Array[]; // [windows][H]
  readonly validation: readonly Float32Array[]; // [windows][H]
  /** What reading took, for the estimate. */
  readonly secondsPerToken: number;
}

/** Reads all training and validation texts with the model as it was loaded, without dropout. */
export async function computeFeatures(
  runtime: Runtime,
  { model, trainSet, validation }: Prepared,
  job: TrainJob,
): Promise<Features> {
  const { onnx, parameters } = featureStep(model.spec);
  const reader = {
    session: await runtime.load(onnx),
    parameters: viewsOf(placesOf(model.layout, parameters), model.weights),
    padId: model.tokenizer.padId,
  };
  const train = trainSet.texts.flat();
  const windows = [...train, ...validation.texts.flat()];
  const total = windows.length;
  try {
    const began = performance.now();
    const features = await featuresOf(reader, model.config.hiddenSize, windows, {
      onProgress: (done) => {
        job.onEvent?.({ type: 'features', done, total });
        stopWhenAsked(job.signal, `after reading ${done} of ${plural(total, 'text')}`);
      },
    });
    const tokens = windows.reduce((sum, { length }) => sum + length, 0);
    return {
      train: features.slice(0, train.length),
      validation: features.slice(train.length),
      secondsPerToken: (performance.now() - began) / 1000 / Math.max(1, tokens),
    };
  } finally {
    await reader.session.release();
  }
}
