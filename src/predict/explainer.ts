/** Explains single texts with a classifier's own weights. */
import type { LoadedModel } from '../checkpoint/read-model.js';
import { cleanerFor } from '../data/markup.js';
import type { BlockEncoder } from '../encoding/encoder.js';
import type { Scorer } from '../evaluate/logits.js';
import {
  attribute,
  baselineOf,
  sumsOfWords,
  wordContributions,
  type AttributionOptions,
  type WordContribution,
} from '../explain/explain.js';
import type { Attribution } from '../explain/integrate.js';
import type { Runtime } from '../runtime/runtime.js';
import { pathGradientStep } from '../step/path-gradient.js';
import { mapWritten, textsOf, writtenOf } from '../tokenizer/pair.js';
import { ModelError, UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { quoteList } from '../util/wording.js';
import type { Readable } from './portions.js';

export const BASELINES = ['pad', 'mask'] as const;
/** What stands in the place of each word piece where an explanation begins: `[PAD]` or `[MASK]`. */
export type ExplanationBaseline = (typeof BASELINES)[number];

export interface ExplainOptions extends AttributionOptions {
  /** Whose logit is explained. @default the label that is predicted */
  readonly label?: string;
  /** @default 'pad' */
  readonly baseline?: ExplanationBaseline;
}

/** Why a text is classified as it is; the fields are those of the JSON that `bertune explain` prints. */
export interface Reasons {
  /** The text as the model reads it: cleaned. The words' places are in it. */
  readonly text: string;
  /** The second text of a pair, in the same way. */
  readonly textPair?: string;
  /** The label whose logit is explained. */
  readonly explained: string;
  readonly baseline: ExplanationBaseline;
  /** The label's logit, and what it is without any words. */
  readonly logit: number;
  readonly baseline_logit: number;
  /** In the order of the text. Their contributions, with those of `pair_words`, sum to `logit - baseline_logit + residual`. */
  readonly words: readonly WordContribution[];
  /** Those of the second text of a pair, whose places are in `textPair`. */
  readonly pair_words?: readonly WordContribution[];
  /** How many word pieces were cut off. */
  readonly cut: number;
  readonly residual: number;
  /** Whether the residual is small: at most 1 % of the difference, or 0.001. */
  readonly complete: boolean;
  /** How many intervals the path from baseline to text was cut into. */
  readonly intervals: number;
}

/** What graphs are built from that a classifier has use for beside its own. */
export interface WeightedModel extends Pick<LoadedModel, 'spec'> {
  readonly runtime: Runtime;
}

export class Explainer {
  private constructor(
    private readonly scorer: Scorer,
    private readonly encoder: BlockEncoder,
    private readonly labels: readonly string[],
  ) {}

  /** Builds the graph; the weights are the scorer's. */
  static async create(
    { spec, runtime }: WeightedModel,
    labels: readonly string[],
    scorer: Scorer,
    encoder: BlockEncoder,
  ): Promise<Explainer> {
    const session = await runtime.load(pathGradientStep(spec).onnx);
    return new Explainer({ ...scorer, session }, encoder, labels);
  }

  /** Explains a text whose prediction is known. */
  async explain<P extends Readable & { readonly label: string; readonly likeliest?: string }>(
    prediction: P,
    { label = prediction.likeliest ?? prediction.label, baseline = 'pad', ...options }: ExplainOptions = {},
  ): Promise<P & Reasons> {
    const { tokenizer, rules } = this.encoder;
    const given = writtenOf(prediction);
    const written = mapWritten(given, await cleanerFor(textsOf(given), rules.cleaning));
    const target = this.#idOf(label);
    const windows = tokenizer.readWords(written, rules.contract);
    const found: Attribution[] = [];
    for (const window of windows) {
      const baselineIds = baselineOf(window, this.#fillId(baseline));
      found.push(await attribute(this.scorer, { ids: window.ids, baselineIds, target }, options));
    }
    // A text's logit is the mean of its windows', and so is what a word adds to it.
    const mean = (of: (each: Attribution) => number): number =>
      found.reduce((sum, each) => sum + of(each), 0) / found.length;
    const { words, firstWords, cut } = windows[0]!;
    const wordOf = windows.flatMap((window) => window.wordOf);
    const contributions = found.flatMap((each) => each.contributions.map((one) => one / found.length));
    const sums = sumsOfWords({ words, wordOf }, contributions);
    const [text = '', textPair] = textsOf(written);
    return {
      ...prediction,
      text,
      ...(textPair !== undefined && { textPair }),
      explained: label,
      baseline,
      logit: mean(({ value }) => value),
      baseline_logit: mean((each) => each.baseline),
      words: wordContributions(text, words.slice(0, firstWords), sums),
      ...(textPair !== undefined && {
        pair_words: wordContributions(textPair, words.slice(firstWords), sums.slice(firstWords)),
      }),
      cut,
      residual: mean(({ residual }) => residual),
      complete: found.every(({ complete }) => complete),
      intervals: Math.max(...found.map(({ intervals }) => intervals)),
    };
  }

  release(): Promise<void> {
    return this.scorer.session.release();
  }

  #idOf(label: string): number {
    const id = this.labels.indexOf(label);
    if (id >= 0) return id;
    const meant = nearest(label, this.labels);
    throw new UsageError(
      `the label "${label}" is not one of the model's: ${quoteList(this.labels, 10)}.` +
        (meant === undefined ? '' : ` Did you mean "${meant}"?`),
    );
  }

  #fillId(baseline: ExplanationBaseline): number {
    if (!BASELINES.includes(baseline)) {
      throw new UsageError(`the baseline is "${baseline as string}", expected ${BASELINES.join(' or ')}.`);
    }
    const { padId, maskId } = this.encoder.tokenizer;
    if (baseline === 'pad') return padId;
    if (maskId === undefined) {
      throw new ModelError("the model's vocabulary has no [MASK]; take the baseline pad.");
    }
    return maskId;
  }
}
