/** Training texts that are likely mislabelled. */
import { BagOfWords } from '../baseline/bag-of-words.js';
import { placeOf, wholeText, type Example } from '../data/example.js';
import { classAt, encodeLabels, labelsOf } from '../data/labels.js';
import { findProblem } from '../data/problem.js';
import { stratifiedFolds } from '../data/split.js';
import { confidentLearning, type Suspicion } from '../evaluate/confident-learning.js';
import { softmax } from '../evaluate/logits.js';
import { argmax } from '../evaluate/metrics.js';
import { BertuneError, InterruptedError, UsageError } from '../util/errors.js';
import { targetsAt } from '../util/problem.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { flagOf } from '../train/settings.js';
import { columnsOf, dataName, readLabelled } from './data.js';
import { CROSS_VALIDATED, crossValidate, type FoldsOptions } from './folds.js';
import { withHubFiles } from './hub-data.js';
import { requireClasses } from './kinds.js';

export const SUSPECT_SOURCES = ['bag-of-words', 'model'] as const;
/** Whose predictions labels are compared with: a bag of words, in seconds, or the model that would be trained on them. */
export type SuspectSource = (typeof SUSPECT_SOURCES)[number];

export interface SuspectsOptions extends Omit<
  FoldsOptions,
  'folds' | 'test' | 'testSplit' | 'out' | 'force' | 'baseline' | 'calibrate'
> {
  /** @default 'bag-of-words' */
  readonly with?: SuspectSource;
  /** Parts that the texts are cut into; each is classified by what learnt from the others. @default 5 */
  readonly folds?: number;
}

/** A text whose label is doubted; the fields are those of the JSON that `bertune suspects` prints. */
export interface Suspect {
  /** Where it is: `line 17`, or a file of a folder. */
  readonly place: string;
  /** 1 for the first text of the data. */
  readonly row: number;
  readonly label: string;
  readonly suggested: string;
  /** The probabilities of both, by a classifier that has not learnt from this text. */
  readonly label_probability: number;
  readonly suggested_probability: number;
  /** The former less the latter, from -1 to 1: the less, the more suspicious. */
  readonly margin: number;
  readonly text: string;
}

export interface Suspects {
  readonly data: string;
  readonly examples: number;
  readonly labels: readonly string[];
  readonly with: SuspectSource;
  readonly folds: number;
  /** Of the classifiers on the texts that they have not seen, by the labels as they are. */
  readonly accuracy: number;
  /** The share of labels that is wrong, as confident learning estimates it. */
  readonly estimated_noise: number;
  /** By label: how sure the classifiers are of it on average, where it is given. */
  readonly thresholds: Readonly<Record<string, number | null>>;
  /** The texts whose labels are likely wrong, the most suspicious first. */
  readonly suspects: readonly Suspect[];
  /** All other texts, the most suspicious first. */
  readonly others: readonly Suspect[];
}

type OutOfFoldOptions = Omit<SuspectsOptions, 'with'> & { readonly folds: number };

/** Texts with a classifier's opinion of each, which was formed without it. */
interface OutOfFold {
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  readonly labelIds: Int32Array;
  readonly logits: readonly ArrayLike<number>[];
}

/**
 * Ranks labelled texts by how likely their label is wrong: confident learning (Northcutt et al. 2021) from predictions of
 * classifiers that have not seen the text.
 *
 * ```ts
 * const { suspects } = await findSuspects({ data: 'reviews.csv' });
 * console.log(suspects[0]);
 * // { place: 'line 812', label: 'positive', suggested: 'negative', label_probability: 0.02, ... }
 * ```
 *
 * @throws `DataError` for data that can't be used; with `with: 'model'` what `train` throws; `UsageError` for options that
 *   go with a model alone
 */
export async function findSuspects(options: SuspectsOptions): Promise<Suspects> {
  const { with: source = 'bag-of-words', folds = 5, ...given } = options;
  if (!SUSPECT_SOURCES.includes(source)) {
    throw new UsageError(`with is "${source as string}", expected ${SUSPECT_SOURCES.join(' or ')}.`);
  }
  const found = await outOfFold(source, { ...given, folds });
  const { labels, examples, labelIds, logits } = found;
  const { thresholds, noise, ranking } = confidentLearning(logits.map(softmax), labelIds);
  const described = (suspicion: Suspicion): Suspect => describe(suspicion, labels, examples);
  const correct = logits.reduce((sum, row, i) => (argmax(row) === labelIds[i] ? sum + 1 : sum), 0);
  return {
    data: dataName(options.data),
    examples: examples.length,
    labels,
    with: source,
    folds,
    accuracy: correct / examples.length,
    estimated_noise: noise,
    thresholds: Object.fromEntries(labels.map((label, id) => [label, thresholds[id] ?? null])),
    suspects: ranking.filter(({ likely }) => likely).map(described),
    others: ranking.filter(({ likely }) => !likely).map(described),
  };
}

async function outOfFold(source: SuspectSource, options: OutOfFoldOptions): Promise<OutOfFold> {
  if (source === 'model') return crossValidate(options);
  const given = Object.entries(options) as [string, unknown][];
  const other = given.find(([name, value]) => value !== undefined && !BAG_OPTIONS.has(name));
  if (other) {
    throw new UsageError(
      `${flagOf(other[0])} goes with --with model; the bag of words has no settings but --seed and --clean.`,
    );
  }
  try {
    return await bagOfWordsOutOfFold(options);
  } catch (error) {
    if (error instanceof BertuneError || !options.signal?.aborted) throw error;
    throw new InterruptedError('stopped before all texts were classified.', { cause: error });
  }
}

/** What a bag of words has a use for. */
const BAG_OPTIONS: ReadonlySet<string> = new Set([
  ...[
    'data',
    'textColumn',
    'textPairColumn',
    'labelColumn',
    'clean',
    'seed',
    'splitSeed',
    'folds',
    'threads',
  ],
  ...['signal', 'onEvent', 'onFold'],
]);

function describe(
  { place, given, suggested, selfConfidence, suggestedProbability, margin }: Suspicion,
  labels: readonly string[],
  examples: readonly Example[],
): Suspect {
  const example = examples[place]!;
  return {
    place: placeOf(example),
    row: place + 1,
    label: labels[given]!,
    suggested: labels[suggested]!,
    label_probability: selfConfidence,
    suggested_probability: suggestedProbability,
    margin,
    text: wholeText(example),
  };
}

async function bagOfWordsOutOfFold({
  data,
  folds,
  onFold,
  signal,
  onEvent,
  ...options
}: OutOfFoldOptions): Promise<OutOfFold> {
  if (!Number.isSafeInteger(folds) || folds < 2) {
    throw new UsageError(`--folds is ${folds}, expected a whole number from 2 up, such as 5.`);
  }
  const { clean = 'html', seed = 42, splitSeed = seed, problemType } = options;
  const local = await withHubFiles(data, 'train', { signal, onEvent });
  const name = dataName(local);
  const examples = await readLabelled(local, columnsOf(options), {
    ...{ clean, problemType, signal, onEvent },
  });
  requireClasses(name, findProblem(examples, name, problemType).problemType, CROSS_VALIDATED);
  const labels = labelsOf(examples, name);
  const labelIds = encodeLabels(examples, labels, name);
  const random = new RandomStream(splitSeed, PURPOSE.folds);
  const foldOf = stratifiedFolds(
    labelIds,
    folds,
    () => random.uniform(),
    (i) => classAt(examples[i]!, name),
  );
  const logits = new Array<ArrayLike<number>>(examples.length);
  for (let fold = 0; fold < folds; fold++) {
    signal?.throwIfAborted();
    onFold?.(fold);
    const places = (isTested: boolean): number[] =>
      examples.flatMap((_, place) => ((foldOf[place] === fold) === isTested ? [place] : []));
    const [learnt, tested] = [places(false), places(true)];
    const textsAt = (some: readonly number[]): string[] => some.map((place) => wholeText(examples[place]!));
    const targets = targetsAt({ problemType: 'single_label_classification', labelIds }, learnt);
    const words = await BagOfWords.train(textsAt(learnt), targets, labels.length, { signal });
    const found = await words.logits(textsAt(tested), { signal });
    tested.forEach((place, i) => (logits[place] = found[i]!));
  }
  return { labels, examples, labelIds, logits };
}
