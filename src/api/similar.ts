/** Which training texts a text is most like, as the model sees them. */
import { inRuns } from '../batching/order.js';
import { placeOf } from '../data/example.js';
import { cosine, Nearest } from '../explain/nearest-texts.js';
import { Classifier, type ClassifierOptions } from '../predict/load.js';
import { BertuneError, DataError, InterruptedError, UsageError } from '../util/errors.js';
import { columnsOf, dataName, readLabelled, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { trainingTexts } from './training-texts.js';
import { plural } from '../util/wording.js';

export interface SimilarOptions extends ColumnNames, ClassifierOptions {
  /** Labelled texts to look through. @default the run's own training texts, where they are still at hand */
  readonly data?: DataInput;
  /** How many are given for each text. @default 5 */
  readonly count?: number;
  /** Called as texts are read. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A text that is like the one asked about; the fields are those of the JSON that is printed. */
export interface SimilarText {
  /** Where it is: `line 17`, or a file of a folder. */
  readonly place: string;
  /** The cosine of what the encoder makes of both, from -1 to 1. */
  readonly similarity: number;
  /** As it is labelled. */
  readonly label: string;
  /** What the model takes it for, and the probability of that. */
  readonly predicted: string;
  readonly score: number;
  readonly text: string;
}

/** Texts that are read at once; only the nearest are kept. */
const PORTION = 256;

/**
 * For each text the training texts that the model sees as most like it, by the cosine of the pooled output that its head
 * reads. What they are labelled with says what the model has learnt from.
 *
 * ```ts
 * const [nearest] = await findSimilar('runs/imdb-sample', ['A dull, predictable film.'], { count: 3 });
 * console.log(nearest[0]); // { place: 'line 318', similarity: 0.99, label: 'negative', ... }
 * ```
 *
 * @throws `DataError` where there is no `data` and the run's training texts aren't at hand; what `Classifier.load` throws
 */
export async function findSimilar(
  model: string | Classifier,
  texts: readonly string[],
  options: SimilarOptions = {},
): Promise<SimilarText[][]> {
  const { count = 5, signal, onProgress } = options;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new UsageError(`the number of similar texts is ${count}, expected a whole number from 1 up.`);
  }
  const classifier = typeof model === 'string' ? await Classifier.load(model, options) : model;
  let done = 0;
  try {
    const { folder, cleaning, contract } = classifier;
    if (contract?.textPair === true) {
      throw new UsageError(
        `${folder} reads pairs of texts, and only single ones are looked for: leave --similar out.`,
      );
    }
    const found =
      options.data === undefined
        ? await trainingTexts(folder)
        : await given(await withHubFiles(options.data, 'train', options));
    if ('missing' in found) {
      throw new DataError(
        `the training texts of ${folder} can't be had: ${found.missing}. Name texts: --data <file>.`,
      );
    }
    const asked = await classifier.features(texts, { signal });
    const nearest = texts.map(() => new Nearest<(typeof found.examples)[number]>(count));
    for (const portion of inRuns(found.examples, PORTION)) {
      const features = await classifier.features(
        portion.map(({ text }) => text),
        { signal },
      );
      features.forEach((row, i) => {
        nearest.forEach((list, query) => {
          list.add(portion[i]!, cosine(asked[query]!, row));
        });
      });
      done += portion.length;
      onProgress?.(done, found.examples.length);
    }
    const results: SimilarText[][] = [];
    for (const { all } of nearest) {
      const predictions = await classifier.predict(
        all.map(({ item }) => item.text),
        { signal },
      );
      results.push(
        all.map(({ item, similarity }, i) => ({
          place: placeOf(item),
          similarity,
          label: item.label ?? '',
          predicted: predictions[i]!.label,
          score: predictions[i]!.score,
          text: item.text,
        })),
      );
    }
    return results;

    async function given(
      data: DataInput,
    ): Promise<{ examples: Awaited<ReturnType<typeof readLabelled>>; name: string }> {
      const examples = await readLabelled(data, columnsOf(options), {
        clean: cleaning,
        problemType: classifier.problemType,
      });
      return { examples, name: dataName(data) };
    }
  } catch (error) {
    if (error instanceof BertuneError || !signal?.aborted) throw error;
    throw new InterruptedError(`stopped after ${plural(done, 'text')}.`, { cause: error });
  } finally {
    if (typeof model === 'string') await classifier.release();
  }
}
