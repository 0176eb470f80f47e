/** Explanations of what a trained model says. */
import type { Explanation } from '../predict/classifier.js';
import type { ExplainOptions } from '../predict/explainer.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import type { Written } from '../tokenizer/pair.js';
import { BertuneError, InterruptedError, UsageError } from '../util/errors.js';
import { plural } from '../util/wording.js';

export interface ExplainTextsOptions extends ExplainOptions, ClassifierOptions {
  /** Called after each text with how many are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Why texts get their labels: what each word adds to the label's logit, by integrated gradients (Sundararajan et al. 2017).
 *
 * ```ts
 * const [why] = await explain('runs/imdb-sample', ['A fine film.']);
 * console.log(why.label, why.words[1]); // positive { word: 'fine', start: 2, end: 6, contribution: 1.29 }
 * const [pair] = await explain('runs/nli', [{ text: 'A man sleeps.', textPair: 'Somebody is awake.' }]);
 * console.log(pair.words, pair.pair_words); // of the first text, of the second
 * ```
 *
 * @param model a folder, the name of a model on the hub, or a classifier in memory (which then stays open)
 * @throws `UsageError` for a label that the model doesn't have; what `Classifier.load` throws
 */
export async function explain(
  model: string | Classifier,
  texts: readonly Written[],
  { onProgress, ...options }: ExplainTextsOptions = {},
): Promise<Explanation[]> {
  if (!Array.isArray(texts)) throw new UsageError('explain takes a list of texts, such as ["A fine film."]');
  const classifier = typeof model === 'string' ? await Classifier.load(model, options) : model;
  const done: Explanation[] = [];
  try {
    for (const text of texts as readonly Written[]) {
      done.push(await classifier.explain(text, options));
      onProgress?.(done.length, texts.length);
    }
    return done;
  } catch (error) {
    if (error instanceof BertuneError || !options.signal?.aborted) throw error;
    throw new InterruptedError(`stopped after ${done.length} of ${plural(texts.length, 'text')}.`, {
      cause: error,
    });
  } finally {
    if (typeof model === 'string') await classifier.release();
  }
}
