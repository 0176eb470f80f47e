/** The bag of words that every score is shown beside. */
import { BagOfWords } from '../baseline/bag-of-words.js';
import { metricsOf, type Metrics } from '../evaluate/metrics.js';
import { InterruptedError } from '../util/errors.js';

/** What the bag of words reaches on the same texts; the fields are those of the JSON that commands print. */
export interface BagOfWordsScore extends Pick<
  Metrics,
  'accuracy' | 'f1' | 'roc_auc' | 'matthews_correlation'
> {
  /** Texts that it learnt from: all training texts, or an even sample of very many. */
  readonly train_examples: number;
  /** Words and pairs of words that it knows. */
  readonly features: number;
  /** How long its training took; absent where the score was kept from the run's training. */
  readonly train_seconds?: number;
}

/** Texts with their classes. */
export interface Labelled {
  readonly texts: readonly string[];
  readonly labelIds: ArrayLike<number>;
}

/** 25,000 long reviews are 33 million characters and take half a minute; more texts than that don't make it better. */
const MOST_CHARACTERS = 50e6;

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
    const { texts, labelIds } = evenSample(train, MOST_CHARACTERS);
    const bag = await BagOfWords.train(texts, labelIds, labels.length, { signal });
    const logits = await bag.logits(test.texts, { signal });
    const { accuracy, f1, roc_auc, matthews_correlation } = metricsOf(logits, test.labelIds, labels);
    return {
      ...{ accuracy, f1, roc_auc, matthews_correlation },
      ...{ train_examples: texts.length, features: bag.features, train_seconds: bag.seconds },
    };
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new InterruptedError('stopped while the bag of words was trained; nothing was saved.', {
      cause: error,
    });
  }
}

/** Every n-th text, so that there are no more characters than that. */
export function evenSample({ texts, labelIds }: Labelled, mostCharacters: number): Labelled {
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  const every = Math.ceil(characters / mostCharacters);
  if (every <= 1) return { texts, labelIds };
  const places = texts.flatMap((_, i) => (i % every === 0 ? [i] : []));
  return { texts: places.map((i) => texts[i]!), labelIds: places.map((i) => labelIds[i]!) };
}
