/** Evaluations on the way: how good weights are on the validation texts. */
import { firstsOf, meanOfRows } from '../batching/windows.js';
import { logitsOf, logitsOfFeatures, type Scorer } from '../evaluate/logits.js';
import { metricsOf, type Metrics } from '../evaluate/metrics.js';
import { viewsOf, type Runtime } from '../runtime/runtime.js';
import { placesOf } from '../step/layout.js';
import { headStep } from '../step/steps.js';
import type { MetricName } from '../train/best.js';
import type { LogEntry } from '../train/trainer-state.js';
import type { Prepared } from './prepare.js';
import { stopWhenAsked } from './train-options.js';

/** Metrics of the validation texts under given weights. */
export type Validator = (weights: Float32Array) => Promise<Metrics>;

/**
 * @param scorer for the texts
 * @param features what the frozen encoder made of the texts' windows, where only the head is trained
 */
export async function validatorOf(
  { model, validation }: Prepared,
  runtime: Runtime,
  scorer: Scorer,
  features: readonly Float32Array[] | undefined,
  signal: AbortSignal | undefined,
): Promise<{ validate: Validator; release: () => Promise<void> }> {
  const { numLabels } = scorer;
  const head = features && headStep(model.spec);
  const session = head && (await runtime.load(head.onnx));
  const firsts = firstsOf(validation.texts);
  const validate: Validator = async (weights) => {
    const parameters = viewsOf(
      head ? placesOf(model.layout, head.parameters) : model.layout.parameters,
      weights,
    );
    const logits =
      features && session
        ? meanOfRows(await logitsOfFeatures({ session, numLabels, parameters }, features), firsts)
        : await logitsOf({ ...scorer, parameters }, validation.texts, {
            onProgress: (done) => {
              stopWhenAsked(signal, `in an evaluation, after ${done} of ${validation.texts.length} texts`);
            },
          });
    return metricsOf(logits, validation.labelIds, model.labels);
  };
  return { validate, release: async () => session?.release() };
}

/** The numbers of an evaluation under the names of Hugging Face's Trainer. A metric that there is none of is left out. */
export function evaluationEntry(metrics: Metrics): LogEntry {
  const numbers: Readonly<Record<MetricName, number | null>> = {
    accuracy: metrics.accuracy,
    f1: metrics.f1,
    loss: metrics.loss,
    matthews_correlation: metrics.matthews_correlation,
    roc_auc: metrics.roc_auc,
  };
  return Object.fromEntries(
    Object.entries(numbers).flatMap(([name, value]) => (value === null ? [] : [[`eval_${name}`, value]])),
  );
}
