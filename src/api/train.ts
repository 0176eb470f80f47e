/** A training run from data to folder: joins the rooms in the order in which a text walks through them. */
import { checkMaxLength, loadForTraining, type LoadedModel } from '../checkpoint/load.js';
import { saveRun } from '../checkpoint/save.js';
import type { LoadReport } from '../checkpoint/weights.js';
import type { Example } from '../data/example.js';
import { encodeLabels, labelsOf } from '../data/labels.js';
import { stratifiedSplit } from '../data/split.js';
import { logitsOf, type Scorer } from '../evaluate/logits.js';
import { majorityBaseline, metricsOf, type Metrics } from '../evaluate/metrics.js';
import { sha256OfFile } from '../files/hash.js';
import { RunFolder } from '../files/run-folder.js';
import { ADAMW_DEFAULTS } from '../optim/adamw.js';
import { nodeRuntime } from '../runtime/node.js';
import { forwardStep } from '../step/steps.js';
import { TrainingEngine } from '../train/engine.js';
import { estimateSeconds } from '../train/estimate.js';
import {
  planTraining,
  runTraining,
  type StepEvent,
  type TrainingPlan,
  type TrainingResult,
  type TrainingSet,
} from '../train/loop.js';
import { resolveSettings, type TrainSettings } from '../train/settings.js';
import { trainerState } from '../train/trainer-state.js';
import { InterruptedError, UsageError } from '../util/errors.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { checkThreads } from '../util/threads.js';
import { VERSION } from '../util/version.js';
import { BUNDLED_MODEL } from './bundled.js';
import { dataName, readLabelled, shortName, type ColumnNames, type DataInput } from './data.js';

/** What to train, on what, and where to put it. Every setting of `TrainSettings` may be given too. */
export interface TrainOptions extends ColumnNames, Partial<TrainSettings> {
  /** Labelled texts to learn from. */
  readonly data: DataInput;
  /** A folder with Hugging Face's files. @default the bundled all-MiniLM-L6-v2 */
  readonly model?: string;
  /** Labelled texts to evaluate on. @default a share of `data` is set aside */
  readonly test?: DataInput;
  /** The share of each class that is set aside when there is no `test`. @default 0.1 */
  readonly testSplit?: number;
  /** Where the run is saved. @default `runs/<name of the data>` */
  readonly out?: string;
  /** Replace an earlier run there. @default false */
  readonly force?: boolean;
  /** Threads of the runtime. @default the machine's cores */
  readonly threads?: number;
  /** Called as the run goes on. */
  readonly onEvent?: (event: TrainEvent) => void;
  /** Stops the run after the step under way, with an `InterruptedError`; nothing is saved then. */
  readonly signal?: AbortSignal;
}

/** What is known of the texts once they are read. */
export interface TextCounts {
  readonly train: number;
  readonly test: number;
  /** Training texts longer than `maxLength`. */
  readonly cutTexts: number;
  /** The share of all tokens of the training texts that is cut off with them. */
  readonly cutTokens: number;
}

/** What a run reports, in this order: `start`, `estimate`, `step` ..., `evaluating` ..., `saved`. */
export type TrainEvent =
  | {
      readonly type: 'start';
      readonly model: string;
      readonly labels: readonly string[];
      readonly texts: TextCounts;
      readonly plan: TrainingPlan;
      readonly settings: TrainSettings;
      readonly report: LoadReport;
      readonly parameters: number;
    }
  /** From timed steps, before the first real one: seconds until the end, evaluation included. */
  | { readonly type: 'estimate'; readonly seconds: number }
  | ({ readonly type: 'step' } & StepEvent)
  | { readonly type: 'evaluating'; readonly done: number; readonly total: number }
  | { readonly type: 'saved'; readonly folder: string };

/** What came out of a run. */
export interface TrainResult {
  /** The folder of the run: load it with `Classifier.load`. */
  readonly folder: string;
  readonly labels: readonly string[];
  readonly settings: TrainSettings;
  readonly metrics: Metrics;
  /** Accuracy of always giving the commonest class of the test texts. */
  readonly baseline: { readonly label: string; readonly accuracy: number };
  readonly training: TrainingResult;
  /** Of evaluation, in seconds. */
  readonly evaluationSeconds: number;
}

/** Texts whose logits are kept in the run and computed again by every loader. */
const GOLDEN_TEXTS = ['A fine film.', 'I want those two hours back.', 'Ünïcode, 123 & <b>markup</b>'];

/**
 * Fine-tunes a model on labelled texts, evaluates it on texts it has not seen, and saves the run.
 *
 * ```ts
 * const { folder, metrics } = await train({ data: 'data/imdb-sample/train.csv', epochs: 1 });
 * console.log(folder, metrics.accuracy); // runs/imdb-sample 0.88
 * ```
 *
 * @throws `UsageError`, `DataError`, `ModelError`, `FileError` for what can be mended; `NumericError` when the loss
 *   stops being a number; `InterruptedError` after `signal`. The folder is then as it was before.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { settings, rest } = splitOptions(options);
  const out = rest.out ?? `runs/${shortName(rest.data)}`;
  const run = await RunFolder.create(out, { force: rest.force ?? false });
  try {
    const prepared = await prepare(rest, settings);
    const { result, files } = await trainAndEvaluate(prepared, rest, settings);
    await saveRun(run, files);
    await run.commit();
    rest.onEvent?.({ type: 'saved', folder: out });
    return { ...result, folder: out };
  } finally {
    await run.discard();
  }
}

type Rest = Omit<TrainOptions, keyof TrainSettings>;

function splitOptions(options: TrainOptions): { settings: TrainSettings; rest: Rest } {
  const {
    data,
    model,
    test,
    testSplit,
    out,
    force,
    threads,
    onEvent,
    signal,
    textColumn,
    labelColumn,
    ...given
  } = options;
  if (typeof data !== 'string' && !Array.isArray(data)) {
    throw new UsageError('train needs data: the path of a file, or a list of { text, label }.');
  }
  if (test !== undefined && testSplit !== undefined) {
    throw new UsageError(
      '--test and --test-split exclude each other: the test texts are in a file, or set aside.',
    );
  }
  checkThreads(threads);
  const rest = {
    data,
    model,
    test,
    testSplit,
    out,
    force,
    threads,
    onEvent,
    signal,
    textColumn,
    labelColumn,
  };
  return { settings: resolveSettings(given), rest };
}

interface Prepared {
  readonly model: LoadedModel;
  readonly trainSet: TrainingSet;
  readonly testTexts: readonly (readonly number[])[];
  readonly testLabelIds: Int32Array;
  readonly counts: TextCounts;
}

/** Data to ids, and the model that will read them. */
async function prepare(rest: Rest, settings: TrainSettings): Promise<Prepared> {
  const { textColumn, labelColumn } = rest;
  const all = await readLabelled(rest.data, { textColumn, labelColumn }, settings.clean);
  const name = dataName(rest.data);
  const { train: trainExamples, test: testExamples } = await withTestTexts(all, rest, settings, name);
  const model = withDropout(
    await loadForTraining(rest.model ?? BUNDLED_MODEL, labelsOf(trainExamples, name), {
      seed: settings.seed,
    }),
    settings.dropout,
  );
  checkMaxLength(settings.maxLength, model);
  const encode = (example: Example): { ids: readonly number[]; cut: number } =>
    model.tokenizer.encode(example.text, settings);
  const encodings = trainExamples.map(encode);
  const cut = encodings.reduce((sum, encoding) => sum + encoding.cut, 0);
  const kept = encodings.reduce((sum, encoding) => sum + encoding.ids.length, 0);
  return {
    model,
    trainSet: {
      texts: encodings.map(({ ids }) => ids),
      labelIds: encodeLabels(trainExamples, model.labels, name),
      origins: trainExamples.map(({ line, row }) => (line === undefined ? `example ${row}` : `line ${line}`)),
      padId: model.tokenizer.padId,
    },
    testTexts: testExamples.map((example) => encode(example).ids),
    testLabelIds: encodeLabels(testExamples, model.labels, rest.test ? dataName(rest.test) : name),
    counts: {
      train: trainExamples.length,
      test: testExamples.length,
      cutTexts: encodings.filter((encoding) => encoding.cut > 0).length,
      cutTokens: cut / Math.max(1, cut + kept),
    },
  };
}

async function withTestTexts(
  all: Example[],
  rest: Rest,
  { clean, seed }: TrainSettings,
  name: string,
): Promise<{ train: Example[]; test: Example[] }> {
  const { test, textColumn, labelColumn } = rest;
  if (test !== undefined)
    return { train: all, test: await readLabelled(test, { textColumn, labelColumn }, clean) };
  const random = new RandomStream(seed, PURPOSE.split);
  const split = stratifiedSplit(encodeLabels(all, labelsOf(all, name), name), rest.testSplit ?? 0.1, () =>
    random.uniform(),
  );
  if (split.test.length === 0) {
    throw new UsageError(
      `${name} has too few texts to set some aside for evaluation: give a larger --test-split, or --test <data>.`,
    );
  }
  return { train: split.train.map((i) => all[i]!), test: split.test.map((i) => all[i]!) };
}

/** The model with one rate for all of its dropout, which is then saved with it. */
function withDropout(model: LoadedModel, rate: number | undefined): LoadedModel {
  if (rate === undefined) return model;
  const rates = { hiddenDropoutProb: rate, attentionProbsDropoutProb: rate, classifierDropout: rate };
  return { ...model, config: { ...model.config, ...rates } };
}

async function trainAndEvaluate(
  { model, trainSet, testTexts, testLabelIds, counts }: Prepared,
  rest: Rest,
  settings: TrainSettings,
): Promise<{ result: Omit<TrainResult, 'folder'>; files: Parameters<typeof saveRun>[1] }> {
  stopWhenAsked(rest.signal, 'before the first step');
  const plan = planTraining(trainSet, settings);
  rest.onEvent?.({
    type: 'start',
    model: model.folder,
    labels: model.labels,
    texts: counts,
    plan,
    settings,
    report: model.report,
    parameters: model.layout.size,
  });
  const runtime = await nodeRuntime({ threads: rest.threads });
  const { config } = model;
  const engine = await TrainingEngine.create(runtime, model.layout, model.weights, {
    spec: model.spec,
    rates: {
      hidden: config.hiddenDropoutProb,
      attention: config.attentionProbsDropoutProb,
      classifier: config.classifierDropout,
    },
    adamw: { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay },
    seed: settings.seed,
  });
  try {
    const seconds = await estimateSeconds(engine, trainSet, testTexts, settings, plan);
    stopWhenAsked(rest.signal, 'before the first step');
    rest.onEvent?.({ type: 'estimate', seconds });
    const training = await runTraining(engine, trainSet, settings, {
      signal: rest.signal,
      onStep: (event) => rest.onEvent?.({ type: 'step', ...event }),
    });
    const scorer: Scorer = {
      session: await runtime.load(forwardStep(model.spec).onnx),
      parameters: engine.parameters,
      numLabels: model.labels.length,
      padId: model.tokenizer.padId,
    };
    const began = performance.now();
    const logits = await logitsOf(scorer, testTexts, {
      onProgress: (done) => {
        rest.onEvent?.({ type: 'evaluating', done, total: testTexts.length });
        stopWhenAsked(
          rest.signal,
          `in the evaluation, after all ${training.steps} steps and ${done} of ${testTexts.length} texts`,
        );
      },
    });
    const evaluationSeconds = (performance.now() - began) / 1000;
    const metrics = metricsOf(logits, testLabelIds, model.labels);
    const { id, accuracy } = majorityBaseline(testLabelIds);
    const result = {
      labels: model.labels,
      settings,
      metrics,
      baseline: { label: model.labels[id]!, accuracy },
      training,
      evaluationSeconds,
    };
    const golden = await logitsOf(
      scorer,
      GOLDEN_TEXTS.map((text) => model.tokenizer.encode(text, settings).ids),
    );
    await scorer.session.release();
    return { result, files: await runFiles(model, result, golden, counts, rest) };
  } finally {
    await engine.release();
  }
}

function stopWhenAsked(signal: AbortSignal | undefined, when: string): void {
  if (!signal?.aborted) return;
  throw new InterruptedError(
    `stopped ${when}. Nothing was saved, and nothing that was there before was changed.`,
  );
}

async function runFiles(
  model: LoadedModel,
  result: Omit<TrainResult, 'folder'>,
  golden: readonly Float32Array[],
  counts: TextCounts,
  rest: Rest,
): Promise<Parameters<typeof saveRun>[1]> {
  const { settings, metrics, training, evaluationSeconds, baseline } = result;
  const evaluation = {
    eval_accuracy: metrics.accuracy,
    eval_f1: metrics.f1,
    eval_loss: metrics.loss,
    eval_matthews_correlation: metrics.matthews_correlation,
    ...(metrics.roc_auc !== null && { eval_roc_auc: metrics.roc_auc }),
    eval_runtime: evaluationSeconds,
    eval_samples_per_second: counts.test / evaluationSeconds,
  };
  const position = { epoch: training.epoch, step: training.steps };
  const totals = {
    ...position,
    train_loss: training.meanLoss,
    train_runtime: training.seconds,
    train_samples_per_second: (counts.train * training.epoch) / training.seconds,
    train_steps_per_second: training.steps / training.seconds,
  };
  return {
    model,
    contract: {
      maxLength: settings.maxLength,
      truncation: settings.truncation,
      clean: settings.clean,
      golden: GOLDEN_TEXTS.map((text, i) => ({ text, logits: Array.from(golden[i]!) })),
    },
    record: {
      bertuneVersion: VERSION,
      versions: { node: process.version },
      labels: model.labels,
      baseModel: rest.model ?? 'sentence-transformers/all-MiniLM-L6-v2',
      data: {
        train: dataName(rest.data),
        train_sha256: typeof rest.data === 'string' ? await sha256OfFile(rest.data) : null,
        train_examples: counts.train,
        test: rest.test === undefined ? `a share of ${rest.testSplit ?? 0.1} set aside` : dataName(rest.test),
        test_sha256: typeof rest.test === 'string' ? await sha256OfFile(rest.test) : null,
        test_examples: counts.test,
      },
      settings: { ...settings, dropout: settings.dropout ?? null, threads: rest.threads ?? null },
    },
    trainerState: trainerState({
      epoch: training.epoch,
      globalStep: training.steps,
      maxSteps: training.steps,
      epochs: settings.epochs,
      loggingSteps: settings.loggingSteps,
      batchSize: settings.batchSize,
      tokensSeen: training.tokensSeen,
      logHistory: [...training.logHistory, { ...evaluation, ...position }, totals],
    }),
    evalResults: {
      ...evaluation,
      eval_precision: metrics.precision,
      eval_recall: metrics.recall,
      eval_baseline_accuracy: baseline.accuracy,
      eval_confusion_matrix: metrics.confusion_matrix,
      eval_per_class: metrics.per_class,
      eval_examples: metrics.examples,
      ...position,
    },
  };
}
