/** Checkpoints of a run under way: what is written of it, and how a run goes on from one. */
import { availableParallelism } from 'node:os';
import { cwd } from 'node:process';
import { requireFinite } from '../checkpoint/finite.js';
import { bufferFiles, readBuffers } from '../checkpoint/training-state.js';
import { json } from '../checkpoint/save.js';
import { BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { RECORD_FILE } from '../files/checkpoint-folder.js';
import { sha256Of } from '../files/hash.js';
import { readJson } from '../files/read.js';
import type { RunFolder } from '../files/run-folder.js';
import type { StateBuffer } from '../step/buffers.js';
import type { Layout, PlacedParameter } from '../step/layout.js';
import type { TrainingEngine } from '../train/engine.js';
import { stepsOf } from '../train/plan.js';
import { copiesOfWeights } from '../train/memory.js';
import { flagOf, type RunSettings } from '../train/settings.js';
import { stepOf, type StateUnderWay, type TrainingResult, type TrainingState } from '../train/state.js';
import { trainerState } from '../train/trainer-state.js';
import { UsageError } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import type { RunCommand, RunRecord, UnfinishedRun } from './unfinished.js';
import { versionsOf, type Versions } from './versions.js';

const STATE_FILE = 'training_state.json';

/** Settings that don't change what comes out: they may be others when a run goes on. */
const FREE = ['saveSteps', 'keep'];

/** What is not the same, in words, by what a record has a hash of. */
const OTHER: Readonly<Record<string, string>> = {
  train: 'other data: the training texts are not the same (texts, labels, order or columns)',
  test: 'other data: the test texts are not the same (texts, labels, order or columns)',
  validation: 'other data: the validation texts are not the same (texts, labels, order or columns)',
  config: "another model: its config.json or parameters aren't the same",
  encoder: 'other weights: the frozen encoder is not the same',
};

/** What a run is of, for its checkpoints. */
export interface CheckpointedRun {
  readonly command: RunCommand;
  /** What it was called with. */
  readonly options: object & { readonly threads?: number; readonly model?: string };
  readonly settings: RunSettings;
  readonly layout: Layout;
  /** Texts of an epoch. */
  readonly texts: number;
  /** SHA-256 of all that must be the same when it goes on, by the names of `OTHER`; `null` for what isn't there. */
  readonly sha256: Readonly<Record<string, string | null>>;
}

/** Writes and reads the checkpoints of one run. */
export class Checkpoints {
  #record: RunRecord;
  #note: (message: string) => void = () => undefined;
  /** The path of the last one that was written, or that the run went on from. */
  last: string | undefined;

  constructor(
    readonly run: RunFolder,
    readonly of: CheckpointedRun,
    readonly begun: UnfinishedRun | undefined,
  ) {
    const { command, options, settings, sha256 } = of;
    this.last = begun?.folder;
    this.#record = {
      bertune_version: VERSION,
      command,
      cwd: cwd(),
      threads: options.threads ?? begun?.record.threads ?? availableParallelism(),
      options: recordable({ ...options, out: run.path }),
      settings: settings as unknown as Record<string, unknown>,
      sha256,
    };
  }

  /** How many threads compute: as many as when it was begun, where nobody says otherwise. */
  get threads(): number {
    return this.#record.threads;
  }

  /** Says which engine computes, before the first save; on going on, what of it is another than before. */
  computedBy(runtime: string): void {
    const now = versionsOf(runtime);
    const before = this.begun?.record.versions;
    for (const name of Object.keys(now) as (keyof Versions)[]) {
      const [was, version] = [before?.[name], now[name]];
      if (was === undefined || was === version) continue;
      const what = name === 'runtime' ? '' : `${name} `;
      this.#note(`it was begun with ${what}${told(was)}, and goes on with ${version}: its bits may differ.`);
    }
    this.#record = { ...this.#record, versions: now };
  }

  /** How to go on, for a person. */
  get howToGoOn(): string {
    return `to go on: bertune ${this.of.command} --resume ${this.run.path}`;
  }

  /**
   * Writes where the training stands.
   *
   * @returns how to go on from there, for a person
   * @throws `NumericError` for numbers that are not finite, which are never saved
   */
  async save(state: TrainingState, engine: TrainingEngine): Promise<string> {
    const { layout, settings } = this.of;
    const { buffers, ...numbers } = state;
    for (const [name, buffer] of Object.entries(buffers)) {
      const what = name === 'weights' ? '' : ` (${name})`;
      requireFinite(layout, buffer, `after step ${stepOf(state)}`, what, settings);
    }
    const files = {
      ...bufferFiles(layout, buffers, (parameter) => isTrained(engine, parameter)),
      'trainer_state.json': [json(this.#trainerState(state))],
      [STATE_FILE]: [json({ ...numbers, buffers: Object.keys(buffers) })],
      [RECORD_FILE]: [json(this.#record)],
    };
    this.last = await this.run.writeCheckpoint(stepOf(state), files, settings.keep);
    return `Saved as ${this.last}; ${this.howToGoOn}`;
  }

  /** For who reads the ecosystem's file; a run goes on from `training_state.json`. */
  #trainerState(state: TrainingState): Record<string, unknown> {
    const { settings, texts } = this.of;
    const isOver = 'result' in state;
    const { stepsPerEpoch, totalSteps } = stepsOf(texts, settings);
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
   * Checks that the run that was begun is this very run.
   *
   * @param note told of what may make the numbers differ
   * @throws `UsageError` with what differs, where data or settings are others
   */
  requireSame(note: (message: string) => void): void {
    this.#note = note;
    if (!this.begun) return;
    const { record: begun, damaged, step } = this.begun;
    for (const each of damaged) note(`${each}. The one before it is used.`);
    const now = this.#record;
    const others = differing(begun.settings, now.settings).filter((name) => !FREE.includes(name));
    if (others.length > 0) {
      const shown = others.map(
        (name) => `${flagOf(name)} is ${told(now.settings[name])}, was ${told(begun.settings[name])}`,
      );
      throw this.#refusal(`other settings: ${shown.join('; ')}`);
    }
    const [part] = differing(begun.sha256, now.sha256);
    if (part !== undefined) throw this.#refusal(OTHER[part] ?? `another ${part}`);
    if (begun.bertune_version !== now.bertune_version) {
      note(`it was begun by bertune ${begun.bertune_version}, and goes on with ${now.bertune_version}.`);
    }
    if (begun.threads !== now.threads) {
      note(`it was begun with --threads ${begun.threads}, and goes on with ${now.threads}.`);
    }
    const [before, after] = [begun, now].map(({ options }) => options['model'] ?? BUNDLED_MODEL_NAME);
    if (before !== after) note(`it was begun with --model ${told(before)}, and goes on with ${told(after)}.`);
    note(`Going on after step ${step}.`);
  }

  /** The state in the checkpoint that the run goes on from. */
  async load({ folder }: UnfinishedRun, engine: TrainingEngine): Promise<TrainingState> {
    const { buffers: names, ...numbers } = (await readJson(`${folder}/${STATE_FILE}`)) as {
      readonly buffers: readonly StateBuffer[];
    } & ({ readonly underWay: StateUnderWay } | { readonly result: TrainingResult });
    const isOf = (parameter: PlacedParameter): boolean => isTrained(engine, parameter);
    return { ...numbers, buffers: await readBuffers(folder, this.of.layout, names, isOf) };
  }

  #refusal(how: string): UsageError {
    return new UsageError(
      `${this.run.path} was begun with ${how}. Leave that as it was, or begin anew with --force and without --resume.`,
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

/** What is no business of a checkpoint: what JSON can't hold, what the next call says anew, and texts in memory. */
const NOT_RECORDED = ['onEvent', 'signal', 'memory', 'resume', 'texts'];

function recordable(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options as Record<string, unknown>).filter(
      ([name, value]) =>
        !NOT_RECORDED.includes(name) &&
        (!Array.isArray(value) || value.every((each) => typeof each === 'string')),
    ),
  );
}

/** Bytes that a run's folder will take: fp32 weights, and the small files; checkpoints have both moments too. */
export function spaceNeeded({ size }: Layout, settings: RunSettings): number {
  const { saveSteps, keep } = settings;
  const weights = 4 * size;
  const inCheckpoint = 3 + copiesOfWeights(settings);
  // One more than are kept, as the old are removed when the new one stands.
  return weights + (saveSteps > 0 ? (keep + 1) * inCheckpoint * weights : 0) + 4e6;
}

/** SHA-256 of token ids, text by text and window by window, and of what else belongs to them. */
export function hashOfTexts(texts: Iterable<readonly ArrayLike<number>[]>, others: unknown): string {
  return sha256Of(
    (function* () {
      for (const windows of texts) {
        yield `${windows.length}:`;
        for (const ids of windows) {
          yield `${ids.length}:`;
          yield Int32Array.from(ids);
        }
      }
      yield JSON.stringify(others);
    })(),
  );
}

/** SHA-256 of a model's shape: what its graphs are built from. */
export function hashOfModel(config: object, { parameters }: Layout): string {
  return sha256Of([JSON.stringify([config, parameters.map(({ name, shape }) => [name, shape])])]);
}
