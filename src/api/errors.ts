/** Where a trained model fails on labelled texts. */
import { placeOf } from '../data/example.js';
import { encodeTargets } from '../data/problem.js';
import type { Interval } from '../evaluate/bootstrap.js';
import { argmax } from '../evaluate/metrics.js';
import { calibratedLogits } from '../evaluate/probabilities.js';
import { confidentErrors, slicesBy, slicesByCut, slicesByLength, type Slice } from '../evaluate/slices.js';
import { wilson } from '../evaluate/interval.js';
import type { WordContribution } from '../explain/explain.js';
import type { ExplanationBaseline } from '../predict/explainer.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import { writtenOf } from '../tokenizer/pair.js';
import { BertuneError, InterruptedError, ModelError } from '../util/errors.js';
import { columnsOf, dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { requireKind } from './kinds.js';

export interface ErrorsOptions extends ColumnNames, ClassifierOptions {
  /** How many errors are listed, the surest first. @default 10 */
  readonly most?: number;
  /** Whether these are explained. @default true, where the model can be: not an ONNX file */
  readonly explain?: boolean;
  /** What explanations begin at. @default 'pad' */
  readonly explanationBaseline?: ExplanationBaseline;
  /** Called after each batch, and after each explanation. */
  readonly onProgress?: (what: 'classifying' | 'explaining', done: number, total: number) => void;
}

/** A text that was classified wrongly; the fields are those of the JSON that `bertune errors` prints. */
export interface ListedError {
  /** Where it is: `line 17`, or a file of a folder. */
  readonly place: string;
  readonly label: string;
  readonly predicted: string;
  /** The probability of the latter. */
  readonly score: number;
  /** As the model reads it. */
  readonly text: string;
  /** What each word adds to the logit of the predicted label; absent where it was not explained. */
  readonly words?: readonly WordContribution[];
  /** The second text of a pair, and what its words add. */
  readonly textPair?: string;
  readonly pair_words?: readonly WordContribution[];
}

export interface ErrorAnalysis {
  readonly data: string;
  readonly examples: number;
  readonly errors: number;
  readonly accuracy: number;
  /** Within which the true accuracy lies at 95 % (Wilson 1927). */
  readonly interval: Interval;
  /** By the label that texts have, by their length in word pieces, and by the share that was cut off. */
  readonly by_class: readonly Slice[];
  readonly by_length: readonly Slice[];
  readonly by_cut: readonly Slice[];
  /** The errors that the model was surest of. */
  readonly worst: readonly ListedError[];
}

/**
 * Accuracy on parts of labelled texts, and the errors that the model is surest of, with what each of their words adds.
 *
 * ```ts
 * const { by_length, worst } = await findErrors('runs/imdb-sample', 'data/imdb-sample/test.csv');
 * console.log(worst[0]); // { place: 'line 12', label: 'positive', predicted: 'negative', score: 0.997, text: ..., words: ... }
 * ```
 *
 * @param model a folder, the name of a model on the hub, or a classifier in memory (which then stays open)
 * @throws `ModelError` for a model whose labels are not one class for each text; what `evaluate` throws
 */
export async function findErrors(
  model: string | Classifier,
  data: DataInput,
  options: ErrorsOptions = {},
): Promise<ErrorAnalysis> {
  const { most = 10, signal, onProgress } = options;
  const local = await withHubFiles(data, 'test', options);
  const classifier = typeof model === 'string' ? await Classifier.load(model, options) : model;
  try {
    const { labels, problemType, contract } = classifier;
    const examples = await readLabelled(local, columnsOf(options), {
      ...options,
      ...{ clean: 'none', problemType },
    });
    const name = dataName(local);
    requireKind(contract, examples, name);
    const targets = encodeTargets(examples, problemType, labels, name);
    if (targets.problemType !== 'single_label_classification') {
      throw new ModelError(
        `${classifier.folder} is for ${problemType}; errors are listed only where each text has one class. bertune evaluate measures it.`,
      );
    }
    const { labelIds } = targets;
    const written = examples.map(writtenOf);
    const logits = await classifier.logits(written, {
      signal,
      onProgress: (done) => onProgress?.('classifying', done, examples.length),
    });
    const lengths = await classifier.lengths(written);
    const judged = lengths.map((length, i) => ({ ...length, correct: argmax(logits[i]!) === labelIds[i] }));
    const wrong = confidentErrors(calibratedLogits(logits, contract), labelIds);
    const worst: ListedError[] = [];
    const explains = options.explain ?? classifier.canExplain;
    for (const { place, truth, predicted, score } of wrong.slice(0, most)) {
      const example = examples[place]!;
      const found = { place: placeOf(example), label: labels[truth]!, predicted: labels[predicted]!, score };
      if (!explains) {
        const { text, textPair } = example;
        worst.push({ ...found, text, ...(textPair !== undefined && { textPair }) });
      } else {
        const { text, words, textPair, pair_words } = await classifier.explain(written[place]!, {
          label: found.predicted,
          signal,
          ...(options.explanationBaseline && { baseline: options.explanationBaseline }),
        });
        const second = textPair !== undefined && { textPair, pair_words };
        worst.push({ ...found, text, words, ...second });
        onProgress?.('explaining', worst.length, Math.min(most, wrong.length));
      }
    }
    const correct = examples.length - wrong.length;
    return {
      ...{ data: name, examples: examples.length, errors: wrong.length },
      accuracy: correct / examples.length,
      interval: wilson(correct, examples.length),
      by_class: slicesBy(judged, labels, (_, i) => labels[labelIds[i]!]!),
      by_length: slicesByLength(judged),
      by_cut: slicesByCut(judged),
      worst,
    };
  } catch (error) {
    if (error instanceof BertuneError || !signal?.aborted) throw error;
    throw new InterruptedError('stopped before all texts were classified.', { cause: error });
  } finally {
    if (typeof model === 'string') await classifier.release();
  }
}
