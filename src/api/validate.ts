/** Evaluations on the way: how good weights are on the validation texts. */
import { firstsOf, meanOfRows } from '../batching/windows.js';
import { logitsOf, logitsOfFeatures, type Scorer } from '../evaluate/logits.js';
import { measure, numbersOf, type AnyMetrics } from '../evaluate/measure.js';
import { viewsOf, type Runtime } from '../runtime/runtime.js';
import { placesOf } from '../step/layout.js';
import { headStep } from '../step/steps.js';
import { METRICS } from '../train/best.js';
import type { LogEntry } from '../train/trainer-state.js';
import type { Prepared } from './prepare.js';
import { stopWhenAsked } from './train-options.js';
import { plural } from '../util/wording.js';

/** Metrics of the validation texts under given weights. */
export type Validator = (weights: Float32Array) => Promise<AnyMetrics>;

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
              stopWhenAsked(
                signal,
                `in an evaluation, after ${done} of ${plural(validation.texts.length, 'text')}`,
              );
            },
          });
    return measure(logits, validation.targets, model.labels);
  };
  return { validate, release: async () => session?.release() };
}

/** The numbers of an evaluation under the names of Hugging Face's Trainer. A metric that there is none of is left out. */
export function evaluationEntry(metrics: AnyMetrics): LogEntry {
  const numbers = numbersOf(metrics);
  return Object.fromEntries(
    METRICS[metrics.problem_type].flatMap((name) => {
      const value = numbers[name] ?? null;
      return value === null ? [] : [[`eval_${name}`, value]];
    }),
  );
}
