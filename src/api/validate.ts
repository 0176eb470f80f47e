/** Evaluations on the way: how good weights are on the validation texts. */
import { headLogits, logitsOf, type Scorer } from '../evaluate/logits.js';
import { metricsOf, type Metrics } from '../evaluate/metrics.js';
import { HEAD } from '../model/classifier.js';
import { viewsOf } from '../runtime/runtime.js';
import type { MetricName } from '../train/best.js';
import type { LogEntry } from '../train/trainer-state.js';
import type { Prepared } from './prepare.js';
import { stopWhenAsked } from './train-options.js';

/**
 * Logits of the validation texts under given weights.
 *
 * @param features what the frozen encoder made of them, where only the head is trained
 */
export async function validationMetrics(
  { model, validation }: Prepared,
  scorer: Scorer,
  weights: Float32Array,
  features: readonly Float32Array[] | undefined,
  signal: AbortSignal | undefined,
): Promise<Metrics> {
  const views = viewsOf(model.layout.parameters, weights);
  const part = (name: string): Float32Array => views[`${HEAD}.${name}`]!.data as Float32Array;
  const logits = features
    ? headLogits(features, part('weight'), part('bias'))
    : await logitsOf({ ...scorer, parameters: views }, validation.texts, {
        onProgress: (done) => {
          stopWhenAsked(signal, `in an evaluation, after ${done} of ${validation.texts.length} texts`);
        },
      });
  return metricsOf(logits, validation.labelIds, model.labels);
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
