/** Checkpoints of a run under way: what is written of it, and how a run goes on from one. */
import { availableParallelism } from 'node:os';
import { cwd } from 'node:process';
import { bufferFiles, readBuffers } from '../checkpoint/training-state.js';
import { json } from '../checkpoint/save.js';
import { checkpointFault, checkpointName, checkpointSteps } from '../files/checkpoint-folder.js';
import { sha256Of } from '../files/hash.js';
import { exists, readJson } from '../files/read.js';
import { RUN_MARK, type RunFolder } from '../files/run-folder.js';
import { firstNotFinite } from '../formats/safetensors.js';
import type { StateBuffer } from '../step/buffers.js';
import type { PlacedParameter } from '../step/layout.js';
import type { TextWindows } from '../batching/windows.js';
import type { TrainingEngine } from '../train/engine.js';
import { stepsOf } from '../train/loop.js';
import { flagOf } from '../train/settings.js';
import { stepOf, type StateUnderWay, type TrainingResult, type TrainingState } from '../train/state.js';
import { trainerState } from '../train/trainer-state.js';
import { FileError, NumericError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import type { Targets } from '../util/problem.js';
import { VERSION } from '../util/version.js';
import { pathsOf } from './data.js';
import { STDIN } from './file-source.js';
import type { Prepared } from './prepare.js';
import type { TrainOptions } from './train-options.js';

const RECORD_FILE = 'run.json';
const STATE_FILE = 'training_state.json';

/** Settings that don't change what comes out: they may be others when a run goes on. */
const FREE = ['saveSteps', 'keep'];

/** What a checkpoint says of its run. */
interface RunRecord {
  readonly bertune_version: string;
  /** Where relative paths begin. */
  readonly cwd: string;
  /** What `train` was called with; without `data` where the texts were in memory. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** SHA-256 of what was made of the texts: token ids and labels. */
  readonly train_sha256: string;
  readonly test_sha256: string;
  readonly validation_sha256: string;
  /** Of the weights that a frozen encoder reads the texts with: they are read again. `null` where checkpoints have them all. */
  readonly encoder_sha256: string | null;
}

/** A run that can go on. */
export interface UnfinishedRun {
  readonly folder: string;
  readonly step: number;
  readonly record: RunRecord;
  /** Newer checkpoints that are damaged, and how, in words. */
  readonly damaged: readonly string[];
}

/**
 * The newest checkpoint of a run that is as it was written.
 *
 * @throws `UsageError` for a run that is finished, or has no checkpoint; `FileError` where all are damaged
 */
export async function findUnfinished(run: string): Promise<UnfinishedRun> {
  const steps = await checkpointSteps(run);
  if (steps.length === 0) {
    throw new UsageError(
      (await exists(`${run}/${RUN_MARK}`))
        ? `${run} is finished: there is nothing to go on with. To train it further: bertune train <data> --model ${run}`
        : `${run} has no checkpoint to go on from: begin with bertune train <data> --out ${run} --save-steps 50`,
    );
  }
  const damaged: string[] = [];
  for (const step of steps) {
    const fault = await checkpointFault(run, step);
    if (fault === undefined) {
      const folder = `${run}/${checkpointName(step)}`;
      return { folder, step, record: await readRecord(folder), damaged };
    }
    damaged.push(`${checkpointName(step)} is damaged: ${fault}`);
  }
  throw new FileError(
    `no checkpoint in ${run} can be used: ${damaged.join('; ')}. Begin anew: bertune train <data> --out ${run} --force`,
  );
}

async function readRecord(folder: string): Promise<RunRecord> {
  const record = await readJson(`${folder}/${RECORD_FILE}`);
  if (isObject(record) && isObject(record['options']) && isObject(record['settings'])) {
    return record as unknown as RunRecord;
  }
  throw new FileError(
    `${folder}/${RECORD_FILE} is not the record of a run: was it written by a newer bertune?`,
  );
}

/**
 * What `train` was called with when an unfinished run was begun, to go on with it.
 *
 * @throws what `findUnfinished` throws; `UsageError` where its texts can't be had again, or its paths begin elsewhere
 */
export async function resumeOptions(run: string, given: Partial<TrainOptions>): Promise<TrainOptions> {
  const { record } = await findUnfinished(run);
  const options = { ...record.options, ...given, out: run, resume: true } as unknown as TrainOptions;
  const data = options.data as TrainOptions['data'] | undefined;
  if (data === undefined) {
    throw new UsageError(
      `${run} was begun with texts in memory: go on with the same call of train() and resume: true.`,
    );
  }
  if (given.data === undefined && pathsOf(data)?.includes(STDIN) === true) {
    throw new UsageError(
      `the texts of ${run} came from standard input: pipe them in again, with bertune train - --resume ${run}`,
    );
  }
  if (record.cwd !== cwd()) {
    throw new UsageError(`${run} was begun in ${record.cwd}, where its paths begin: go on from there.`);
  }
  return options;
}

/** Writes and reads the checkpoints of one run. */
export class Checkpoints {
  readonly #record: RunRecord;
  /** The path of the last one that was written. */
  last: string | undefined;

  constructor(
    readonly run: RunFolder,
    readonly prepared: Prepared,
    options: TrainOptions,
  ) {
    const { settings, trainSet, testTexts, testTargets, validation } = prepared;
    this.#record = {
      bertune_version: VERSION,
      cwd: cwd(),
      options: { ...recordable(options), threads: options.threads ?? availableParallelism() },
      settings: settings as unknown as Record<string, unknown>,
      train_sha256: hashOf(trainSet.texts, trainSet.targets, prepared.model.labels),
      test_sha256: hashOf(testTexts, testTargets),
      validation_sha256: hashOf(validation.texts, validation.targets),
      encoder_sha256: settings.freeze === 'all' ? sha256Of([prepared.model.weights]) : null,
    };
  }

  /**
   * Writes where the training stands.
   *
   * @returns how to go on from there, for a person
   * @throws `NumericError` for weights that are not finite, which are never saved
   */
  async save(state: TrainingState, engine: TrainingEngine): Promise<string> {
    const { model, settings } = this.prepared;
    const { layout } = model;
    for (const { name, start, end } of layout.parameters) {
      if (firstNotFinite(engine.weights.subarray(start, end)) === -1) continue;
      throw new NumericError(
        `after step ${stepOf(state)}, ${name} has a value that is not finite: it was not saved. ` +
          `A lower --learning-rate (now ${settings.learningRate}) usually helps.`,
      );
    }
    const { buffers, ...numbers } = state;
    const files = {
      ...bufferFiles(layout, buffers, (parameter) => isTrained(engine, parameter)),
      'trainer_state.json': [json(this.#trainerState(state))],
      [STATE_FILE]: [json({ ...numbers, buffers: Object.keys(buffers) })],
      [RECORD_FILE]: [json(this.#record)],
    };
    this.last = await this.run.writeCheckpoint(stepOf(state), files, settings.keep);
    return `Saved as ${this.last}; to go on: bertune train --resume ${this.run.path}`;
  }

  /** For who reads the ecosystem's file; a run goes on from `training_state.json`. */
  #trainerState(state: TrainingState): Record<string, unknown> {
    const { settings, trainSet } = this.prepared;
    const isOver = 'result' in state;
    const { stepsPerEpoch, totalSteps } = stepsOf(trainSet.texts.length, settings);
    return trainerState({
      epoch: stepOf(state) / stepsPerEpoch,
      globalStep: stepOf(state),
      maxSteps: totalSteps,
      epochs: settings.epochs,
      loggingSteps: settings.loggingSteps,
      batchSize: settings.batchSize,
      tokensSeen: isOver ? state.result.tokensSeen : state.underWay.tokensSeen,
      evalSteps: settings.evalSteps || undefined,
      best: isOver ? state.result.best : state.underWay.kept.best,
      logHistory: isOver ? state.result.logHistory : state.underWay.log.entries,
    });
  }

  /**
   * Checks that an unfinished run is this very run.
   *
   * @param note told of what may make the numbers differ
   * @throws `UsageError` with what differs, where data or settings are others
   */
  requireSame({ record: begun, damaged, step }: UnfinishedRun, note: (message: string) => void): void {
    for (const each of damaged) note(`${each}. The one before it is used.`);
    const now = this.#record;
    const others = differing(begun.settings, now.settings).filter((name) => !FREE.includes(name));
    if (others.length > 0) {
      const shown = others.map(
        (name) => `${flagOf(name)} is ${told(now.settings[name])}, was ${told(begun.settings[name])}`,
      );
      throw this.#refusal(`with other settings: ${shown.join('; ')}`);
    }
    const parts = (['train', 'test', 'validation'] as const).filter(
      (part) => begun[`${part}_sha256`] !== now[`${part}_sha256`],
    );
    if (parts.length > 0) {
      const names = parts.map((part) => (part === 'train' ? 'training' : part)).join(' and ');
      throw this.#refusal(
        `with other data: the ${names} texts are not the same (texts, labels, order or columns)`,
      );
    }
    if (begun.encoder_sha256 !== now.encoder_sha256) {
      throw this.#refusal('with other weights: the frozen encoder is not the same');
    }
    if (begun.bertune_version !== now.bertune_version) {
      note(`it was begun by bertune ${begun.bertune_version}, and goes on with ${now.bertune_version}.`);
    }
    const [before, after] = [begun.options['threads'], now.options['threads']];
    if (before !== after)
      note(`it was begun with --threads ${told(before)}, and goes on with ${told(after)}.`);
    note(`Going on after step ${step}.`);
  }

  /** The state in a checkpoint of this run. */
  async load({ folder }: UnfinishedRun, engine: TrainingEngine): Promise<TrainingState> {
    const { buffers: names, ...numbers } = (await readJson(`${folder}/${STATE_FILE}`)) as {
      readonly buffers: readonly StateBuffer[];
    } & ({ readonly underWay: StateUnderWay } | { readonly result: TrainingResult });
    const isOf = (parameter: PlacedParameter): boolean => isTrained(engine, parameter);
    return { ...numbers, buffers: await readBuffers(folder, this.prepared.model.layout, names, isOf) };
  }

  #refusal(how: string): UsageError {
    return new UsageError(
      `${this.run.path} was begun ${how}. Leave that as it was, or begin anew with --force and without --resume.`,
    );
  }
}

function isTrained({ trained }: TrainingEngine, { start }: PlacedParameter): boolean {
  return trained.some((part) => part.start <= start && start < part.end);
}

/** Names whose values are not the same. */
function differing(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
}

function told(value: unknown): string {
  return value === undefined ? 'not given' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** The options that JSON can hold. Texts in memory are no business of a checkpoint. */
function recordable(options: TrainOptions): Record<string, unknown> {
  const { onEvent: _, signal: __, memory: ___, resume: ____, ...rest } = options;
  return Object.fromEntries(
    Object.entries(rest).filter(
      ([, value]) => !Array.isArray(value) || value.every((each) => typeof each === 'string'),
    ),
  );
}

/** Of token ids and labels, text by text. */
function hashOf(texts: readonly TextWindows[], targets: Targets, labels: readonly string[] = []): string {
  return sha256Of(
    (function* () {
      for (const windows of texts) {
        yield `${windows.length}:`;
        for (const ids of windows) {
          yield `${ids.length}:`;
          yield Int32Array.from(ids);
        }
      }
      yield JSON.stringify([targets, labels]);
    })(),
  );
}
