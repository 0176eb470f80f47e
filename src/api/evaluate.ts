/** Evaluation of a trained model on labelled texts. */
import { encodeLabels } from '../data/labels.js';
import { metricsOf, type Metrics } from '../evaluate/metrics.js';
import { Classifier, type ClassifierOptions } from '../predict/classifier.js';
import { BertuneError, InterruptedError } from '../util/errors.js';
import { dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';

export interface EvaluateOptions extends ColumnNames, ClassifierOptions {
  /** Called after each batch. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops after the batch under way, with an `InterruptedError`. */
  readonly signal?: AbortSignal;
}

/** Metrics and how long they took; the fields are those of `bertune evaluate --json`. */
export interface Evaluation extends Metrics {
  readonly seconds: number;
  readonly examples_per_second: number;
}

/**
 * How well a model classifies labelled texts.
 *
 * ```ts
 * const { accuracy, confusion_matrix } = await evaluate('runs/imdb-sample', 'data/imdb-sample/test.csv');
 * console.log(accuracy); // 0.883
 * ```
 *
 * @param model a folder, or a classifier in memory (which then stays open)
 * @throws `DataError` for a label that the model doesn't know, with its line and the labels there are
 */
export async function evaluate(
  model: string | Classifier,
  data: DataInput,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { textColumn, labelColumn } = options;
  // The classifier cleans as it was trained; reading must not clean a second time.
  const examples = await readLabelled(data, { textColumn, labelColumn }, 'none');
  const classifier = typeof model === 'string' ? await Classifier.load(model, options) : model;
  let done = 0;
  try {
    const labelIds = encodeLabels(examples, classifier.labels, dataName(data));
    const began = performance.now();
    const logits = await classifier.logits(
      examples.map(({ text }) => text),
      {
        signal: options.signal,
        onProgress: (count) => {
          done = count;
          options.onProgress?.(done, examples.length);
        },
      },
    );
    const seconds = (performance.now() - began) / 1000;
    return {
      ...metricsOf(logits, labelIds, classifier.labels),
      seconds,
      examples_per_second: examples.length / seconds,
    };
  } catch (error) {
    if (error instanceof BertuneError || !options.signal?.aborted) throw error;
    throw new InterruptedError(`stopped after ${done} of ${examples.length} texts.`, { cause: error });
  } finally {
    if (typeof model === 'string') await classifier.release();
  }
}
