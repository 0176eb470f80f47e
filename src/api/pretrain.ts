/** Continued masked-language-model pre-training, from texts to a folder that `train` can start from. */
import { loadForPretraining, type LoadedMaskedLm } from '../checkpoint/load.js';
import { savePretrained } from '../checkpoint/save.js';
import { clean } from '../data/clean.js';
import { decodeLines } from '../data/decode.js';
import { placeOf } from '../data/example.js';
import { streamExamples } from '../data/read.js';
import { batchesByLength } from '../batching/order.js';
import { BATCH_TOKENS } from '../evaluate/logits.js';
import { openBytes } from '../files/read.js';
import { RunFolder } from '../files/run-folder.js';
import { ADAMW_DEFAULTS } from '../optim/adamw.js';
import type { HubEvent } from '../hub/use.js';
import { nodeRuntime } from '../runtime/node.js';
import { float32, scalar, viewsOf, type Runtime } from '../runtime/runtime.js';
import type { GradientStep } from '../step/gradient.js';
import { placesOf } from '../step/layout.js';
import { maskedGradientStep, maskedLossStep } from '../step/masked.js';
import { TrainingEngine } from '../train/engine.js';
import { estimateSeconds } from '../train/estimate.js';
import {
  planTraining,
  runTraining,
  type StepEvent,
  type TrainingPlan,
  type TrainingResult,
} from '../train/loop.js';
import type { SizeSettings } from '../train/fitting.js';
import { maskedSet, type MaskedTexts } from '../train/masked-set.js';
import { microBatchShapes, runMemory, shapeOf, type RunMemory } from '../train/memory.js';
import type { TrainingSet } from '../train/sets.js';
import { resolveSettings, type TrainSettings } from '../train/settings.js';
import { trainerState } from '../train/trainer-state.js';
import { DataError, ModelError, UsageError } from '../util/errors.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { checkThreads } from '../util/threads.js';
import { VERSION } from '../util/version.js';
import { BUNDLED_MODEL, BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { Checkpoints, hashOfModel, hashOfTexts, spaceNeeded, type CheckpointedRun } from './checkpoints.js';
import { hashesOf, shortName } from './data.js';
import { dropoutRates } from './engine-options.js';
import { openData } from './file-source.js';
import { forecastMemory } from './forecast.js';
import { hubFilesOf } from './hub-data.js';
import { keepingTraining, trainFrom } from './keeping.js';
import { stopWhenAsked, type MemoryForecast } from './train-options.js';
import { findUnfinished } from './unfinished.js';
import { versionsOf } from './versions.js';
import { plural } from '../util/wording.js';

/** The settings of `train` that pre-training has too; all else has no meaning without labels. */
export const PRETRAIN_SETTINGS = [
  ...(['epochs', 'maxSteps', 'batchSize', 'gradientAccumulationSteps', 'learningRate'] as const),
  ...(['warmupSteps', 'warmupRatio', 'schedule', 'weightDecay', 'maxGradNorm', 'dropout'] as const),
  ...(['maxLength', 'order', 'clean', 'saveSteps', 'keep', 'loggingSteps', 'seed'] as const),
] as const;

export type PretrainSettings = Pick<TrainSettings, (typeof PRETRAIN_SETTINGS)[number]>;

/** Where they differ from those of `train`: as Sun et al. 2019 (arXiv 1905.05583, section 5.4) further pre-train. */
export const PRETRAIN_DEFAULTS = { epochs: 1, batchSize: 32, learningRate: 5e-5, maxLength: 128 } as const;

export interface PretrainOptions extends Partial<PretrainSettings> {
  /** Files of texts: those that `train` takes, by their text column, and `.txt` (also gzipped) with a text a line. */
  readonly files?: readonly string[];
  /** Texts in memory, beside those of `files`. */
  readonly texts?: readonly string[];
  /** @default found by its usual names */
  readonly textColumn?: string;
  /** A folder with Hugging Face's files. @default the bundled all-MiniLM-L6-v2 */
  readonly model?: string;
  /** The share of windows that is set aside to measure on. @default 0.05 */
  readonly testSplit?: number;
  /** @default `runs/<name of the first file>-pretrained` */
  readonly out?: string;
  readonly force?: boolean;
  /** Go on with the unfinished run at `out`, as `train` does: the same bits as if it had never been stopped. @default false */
  readonly resume?: boolean;
  readonly threads?: number;
  /** The most memory that the run may take, in bytes. @default what the system says is there */
  readonly memory?: number;
  readonly onEvent?: (event: PretrainEvent) => void;
  /** Stops the run after the step under way, with an `InterruptedError`; a checkpoint is saved first. */
  readonly signal?: AbortSignal;
}

/** What pre-training will be like, before it is done. */
export interface PretrainForecast {
  readonly texts: number;
  /** Pieces of texts of at most `maxLength` tokens, to learn from and to measure on. */
  readonly windows: { readonly train: number; readonly test: number };
  readonly plan: TrainingPlan;
  /** Parts of batches that the gradient is computed for one at a time, in the whole run. */
  readonly microBatches: number;
  readonly settings: TrainSettings;
  readonly model: string;
  readonly parameters: number;
  /** Whether the head for masked tokens is new. */
  readonly newHead: boolean;
  readonly memory: MemoryForecast;
  /** Until the end, from steps timed on this machine. */
  readonly seconds: number;
}

export type PretrainEvent =
  | ({ readonly type: 'start' } & Omit<PretrainForecast, 'seconds'>)
  /** `perplexity`: on the texts to measure on, before the first step. */
  | { readonly type: 'estimate'; readonly seconds: number; readonly perplexity: number }
  | ({ readonly type: 'step' } & StepEvent)
  | { readonly type: 'saved'; readonly folder: string }
  /** While something is fetched from the hub, before `start`. */
  | HubEvent;

export interface PretrainResult {
  readonly folder: string;
  /** exp of the mean loss on masked tokens that were not learnt from, before and after. */
  readonly perplexityBefore: number;
  readonly perplexity: number;
  readonly training: TrainingResult;
  readonly settings: TrainSettings;
}

/** What is learnt from, and what is measured on. */
interface PreparedTexts {
  readonly texts: number;
  readonly train: TrainingSet;
  readonly test: TrainingSet;
  /** SHA-256 of the windows of each. */
  readonly hashes: { readonly train: string; readonly test: string };
}

/**
 * Trains an encoder further to guess masked tokens of texts without labels, before it is fine-tuned on the few that have
 * them ("further pre-training", Sun et al. 2019). Long texts are cut into windows, so that all of them is read.
 *
 * ```ts
 * const { folder, perplexityBefore, perplexity } = await pretrain({ files: ['reviews.csv'] });
 * console.log(perplexityBefore, perplexity); // 30522 64.1
 * await train({ data: 'labelled.csv', model: folder });
 * ```
 *
 * @throws `UsageError`, `DataError`, `ModelError`, `FileError` for what can be mended; `NumericError` when the loss stops
 *   being a number; `InterruptedError` after `signal`. The folder is then as it was before, but for checkpoints in it.
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainResult> {
  const settings = settingsOf(options);
  checkThreads(options.threads);
  const { files = [], force = false, resume = false } = options;
  const out = options.out ?? `runs/${shortName(files[0] ?? [])}-pretrained`;
  const begun = resume ? await findUnfinished(out, 'pretrain') : undefined;
  const run = await RunFolder.create(out, { force, resume });
  try {
    const { model, local, prepared } = await load(options, settings);
    await run.requireSpace(spaceNeeded(model.layout, settings));
    const checkpoints = new Checkpoints(run, checkpointed(prepared, settings, model, options), begun);
    checkpoints.requireSame((message) => options.onEvent?.({ type: 'note', message }));
    const started = await start(model, prepared, settings, { ...options, threads: checkpoints.threads });
    checkpoints.computedBy(started.runtime.name);
    const { training, ...perplexities } = await trainMasked(started, model, prepared, settings, {
      ...{ options, checkpoints },
    });
    const result = { folder: out, ...perplexities, training, settings };
    await savePretrained(run, await filesOf(result, model, prepared, local, started.runtime.name));
    await run.commit();
    options.onEvent?.({ type: 'saved', folder: out });
    return result;
  } finally {
    await run.discard();
  }
}

/**
 * Says what `pretrain` will be like without doing it: reads the texts, loads the model and times a few steps. Nothing is
 * written.
 *
 * ```ts
 * const { plan, windows, memory, seconds } = await forecastPretraining({ files: ['reviews.csv'] });
 * console.log(plan.totalSteps, windows.train, memory.peak / 1e9, seconds / 60); // depends on texts and machine
 * ```
 *
 * @throws what `pretrain` throws before its first step: a `UsageError` too where the run won't fit in memory.
 */
export async function forecastPretraining(options: PretrainOptions): Promise<PretrainForecast> {
  const settings = settingsOf(options);
  checkThreads(options.threads);
  const { model, prepared } = await load(options, settings);
  const { engine, forecast } = await start(model, prepared, settings, options);
  await engine.release();
  return forecast;
}

async function load(
  options: PretrainOptions,
  settings: TrainSettings,
): Promise<{ model: LoadedMaskedLm; local: PretrainOptions; prepared: PreparedTexts }> {
  const model = await loadForPretraining(options.model ?? BUNDLED_MODEL, {
    seed: settings.seed,
    hub: options,
  });
  const local = { ...options, files: await hubFilesOf(options.files ?? [], options) };
  return { model, local, prepared: await prepareTexts(local, settings, model) };
}

interface Started {
  readonly runtime: Runtime;
  readonly engine: TrainingEngine;
  readonly forecast: PretrainForecast;
}

/** Forecasts the run, refuses it where it won't fit, and makes the engine, which whoever has it releases; reports `start`. */
async function start(
  model: LoadedMaskedLm,
  { texts, train, test }: PreparedTexts,
  settings: TrainSettings,
  { onEvent, signal, memory: given, threads }: PretrainOptions,
): Promise<Started> {
  stopWhenAsked(signal, 'before the first step');
  const gradient = maskedGradientStep(model.spec, { ...dropoutRates(model.config), classifier: 0 });
  const plan = planTraining(train, settings);
  const { perUpdate } = microBatchShapes(train, settings, plan.totalSteps);
  const sizes = { ...settings, maxLength: settings.maxLength ?? PRETRAIN_DEFAULTS.maxLength };
  const memoryOf = memoryModel(gradient, model, { train, test }, settings, plan);
  const { memory, requireMemory } = await forecastMemory(sizes, memoryOf, given);
  const forecast = {
    ...{ texts, windows: { train: train.lengths.length, test: test.lengths.length }, plan, settings, memory },
    microBatches: Math.round(perUpdate * plan.totalSteps),
    model: model.hub?.id ?? model.folder,
    parameters: model.layout.size,
    newHead: model.report.made.length > 0,
  };
  onEvent?.({ type: 'start', ...forecast });
  requireMemory();
  const runtime = await nodeRuntime({ ...(threads !== undefined && { threads }) });
  const engine = await TrainingEngine.create(runtime, model.layout, model.weights, gradient, {
    adamw: { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay },
    seed: settings.seed,
  });
  try {
    const tokens = Array.from(test.lengths).reduce((sum, length) => sum + length, 0);
    const seconds = await estimateSeconds(engine, train, { tokens }, settings, plan);
    return { runtime, engine, forecast: { ...forecast, seconds } };
  } catch (error) {
    await engine.release();
    throw error;
  }
}

/** The memory of a run, were it made with other sizes. */
function memoryModel(
  gradient: GradientStep,
  { spec, layout }: LoadedMaskedLm,
  { train, test }: Pick<PreparedTexts, 'train' | 'test'>,
  settings: TrainSettings,
  { totalSteps }: TrainingPlan,
): (sizes: SizeSettings) => RunMemory {
  const memory = runMemory(gradient, maskedLossStep(spec), layout);
  return ({ maxLength, ...sizes }) => {
    const cut = ({ lengths }: TrainingSet): number[] => Array.from(lengths, (length) => Math.min(length, maxLength)); // prettier-ignore
    const { shapes } = microBatchShapes({ lengths: cut(train) }, { ...settings, ...sizes }, totalSteps);
    const measured = cut(test);
    return memory(shapes, batchesByLength(measured, BATCH_TOKENS).map((places) => shapeOf(measured, places))); // prettier-ignore
  };
}

/** What must be the same when the run goes on. */
function checkpointed(
  { train, hashes }: PreparedTexts,
  settings: TrainSettings,
  { layout, config, spec }: LoadedMaskedLm,
  options: PretrainOptions,
): CheckpointedRun {
  const epochs = settings.epochs ?? PRETRAIN_DEFAULTS.epochs;
  return {
    ...{ command: 'pretrain', options, settings: { ...settings, epochs }, layout },
    texts: train.lengths.length,
    sha256: { ...hashes, config: hashOfModel([config, spec], layout) },
  };
}

function settingsOf(options: PretrainOptions): TrainSettings {
  const given = Object.fromEntries(
    PRETRAIN_SETTINGS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  return resolveSettings({ ...PRETRAIN_DEFAULTS, ...given });
}

async function trainMasked(
  { runtime, engine, forecast: { seconds } }: Started,
  model: LoadedMaskedLm,
  { train, test }: PreparedTexts,
  settings: TrainSettings,
  {
    options: { onEvent, signal },
    checkpoints,
  }: { readonly options: PretrainOptions; readonly checkpoints: Checkpoints },
): Promise<Pick<PretrainResult, 'training' | 'perplexityBefore' | 'perplexity'>> {
  try {
    const perplexityBefore = await perplexityOf(runtime, model, test, signal, 'before the first step');
    stopWhenAsked(signal, 'before the first step');
    onEvent?.({ type: 'estimate', seconds, perplexity: perplexityBefore });
    const training = await trainFrom(checkpoints, engine, (kept) =>
      runTraining(engine, train, settings, {
        ...kept,
        ...(signal && { signal }),
        onStep: (event) => onEvent?.({ type: 'step', ...event }),
      }),
    );
    return await keepingTraining(checkpoints, engine, training, async () => ({
      ...{ training, perplexityBefore },
      perplexity: await perplexityOf(runtime, model, test, signal, `after all ${training.steps} steps`),
    }));
  } finally {
    await engine.release();
  }
}

/** All windows of all texts, part of them set aside. */
async function prepareTexts(
  options: PretrainOptions,
  settings: TrainSettings,
  { tokenizer, config, positions, folder }: LoadedMaskedLm,
): Promise<PreparedTexts> {
  const maxLength = Math.min(settings.maxLength ?? PRETRAIN_DEFAULTS.maxLength, positions);
  if (options.maxLength !== undefined && options.maxLength > positions) {
    throw new UsageError(
      `--max-length ${options.maxLength}: ${folder} reads at most ${plural(positions, 'token')}.`,
    );
  }
  const { maskId } = tokenizer;
  if (maskId === undefined) {
    throw new ModelError(
      `${folder} has no token for what is masked, so it can't be trained to guess masked tokens.`,
    );
  }
  const contract = { maxLength, truncation: 'windows', stride: 0 } as const;
  const windows: { ids: readonly number[]; origin: string }[] = [];
  let texts = 0;
  for await (const { text, origin } of textsOf(options, settings.clean)) {
    texts++;
    for (const ids of tokenizer.read(text, contract).windows) {
      if (ids.length > tokenizer.specialTokens) windows.push({ ids, origin });
    }
  }
  const share = options.testSplit ?? 0.05;
  if (!(share > 0 && share < 1)) {
    throw new UsageError(`The share to set aside must lie between 0 and 1, not ${share}.`);
  }
  const testCount = Math.max(1, Math.round(share * windows.length));
  if (windows.length < 2) throw new DataError('pre-training needs at least two texts that are not empty.');
  new RandomStream(settings.seed, PURPOSE.split).shuffle(windows);
  const setOf = (part: typeof windows): TrainingSet => {
    const masked: MaskedTexts = {
      texts: part.map(({ ids }) => ids),
      origins: part.map(({ origin }) => origin),
      ...{ padId: tokenizer.padId, maskId, vocabSize: config.vocabSize, seed: settings.seed },
      specialIds: new Set([...tokenizer.specialIds, tokenizer.padId]),
    };
    return maskedSet(masked);
  };
  const parts = { train: windows.slice(testCount), test: windows.slice(0, testCount) };
  const hashOf = (part: typeof windows): string => hashOfTexts(part.map(({ ids }) => [ids]), maskId); // prettier-ignore
  return {
    texts,
    train: setOf(parts.train),
    test: setOf(parts.test),
    hashes: { train: hashOf(parts.train), test: hashOf(parts.test) },
  };
}

async function* textsOf(
  { files = [], texts = [], textColumn }: PretrainOptions,
  cleaning: TrainSettings['clean'],
): AsyncGenerator<{ text: string; origin: string }> {
  if (files.length === 0 && texts.length === 0) {
    throw new UsageError('pretrain needs texts: one or more files, or a list of texts.');
  }
  for (const file of files) {
    if (/\.txt(?:\.gz)?$/i.test(file)) {
      yield* linesOf(file, cleaning);
      continue;
    }
    const options = { textColumn, needLabel: false, clean: cleaning };
    for await (const example of streamExamples(await openData(file), options)) {
      yield { text: example.text, origin: `${file}, ${placeOf(example)}` };
    }
  }
  for (const [index, text] of texts.entries()) {
    yield { text: clean(text, cleaning), origin: `text ${index + 1}` };
  }
}

/** A text a line; empty lines are no texts. */
async function* linesOf(
  file: string,
  cleaning: TrainSettings['clean'],
): AsyncGenerator<{ text: string; origin: string }> {
  let line = 0;
  for await (const text of decodeLines({ name: file, bytes: openBytes(file) })) {
    line++;
    yield { text: clean(text, cleaning), origin: `${file}, line ${line}` };
  }
}

/** exp of the mean loss on the masked tokens of these texts, always the same ones. */
async function perplexityOf(
  runtime: Runtime,
  model: LoadedMaskedLm,
  set: TrainingSet,
  signal: AbortSignal | undefined,
  when: string,
): Promise<number> {
  const step = maskedLossStep(model.spec);
  const parameters = viewsOf(placesOf(model.layout, step.parameters), model.weights);
  const session = await runtime.load(step.onnx);
  const loss = new Float32Array(1);
  let total = 0;
  let tokens = 0;
  try {
    for (const places of batchesByLength(set.lengths, BATCH_TOKENS)) {
      stopWhenAsked(signal, when);
      const { inputs } = set.microBatch(places, 0);
      await session.run({ ...parameters, ...inputs, loss_scale: scalar(1) }, { loss: float32([], loss) });
      total += loss[0]!;
      tokens += set.weight(places, 0);
    }
  } finally {
    await session.release();
  }
  return Math.exp(total / Math.max(1, tokens));
}

async function filesOf(
  { perplexity, perplexityBefore, training, settings }: PretrainResult,
  model: LoadedMaskedLm,
  { texts, test }: PreparedTexts,
  { files = [], model: base, threads }: PretrainOptions,
  runtimeName: string,
): Promise<Parameters<typeof savePretrained>[1]> {
  const position = { epoch: training.epoch, step: training.steps };
  const evaluation = { perplexity, perplexity_before: perplexityBefore, eval_loss: Math.log(perplexity) };
  return {
    model,
    contract: {
      maxLength: settings.maxLength ?? PRETRAIN_DEFAULTS.maxLength,
      ...{ truncation: 'head', clean: settings.clean, golden: [] },
    },
    record: {
      bertuneVersion: VERSION,
      versions: versionsOf(runtimeName),
      labels: [],
      baseModel: model.hub?.id ?? base ?? BUNDLED_MODEL_NAME,
      baseModelRevision: model.hub?.commit,
      data: {
        train: files.length === 0 ? 'texts in memory' : files.join(', '),
        train_sha256: await hashesOf(files),
        train_examples: texts,
        test_examples: test.lengths.length,
      },
      settings: {
        ...Object.fromEntries(PRETRAIN_SETTINGS.map((name) => [name, settings[name] ?? null])),
        threads: threads ?? null,
      },
    },
    trainerState: trainerState({
      ...{ epoch: training.epoch, globalStep: training.steps, maxSteps: training.steps },
      epochs: settings.epochs ?? PRETRAIN_DEFAULTS.epochs,
      ...{ loggingSteps: settings.loggingSteps, batchSize: settings.batchSize },
      tokensSeen: training.tokensSeen,
      logHistory: [...training.logHistory, { eval_loss: Math.log(perplexity), ...position }],
    }),
    evalResults: { ...evaluation, ...position },
  };
}
