/** A trained model as users call it. */
import { textContractOf, loadForPrediction, type LoadedModel } from '../checkpoint/load.js';
import { clean, type Cleaning } from '../data/clean.js';
import { logitsOf, softmax, type Scorer, type ScoreOptions } from '../evaluate/logits.js';
import { argmax } from '../evaluate/metrics.js';
import { nodeRuntime } from '../runtime/node.js';
import { viewsOf } from '../runtime/runtime.js';
import { ModelError, UsageError } from '../util/errors.js';
import { checkThreads } from '../util/threads.js';

/** What a text was classified as. */
export interface Prediction {
  readonly text: string;
  readonly label: string;
  /** The label's probability. */
  readonly score: number;
  /** Every label's probability, in the order of the labels' ids. */
  readonly scores: Readonly<Record<string, number>>;
}

export interface ClassifierOptions {
  /** Threads of the runtime. @default the machine's cores */
  readonly threads?: number;
  /** How texts are cleaned. @default as the run was trained; `none` for folders that bertune didn't save */
  readonly clean?: Cleaning;
}

/** How far the logits of golden texts may be from those at saving: another processor sums in another order. */
const GOLDEN_TOLERANCE = 1e-3;

/**
 * A classifier in memory.
 *
 * ```ts
 * const classifier = await Classifier.load('runs/imdb-sample');
 * const [prediction] = await classifier.predict(['A fine film.']);
 * console.log(prediction);
 * // { text: 'A fine film.', label: 'positive', score: 0.97, scores: { negative: 0.03, positive: 0.97 } }
 * await classifier.release();
 * ```
 */
export class Classifier {
  private constructor(
    readonly folder: string,
    private readonly model: Omit<LoadedModel, 'weights'>,
    private readonly scorer: Scorer,
    /** How texts are cleaned before they are read. */
    readonly cleaning: Cleaning,
  ) {}

  /**
   * Loads a run of bertune, or any folder with config.json, model.safetensors with a classifier, and tokenizer.json.
   * A run's golden texts are classified again and compared with what they gave when it was saved.
   *
   * Throws `FileError` or `ModelError` that say what is missing or wrong.
   */
  static async load(folder: string, options: ClassifierOptions = {}): Promise<Classifier> {
    checkThreads(options.threads);
    const { weights, ...model } = await loadForPrediction(folder);
    const runtime = await nodeRuntime({ threads: options.threads });
    const scorer: Scorer = {
      session: await runtime.load(model.forward.onnx),
      parameters: viewsOf(model.layout.parameters, weights),
      numLabels: model.labels.length,
      padId: model.tokenizer.padId,
    };
    const cleaning = options.clean ?? model.contract?.clean ?? 'none';
    const classifier = new Classifier(folder, model, scorer, cleaning);
    try {
      await classifier.#replayGolden();
    } catch (error) {
      await classifier.release();
      throw error;
    }
    return classifier;
  }

  /** The labels, by class id. */
  get labels(): readonly string[] {
    return this.model.labels;
  }

  /** Most tokens of a text that are read. */
  get maxLength(): number {
    return textContractOf(this.model).maxLength;
  }

  /** Classifies texts; the answers stand in the order of the texts. */
  async predict(texts: readonly string[], options: ScoreOptions = {}): Promise<Prediction[]> {
    if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
      throw new UsageError('predict takes a list of texts, such as predict(["A fine film."])');
    }
    const logits = await this.logits(texts, options);
    return texts.map((text, i) => this.#prediction(text, logits[i]!));
  }

  /** The logits of each text: [texts][labels]. */
  async logits(texts: readonly string[], options: ScoreOptions = {}): Promise<Float32Array[]> {
    return logitsOf(
      this.scorer,
      texts.map((text) => this.#encode(clean(text, this.cleaning))),
      options,
    );
  }

  /** Frees the native memory. The classifier can't be used afterwards. */
  async release(): Promise<void> {
    await this.scorer.session.release();
  }

  #encode(text: string): readonly number[] {
    return this.model.tokenizer.encode(text, textContractOf(this.model)).ids;
  }

  #prediction(text: string, logits: Float32Array): Prediction {
    const probabilities = softmax(logits);
    const best = argmax(logits);
    return {
      text,
      label: this.labels[best]!,
      score: probabilities[best]!,
      scores: Object.fromEntries(this.labels.map((label, id) => [label, probabilities[id]!])),
    };
  }

  async #replayGolden(): Promise<void> {
    const golden = this.model.contract?.golden ?? [];
    const texts = golden.map(({ text }) => this.#encode(text));
    const logits = await logitsOf(this.scorer, texts);
    golden.forEach((expected, i) => {
      expected.logits.forEach((value, id) => {
        const found = logits[i]![id] ?? NaN;
        if (Math.abs(found - value) <= GOLDEN_TOLERANCE * Math.max(1, Math.abs(value))) return;
        throw new ModelError(
          `${this.folder} doesn't compute what it did when it was saved: for ${JSON.stringify(expected.text)} the ` +
            `logit of "${this.labels[id]!}" was ${value}, now it is ${found}. A file in it was changed since; restore it.`,
        );
      });
    });
  }
}
