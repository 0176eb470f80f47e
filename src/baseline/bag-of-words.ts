/**
 * A simple model to compare with: logistic regression (of numbers ridge regression) on TF-IDF of words and pairs of
 * neighbours. On long texts it is hard to beat, so a score says little without it.
 */
import type { Targets } from '../util/problem.js';
import { fitLinear, logitsOfRows, outputsOf, type LinearModel } from './linear.js';
import { TfIdf } from './tfidf.js';

/** Bounds the memory of the fit (about 150 bytes for each): with many classes the rarest features are left out. */
const MOST_WEIGHTS = 3e6;

export interface BagOfWordsOptions {
  /** Stops the work, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

export class BagOfWords {
  private constructor(
    private readonly tfidf: TfIdf,
    private readonly model: LinearModel,
    /** How long the training took. */
    readonly seconds: number,
  ) {}

  /**
   * Trains on texts, in seconds; the same texts give the same model.
   *
   * ```ts
   * const targets = { problemType: 'single_label_classification', labelIds: Int32Array.of(1, 0, 1, 0) } as const;
   * const bag = await BagOfWords.train(['a fine film', 'a dull film', 'fine', 'dull'], targets, 2);
   * ```
   *
   * @param targets what each text is labelled with
   * @param labels how many classes or labels there are; 1 for numbers
   */
  static async train(
    texts: readonly string[],
    targets: Targets,
    labels: number,
    { signal }: BagOfWordsOptions = {},
  ): Promise<BagOfWords> {
    const began = performance.now();
    const pause = pauseOf(signal);
    const most = Math.floor(MOST_WEIGHTS / outputsOf(targets.problemType, labels));
    const { tfidf, rows } = await TfIdf.fit(texts, most, pause);
    const model = await fitLinear(rows, targets, labels, pause);
    return new BagOfWords(tfidf, model, (performance.now() - began) / 1000);
  }

  /** How many words and pairs it knows. */
  get features(): number {
    return this.tfidf.width;
  }

  /** The logits of each text: [texts][labels]. */
  async logits(texts: readonly string[], { signal }: BagOfWordsOptions = {}): Promise<Float64Array[]> {
    return logitsOfRows(this.model, await this.tfidf.transform(texts, pauseOf(signal)));
  }
}

/** Lets others run for a moment, such as whoever waits for Ctrl-C, and stops when asked to. */
function pauseOf(signal: AbortSignal | undefined): () => Promise<void> {
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  };
}
