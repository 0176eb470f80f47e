/** Data to ids, and the model that will read them. */
import { availableParallelism } from 'node:os';
import { loadForTraining, maxLengthFor, type LoadedModel } from '../checkpoint/load.js';
import { wholeText, type Example } from '../data/example.js';
import { comparable } from '../data/duplicates.js';
import { tokensOf, type TextWindows } from '../batching/windows.js';
import { encodeTargets, findProblem, labelNames, type Problem } from '../data/problem.js';
import { splitTargets } from '../data/split-kinds.js';
import { encodeMany, type EncodedText } from '../encoding/many.js';
import { metricFor } from '../train/best.js';
import { classWeightsOf } from '../train/class-weights.js';
import type { LoraOptions } from '../model/lora.js';
import type { LabelledTexts } from '../train/sets.js';
import { forTexts, RECIPES } from '../train/recipes.js';
import { headRateOf } from '../train/rules.js';
import type { ResolvedSettings, TrainSettings } from '../train/settings.js';
import { pairInWindows, type TextTokenizer } from '../tokenizer/tokenizer.js';
import { resolveContract, shortContract, wholeLength, type TextContract } from '../tokenizer/truncate.js';
import { DataError, UsageError } from '../util/errors.js';
import type { ProblemType, Targets } from '../util/problem.js';
import { PURPOSE, RandomStream, type Purpose } from '../util/random.js';
import { BUNDLED_MODEL } from '../files/bundled.js';
import { columnsOf, dataName, placeIn, readLabelled, type DataInput } from './data.js';
import { exampleKeeper } from './kept-examples.js';
import { beginnings, type TestedText } from './tested.js';
import type { TextCounts, TrainJob } from './train-options.js';
import { plural } from '../util/wording.js';

/** Everything that training needs, in memory. */
export interface Prepared {
  /** The settings, with what was left to the model filled in. */
  readonly settings: ResolvedSettings;
  /** How much of a text is read, by the settings. */
  readonly contract: TextContract;
  readonly model: LoadedModel;
  readonly trainSet: LabelledTexts;
  readonly testTexts: readonly TextWindows[];
  readonly testTargets: Targets;
  /** How the kind of problem was found. */
  readonly problem: Problem;
  /** Whether texts are pairs. */
  readonly pairs: boolean;
  /** What a report says of each test text. */
  readonly tested: readonly TestedText[];
  /** What the best weights are chosen by and the temperature is fitted on; without texts where neither is asked for. */
  readonly validation: { readonly texts: readonly TextWindows[]; readonly targets: Targets };
  readonly counts: TextCounts;
}

/** With the texts as people read them, for what learns from words. */
export interface PreparedTexts extends Prepared {
  readonly written: { readonly train: readonly Example[]; readonly test: readonly Example[] };
}

/** Data to ids, and the model that will read them. */
export async function prepare(job: TrainJob, given: TrainSettings): Promise<PreparedTexts> {
  const name = dataName(job.data);
  const { leaks, problem, ...parts } = await readParts(job, given, name);
  const { problemType } = problem;
  checkKind(problemType, given);
  const metric = metricFor(problemType, given.metric);
  const model = withDropout(
    await loadForTraining(job.model ?? BUNDLED_MODEL, labelNames(parts.train, problem, name), {
      problemType,
      seed: given.seed,
      lora: loraOf(given),
      hub: job,
    }),
    given.dropout,
  );
  checkFreeze(given, model);
  const settings = {
    ...forTexts(given, parts.train.length),
    ...{ problemType, metric },
    headRate: headRateOf(model, given),
    maxLength: maxLengthFor(model, given.maxLength, RECIPES[given.recipe].maxLength),
  };
  const pairs = parts.train.some(({ textPair }) => textPair !== undefined);
  const { tokenizer } = model;
  const specialTokens = pairs ? tokenizer.pairSpecialTokens : tokenizer.specialTokens;
  const contract = resolveContract(settings, specialTokens);
  if (pairs && contract.truncation === 'windows') throw pairInWindows();
  const texts = [...parts.train, ...parts.test, ...parts.validation];
  // They were cleaned when they were read.
  const rules = { cleaning: 'none', contract } as const;
  const threads = job.threads ?? availableParallelism();
  const encoded = await encodeMany(tokenizer, rules, texts, threads);
  const testEnd = parts.train.length + parts.test.length;
  const encodings = encoded.slice(0, parts.train.length);
  const trainTexts = encodings.map(({ windows }) => windows);
  const cut = encodings.reduce((sum, encoding) => sum + encoding.cut, 0);
  const read = encodings.reduce((sum, encoding) => sum + tokensOf(encoding.windows), 0);
  const { labels } = model;
  const targetsOf = (examples: readonly Example[], data: DataInput | undefined): Targets =>
    encodeTargets(examples, problemType, labels, data === undefined ? name : dataName(data));
  const targets = targetsOf(parts.train, undefined);
  const testTargets = targetsOf(parts.test, job.test);
  const balanced = settings.classWeights === 'balanced';
  return {
    settings,
    contract,
    model,
    trainSet: {
      texts: trainTexts,
      inWindows: contract.truncation === 'windows',
      short:
        settings.shortFirst > 0
          ? await shortened(
              trainTexts,
              parts.train,
              shortContract(contract, specialTokens),
              tokenizer,
              threads,
            )
          : undefined,
      targets,
      numLabels: labels.length,
      classWeights: balanced ? classWeightsOf(targets, labels.length) : undefined,
      origins: parts.train.map((each) => placeIn(job.data, each)),
      padId: model.tokenizer.padId,
    },
    testTexts: encoded.slice(parts.train.length, testEnd).map(({ windows }) => windows),
    testTargets,
    tested: testedTexts(
      parts.test,
      encoded.slice(parts.train.length, testEnd),
      specialTokens,
      contract,
      job.test ?? job.data,
    ),
    problem,
    pairs,
    validation: {
      texts: encoded.slice(testEnd).map(({ windows }) => windows),
      targets: targetsOf(parts.validation, job.validation),
    },
    written: { train: parts.train, test: parts.test },
    counts: {
      train: parts.train.length,
      test: parts.test.length,
      validation: parts.validation.length,
      leaks,
      dropsLeaks: job.dropLeaks ?? false,
      windows: encodings.reduce((sum, encoding) => sum + encoding.windows.length, 0),
      textsInWindows: encodings.filter((encoding) => encoding.windows.length > 1).length,
      untestedLabels: untestedLabels(testTargets, labels.length),
      cutTexts: encodings.filter((encoding) => encoding.cut > 0).length,
      cutTokens: cut / Math.max(1, cut + read),
    },
  };
}

/** Texts as the first updates read them: those that are short anyway as they are, the others cut. */
async function shortened(
  read: readonly TextWindows[],
  examples: readonly Example[],
  contract: TextContract,
  tokenizer: TextTokenizer,
  threads: number,
): Promise<TextWindows[]> {
  const isLong = (text: TextWindows): boolean => tokensOf(text) > contract.maxLength;
  const long = examples.filter((_, i) => isLong(read[i]!));
  const cut = await encodeMany(tokenizer, { cleaning: 'none', contract }, long, threads);
  let next = 0;
  return read.map((text) => (isLong(text) ? cut[next++]!.windows : text));
}

/** What is kept of the test texts until it is known which of them are got wrong. */
function testedTexts(
  examples: readonly Example[],
  encoded: readonly EncodedText[],
  specialTokens: number,
  contract: TextContract,
  data: DataInput,
): TestedText[] {
  const kept = beginnings(examples);
  return examples.map((example, i) => {
    const { windows, cut } = encoded[i]!;
    const tokens = wholeLength(windows, cut, specialTokens, contract);
    return { place: placeIn(data, example), ...kept[i]!, tokens, cut };
  });
}

/** Refuses settings that have no meaning for numbers. */
function checkKind(problemType: ProblemType, { classWeights, labelSmoothing }: TrainSettings): void {
  if (problemType !== 'regression') return;
  const flag =
    classWeights !== 'none' ? '--class-weights' : labelSmoothing > 0 ? '--label-smoothing' : undefined;
  if (flag === undefined) return;
  throw new UsageError(
    `${flag} is for classes, and these labels are numbers to predict (regression). Leave it out, or say ` +
      `--problem-type single_label_classification.`,
  );
}

/** How many labels no text to evaluate on has: of these no score says anything. */
function untestedLabels(targets: Targets, labels: number): number {
  if (targets.problemType === 'regression') return 0;
  const { problemType } = targets;
  const tested = problemType === 'single_label_classification' ? targets.labelIds : targets.labelSets.flat();
  return labels - new Set(tested).size;
}

/** The texts to learn from, to evaluate on and, where weights are chosen on the way, to choose them by. */
interface Parts {
  readonly train: Example[];
  readonly test: Example[];
  readonly validation: Example[];
}

/** All texts, each in its part; which is which hangs on the data, the seed and what the job says of it alone. */
export async function readParts(
  job: TrainJob,
  given: TrainSettings,
  name: string,
): Promise<Parts & { readonly leaks: number; readonly problem: Problem }> {
  const keep = exampleKeeper();
  const all = await readLabelled(job.data, columnsOf(job), {
    ...given,
    ...{ signal: job.signal, onEvent: job.onEvent, held: keep },
  });
  const problem = findProblem(all, name, given.problemType);
  const split = await splitExamples(all, problem, job, given, name, keep);
  return { ...split, ...withoutLeaks(split, job.dropLeaks ?? false, name), problem };
}

/** The test texts come off first, so that they are the same whatever else a run does. */
async function splitExamples(
  all: Example[],
  problem: Problem,
  job: TrainJob,
  { clean, seed, evalSteps, calibrate }: TrainSettings,
  name: string,
  keep: (example: Example) => Example,
): Promise<Parts> {
  const { problemType } = problem;
  const read = (data: DataInput): Promise<Example[]> =>
    readLabelled(data, columnsOf(job), {
      clean,
      problemType,
      signal: job.signal,
      onEvent: job.onEvent,
      held: keep,
    });
  const setAside = (
    examples: Example[],
    share: number,
    purpose: Purpose,
  ): { rest: Example[]; part: Example[] } => {
    const random = new RandomStream(job.splitSeed ?? seed, purpose);
    const targets = encodeTargets(examples, problemType, labelNames(examples, problem, name), name);
    const split = splitTargets(targets, share, () => random.uniform());
    return { rest: split.train.map((i) => examples[i]!), part: split.test.map((i) => examples[i]!) };
  };
  const first = job.test
    ? { rest: all, part: await read(job.test) }
    : setAside(all, job.testSplit ?? 0.1, PURPOSE.split);
  if (evalSteps === 0 && !calibrate) return { train: first.rest, test: first.part, validation: [] };
  const second = job.validation
    ? { rest: first.rest, part: await read(job.validation) }
    : setAside(first.rest, job.validationSplit ?? 0.1, PURPOSE.validation);
  return { train: second.rest, test: first.part, validation: second.part };
}

/** Counts the training texts that are among the test texts, and leaves them out if asked to. */
function withoutLeaks(
  { train, test }: Parts,
  drop: boolean,
  name: string,
): { train: Example[]; leaks: number } {
  const tested = new Set(test.map((each) => comparable(wholeText(each))));
  const clean = train.filter((each) => !tested.has(comparable(wholeText(each))));
  if (drop && clean.length === 0) throw new DataError(`${name}: all texts are in the test data too.`);
  return { train: drop ? clean : train, leaks: train.length - clean.length };
}

function loraOf({ loraRank, loraAlpha, loraMerge, freeze }: TrainSettings): LoraOptions | undefined {
  if (loraRank === 0) {
    const flag = loraMerge ? '--lora-merge' : loraAlpha === undefined ? undefined : '--lora-alpha';
    if (flag) throw new UsageError(`${flag} needs --lora-rank, the rank of the adapters, such as 8.`);
    return undefined;
  }
  if (freeze !== 'none') {
    throw new UsageError('--lora-rank trains adapters and the classifier, nothing else: leave --freeze out.');
  }
  return { rank: loraRank, alpha: loraAlpha ?? 2 * loraRank };
}

function checkFreeze({ freeze, shortFirst }: TrainSettings, { config, folder }: LoadedModel): void {
  if (freeze === 'all' && (shortFirst ?? 0) > 0) {
    throw new UsageError('--short-first has no meaning with --freeze all, which reads each text once.');
  }
  const layers = config.numHiddenLayers;
  if (typeof freeze !== 'number' || freeze <= layers) return;
  throw new UsageError(`--freeze ${freeze}: ${folder} has ${plural(layers, 'layer')}.`);
}

/** The model with one rate for all of its dropout, which is then saved with it. */
function withDropout(model: LoadedModel, rate: number | undefined): LoadedModel {
  if (rate === undefined) return model;
  const rates = { hiddenDropoutProb: rate, attentionProbsDropoutProb: rate, classifierDropout: rate };
  return { ...model, config: { ...model.config, ...rates } };
}
