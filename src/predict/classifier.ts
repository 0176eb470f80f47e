/** A trained model as users call it. */
import type { RunContract } from '../checkpoint/contract.js';
import type { ClassifierModel } from '../checkpoint/read-model.js';
import type { Cleaning } from '../data/clean.js';
import { textsOfBlock } from '../encoding/encode.js';
import type { BlockEncoder } from '../encoding/encoder.js';
import type { Scorer, ScoreOptions } from '../evaluate/logits.js';
import { argmax } from '../evaluate/metrics.js';
import { isGiven, sigmoid } from '../evaluate/multi-label.js';
import { probabilitiesOf } from '../evaluate/probabilities.js';
import { isUnsure } from '../evaluate/threshold.js';
import type { Written } from '../tokenizer/pair.js';
import type { TextContract } from '../tokenizer/truncate.js';
import { wholeLength } from '../tokenizer/truncate.js';
import { ModelError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import type { ProblemType } from '../util/problem.js';
import { Explainer, type ExplainOptions, type Reasons, type WeightedModel } from './explainer.js';
import { FeatureReader } from './feature-reader.js';
import { replayGolden } from './golden.js';
import { logitsOfPortions, portionsOf, type Readable } from './portions.js';

/** What a text was classified as. */
export interface Prediction {
  readonly text: string;
  /** The second text of a pair. */
  readonly textPair?: string;
  /** The class, or `unsure` below the run's threshold; of several labels the most probable one, whether or not it is given. */
  readonly label: string;
  /**
   * The probability of the likeliest label, by the run's temperature where it was calibrated; of a model that predicts a
   * number the number, as in Hugging Face's pipeline.
   */
  readonly score: number;
  /** Whether `score` is below the run's threshold, so that `label` is `unsure`. Absent where the run has none. */
  readonly unsure?: boolean;
  /** The label that has `score`, whether or not it is the answer. Absent where the run has no threshold. */
  readonly likeliest?: string;
  /** Every label's probability, in the order of the labels' ids. Of several labels each has its own; they don't add up to 1. */
  readonly scores: Readonly<Record<string, number>>;
  /** Of several labels those that are given, as their probability is at least a half: the most probable first. */
  readonly labels?: readonly string[];
  /** The number, of a model that predicts one. */
  readonly value?: number;
}

/** A prediction and the reasons for it. */
export interface Explanation extends Prediction, Reasons {
  /** The text as the model reads it: cleaned. The words' places are in it. */
  readonly text: string;
  /** The second text of a pair, in the same way. */
  readonly textPair?: string;
}

/** What is said in the place of a label below the run's threshold. */
export const UNSURE = 'unsure';

/** What a text is answered with: the label, or that the run is not sure enough of it. */
function answerOf(
  label: string,
  score: number,
  contract: RunContract | undefined,
): Pick<Prediction, 'label' | 'score' | 'unsure' | 'likeliest'> {
  if (!contract?.threshold) return { label, score };
  const unsure = isUnsure(label, score, contract);
  return { label: unsure ? UNSURE : label, score, unsure, likeliest: label };
}

export interface PredictAllOptions extends ScoreOptions {
  /** Items that are computed and given back together, fewer if they are long. @default 2048 */
  readonly portion?: number;
}

/** Enough that batches hold hardly any padding (docs/performance.md). */
const PORTION = 2048;
/** So that memory has a bound whatever the texts. */
const PORTION_CHARACTERS = 4 * 1024 * 1024;

const itemOf = (written: Written): Readable => (typeof written === 'string' ? { text: written } : written);

/** Callers in plain JavaScript are not held to the types. */
const isWritten = (value: unknown): value is Written =>
  typeof value === 'string' ||
  (isObject(value) && typeof value['text'] === 'string' && typeof value['textPair'] === 'string');

/** A classifier in memory, wherever it came from and whatever computes it. */
export abstract class BaseClassifier {
  #explainer: Promise<Explainer> | undefined;
  #featureReader: Promise<FeatureReader> | undefined;

  /**
   * @param folder what the place that it was loaded from is called
   * @param weighted what other graphs are built from; absent where the model is an ONNX file
   */
  protected constructor(
    readonly folder: string,
    private readonly model: ClassifierModel,
    private readonly scorer: Scorer,
    private readonly encoder: BlockEncoder,
    private readonly weighted?: WeightedModel,
  ) {}

  /** The labels, by class id. */
  get labels(): readonly string[] {
    return this.model.labels;
  }

  /** What the labels are: classes, any number of labels for each text, or a number. */
  get problemType(): ProblemType {
    return this.model.problemType;
  }

  /** What the run says of itself: its temperature among others; `undefined` for folders that bertune didn't save. */
  get contract(): RunContract | undefined {
    return this.model.contract;
  }

  /** Most tokens of a text that are read at once. */
  get maxLength(): number {
    return this.reading.maxLength;
  }

  /** How long texts are read. */
  get reading(): TextContract {
    return this.encoder.rules.contract;
  }

  /** How texts are cleaned before they are read. */
  get cleaning(): Cleaning {
    return this.encoder.rules.cleaning;
  }

  /**
   * Classifies texts, or pairs of texts; the answers stand in their order.
   *
   * ```ts
   * await classifier.predict(['A fine film.']);
   * await classifier.predict([{ text: 'A man sleeps.', textPair: 'Somebody is awake.' }]);
   * ```
   */
  async predict(texts: readonly Written[], options: ScoreOptions = {}): Promise<Prediction[]> {
    if (!Array.isArray(texts) || !texts.every(isWritten)) {
      throw new UsageError(
        'predict takes a list of texts, such as predict(["A fine film."]), or of pairs, { text, textPair }',
      );
    }
    const logits = await this.logits(texts, options);
    return texts.map((text: Written, i) => this.#prediction(itemOf(text), logits[i]!));
  }

  /**
   * Classifies items as they come, any number of them, in their order. `portion` items at a time are computed in batches
   * of like length and given back; the next ones are read and encoded meanwhile.
   *
   * ```ts
   * for await (const { item, prediction } of classifier.predictAll(rows)) console.log(item.id, prediction.label);
   * ```
   */
  async *predictAll<T extends Readable>(
    items: AsyncIterable<T>,
    { portion = PORTION, ...options }: PredictAllOptions = {},
  ): AsyncGenerator<{ item: T; prediction: Prediction }> {
    const portions = portionsOf(items, portion, PORTION_CHARACTERS);
    for await (const { items: done, logits } of logitsOfPortions(
      this.scorer,
      this.encoder,
      portions,
      options,
    )) {
      for (const [i, item] of done.entries()) {
        yield { item, prediction: this.#prediction(item, logits[i]!) };
      }
    }
  }

  /** The logits of each text, [texts][labels], as the model computes them: `probabilitiesOf` divides by the temperature. */
  async logits(texts: readonly Written[], options: ScoreOptions = {}): Promise<Float32Array[]> {
    const portions = [texts.map(itemOf)];
    for await (const { logits } of logitsOfPortions(this.scorer, this.encoder, portions, options))
      return logits;
    return []; // of no texts
  }

  /**
   * Why a text, or a pair of texts, gets its label: what each word adds to the label's logit, by integrated gradients
   * (docs/explain.md).
   *
   * ```ts
   * const { words, residual } = await classifier.explain('A fine film.');
   * console.log(words[1]); // { word: 'fine', start: 2, end: 6, contribution: 1.29 }
   * const { pair_words } = await nli.explain({ text: 'A man sleeps.', textPair: 'Somebody is awake.' });
   * ```
   *
   * @throws `UsageError` for a label that the model doesn't have, and for one text where it reads pairs; `ModelError` for a model that is an ONNX file
   */
  async explain(text: Written, options: ExplainOptions = {}): Promise<Explanation> {
    const { labels, scorer, encoder } = this;
    const weighted = this.#requireWeights();
    if (this.contract?.textPair === true && typeof text === 'string') {
      throw new UsageError(`${this.folder} reads pairs of texts: give both, { text, textPair }.`);
    }
    const [prediction] = await this.predict([text], { signal: options.signal });
    this.#explainer ??= Explainer.create(weighted, labels, scorer, encoder);
    return (await this.#explainer).explain(prediction!, options);
  }

  /**
   * What the encoder makes of each text, [texts][hidden_size]: the pooled output that the head reads.
   *
   * @throws `ModelError` for a model that is an ONNX file
   */
  async features(texts: readonly string[], options: ScoreOptions = {}): Promise<Float32Array[]> {
    const weighted = this.#requireWeights();
    this.#featureReader ??= FeatureReader.create(weighted, this.scorer, this.encoder);
    return (await this.#featureReader).features(texts, options);
  }

  #requireWeights(): WeightedModel {
    if (this.weighted) return this.weighted;
    throw new ModelError(
      `${this.folder} is an ONNX file, which gives nothing but logits: this needs the run with model.safetensors.`,
    );
  }

  /** Whether `explain` has what it needs: weights, and not an ONNX file, through which there is no way back. */
  get canExplain(): boolean {
    return this.weighted !== undefined;
  }

  /** Of each text its word pieces, without special tokens, and how many of them are not read. */
  async lengths(texts: readonly Written[]): Promise<{ tokens: number; cut: number }[]> {
    const block = await this.encoder.here(texts);
    const { tokenizer, rules } = this.encoder;
    return textsOfBlock(block).map((windows, i) => {
      const cut = block.cut[i]!;
      const special = typeof texts[i] === 'string' ? tokenizer.specialTokens : tokenizer.pairSpecialTokens;
      return { tokens: wholeLength(windows, cut, special, rules.contract), cut };
    });
  }

  /** Frees the native memory. The classifier can't be used afterwards. */
  async release(): Promise<void> {
    await this.encoder.close();
    await (await this.#explainer)?.release();
    await (await this.#featureReader)?.release();
    await this.scorer.session.release();
  }

  #prediction({ text, textPair }: Readable, logits: Float32Array): Prediction {
    const { problemType } = this;
    const probabilities =
      problemType === 'single_label_classification'
        ? probabilitiesOf(logits, this.contract)
        : Array.from(logits, problemType === 'regression' ? Number : sigmoid);
    const best = argmax(logits);
    const [label, score] = [this.labels[best]!, probabilities[best]!];
    return {
      text,
      ...(textPair !== undefined && { textPair }),
      ...(problemType === 'multi_label_classification' && { labels: this.#givenLabels(logits) }),
      ...(problemType === 'regression' && { value: probabilities[0]! }),
      ...answerOf(label, score, this.contract),
      scores: Object.fromEntries(this.labels.map((label, id) => [label, probabilities[id]!])),
    };
  }

  #givenLabels(logits: Float32Array): string[] {
    const ids = Array.from(logits.keys()).filter((id) => isGiven(logits[id]!));
    return ids.sort((a, b) => logits[b]! - logits[a]!).map((id) => this.labels[id]!);
  }

  /**
   * This classifier, once its run's golden texts give what they gave when it was saved; else it is released, and a
   * `ModelError` thrown.
   */
  protected async checked(): Promise<this> {
    try {
      const { contract, tokenizer } = this.model;
      if (contract) await replayGolden(this.scorer, tokenizer, contract, this);
      return this;
    } catch (error) {
      await this.release();
      throw error;
    }
  }
}
