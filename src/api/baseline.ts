/** The bag of words that every score is shown beside. */
import { BagOfWords } from '../baseline/bag-of-words.js';
import { wholeText, type Example } from '../data/example.js';
import { measure, type AnyMetrics } from '../evaluate/measure.js';
import type { Metrics } from '../evaluate/metrics.js';
import type { MultiLabelMetrics } from '../evaluate/multi-label.js';
import type { RegressionMetrics } from '../evaluate/regression.js';
import { charactersOf, writtenOf } from '../tokenizer/pair.js';
import { InterruptedError } from '../util/errors.js';
import { targetsAt, type OneOf, type Targets } from '../util/problem.js';
import { evenPlaces } from '../util/sample.js';

/** What the bag of words reaches on the same texts; the fields are those of the JSON that commands print. */
export type BagOfWordsScore = ComparedMetrics & {
  /** Texts that it learnt from: all training texts, or an even sample of very many. */
  readonly train_examples: number;
  /** Words and pairs of words that it knows. */
  readonly features: number;
  /** How long its training took; absent where the score was kept from the run's training. */
  readonly train_seconds?: number;
};

/** Those metrics that are compared, of each kind of problem. */
type ComparedMetrics = OneOf<
  | Pick<Metrics, 'accuracy' | 'f1' | 'roc_auc' | 'matthews_correlation'>
  | Pick<MultiLabelMetrics, 'f1_micro' | 'f1_macro' | 'subset_accuracy' | 'mean_average_precision'>
  | Pick<RegressionMetrics, 'mse' | 'mae' | 'r2' | 'pearson' | 'spearman'>
>;

/** Texts with what each is labelled with. */
export interface Labelled {
  readonly examples: readonly Pick<Example, 'text' | 'textPair'>[];
  readonly targets: Targets;
}

/** 25,000 long reviews are 33 million characters and take half a minute; more texts than that don't make it better. */
const MOST_CHARACTERS = 50e6;

/** So many texts are scored at a time; they may lie on the disk until then. */
const TURN = 1000;

/** So many keep a bag of words busy for long enough to say so. */
export const MANY_TEXTS = 5000;

/** Trains a bag of words on the training texts and measures it on others. */
export async function bagOfWordsScore(
  train: Labelled,
  test: Labelled,
  labels: readonly string[],
  signal?: AbortSignal,
): Promise<BagOfWordsScore> {
  try {
    // Each label has weights of its own, which are sought together: half a dozen cost as much as more texts.
    const isMany = train.targets.problemType === 'multi_label_classification';
    const most = MOST_CHARACTERS / (isMany ? Math.max(1, labels.length / 6) : 1);
    const { examples, targets } = evenSample(train, most);
    const bag = await BagOfWords.train(examples.map(wholeText), targets, labels.length, { signal });
    const logits: Float64Array[] = [];
    for (let i = 0; i < test.examples.length; i += TURN) {
      const texts = test.examples.slice(i, i + TURN).map(wholeText);
      logits.push(...(await bag.logits(texts, { signal })));
    }
    return {
      ...scoreOf(measure(logits, test.targets, labels)),
      ...{ train_examples: examples.length, features: bag.features, train_seconds: bag.seconds },
    };
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new InterruptedError('stopped while the bag of words was trained; nothing was saved.', {
      cause: error,
    });
  }
}

function scoreOf(metrics: AnyMetrics): ComparedMetrics {
  switch (metrics.problem_type) {
    case 'single_label_classification': {
      const { accuracy, f1, roc_auc, matthews_correlation } = metrics;
      return { accuracy, f1, roc_auc, matthews_correlation };
    }
    case 'multi_label_classification': {
      const { f1_micro, f1_macro, subset_accuracy, mean_average_precision } = metrics;
      return { f1_micro, f1_macro, subset_accuracy, mean_average_precision };
    }
    case 'regression': {
      const { mse, mae, r2, pearson, spearman } = metrics;
      return { mse, mae, r2, pearson, spearman };
    }
  }
}

/** Every n-th text, so that there are no more characters than that. */
export function evenSample({ examples, targets }: Labelled, mostCharacters: number): Labelled {
  const places = evenPlaces(examples, (each) => charactersOf(writtenOf(each)), mostCharacters);
  return { examples: places.map((i) => examples[i]!), targets: targetsAt(targets, places) };
}
