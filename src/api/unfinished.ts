/** Runs that were cut off: where their newest checkpoint is, and what they were begun with. */
import { resolve } from 'node:path';
import { checkpointFault, checkpointName, checkpointSteps, RECORD_FILE } from '../files/checkpoint-folder.js';
import { isAsWritten } from '../files/manifest.js';
import { exists, isFolder, readJson } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import { FileError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import type { Versions } from './versions.js';

/** The commands whose runs have checkpoints. */
export type RunCommand = 'train' | 'pretrain';

/** What a checkpoint says of its run. */
export interface RunRecord {
  readonly bertune_version: string;
  readonly command: RunCommand;
  /** Where relative paths begin. */
  readonly cwd: string;
  /** How many it computes with, also where none were asked for. */
  readonly threads: number;
  /** By which engine, on which machine. */
  readonly versions?: Versions;
  /** What the command was called with, without texts that were in memory. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** SHA-256 of what it was begun with, by what it is of. */
  readonly sha256: Readonly<Record<string, string | null>>;
}

/** A run that can go on. */
export interface UnfinishedRun {
  readonly folder: string;
  readonly step: number;
  readonly record: RunRecord;
  /** Newer checkpoints that are damaged, and how, in words. */
  readonly damaged: readonly string[];
}

/** How each command is begun, for messages. */
const BEGIN = { train: 'train <data>', pretrain: 'pretrain <texts>' } as const;

/**
 * The newest checkpoint of a run that is as it was written: every byte of it is read.
 *
 * @throws `UsageError` for a run that is finished, has no checkpoint or is another command's; `FileError` where all are damaged
 */
export async function findUnfinished(run: string, command: RunCommand): Promise<UnfinishedRun> {
  const damaged: string[] = [];
  for (const step of await stepsToGoOnFrom(run, command)) {
    const fault = await checkpointFault(run, step);
    if (fault === undefined) {
      const folder = `${run}/${checkpointName(step)}`;
      return { folder, step, record: ofCommand(await readRecord(folder), run, command), damaged };
    }
    damaged.push(`${checkpointName(step)} is damaged: ${fault}`);
  }
  throw new FileError(
    `no checkpoint in ${run} can be used: ${damaged.join('; ')}. Begin anew: bertune ${BEGIN[command]} --out ${run} --force`,
  );
}

/**
 * What an unfinished run was begun with, and where its relative paths begin: there, or, where that folder is no more, where
 * its `out` leads to the run. Only its record is read: the rest is checked when it goes on.
 *
 * @throws what `findUnfinished` throws
 */
export async function begunWith(
  run: string,
  command: RunCommand,
): Promise<{ options: Readonly<Record<string, unknown>>; base: string }> {
  const { cwd, options } = await recordOf(run, command);
  if (await isFolder(cwd)) return { options, base: cwd };
  const out = options['out'];
  const moved = typeof out === 'string' && resolve(run).endsWith(`/${out}`);
  return { options, base: moved ? resolve(run).slice(0, -out.length - 1) || '/' : resolve('.') };
}

async function recordOf(run: string, command: RunCommand): Promise<RunRecord> {
  for (const step of await stepsToGoOnFrom(run, command)) {
    const folder = `${run}/${checkpointName(step)}`;
    const isWhole = await isAsWritten(folder, RECORD_FILE);
    const record = isWhole ? await readRecord(folder).catch(() => undefined) : undefined;
    if (record) return ofCommand(record, run, command);
  }
  return (await findUnfinished(run, command)).record; // which says what is wrong
}

async function stepsToGoOnFrom(run: string, command: RunCommand): Promise<number[]> {
  const steps = await checkpointSteps(run);
  if (steps.length > 0) return steps;
  throw new UsageError(
    (await exists(`${run}/${RUN_MARK}`))
      ? `${run} is finished: there is nothing to go on with. To train it further: bertune ${BEGIN[command]} --model ${run}`
      : `${run} has no checkpoint to go on from: begin with bertune ${BEGIN[command]} --out ${run} --save-steps 50`,
  );
}

async function readRecord(folder: string): Promise<RunRecord> {
  const record = await readJson(`${folder}/${RECORD_FILE}`);
  const isRecord =
    isObject(record) && ['options', 'settings', 'sha256'].every((name) => isObject(record[name]));
  if (isRecord) return record as unknown as RunRecord;
  throw new FileError(
    `${folder}/${RECORD_FILE} is not the record of a run: was it written by another version of bertune?`,
  );
}

function ofCommand(record: RunRecord, run: string, command: RunCommand): RunRecord {
  if (record.command === command) return record;
  throw new UsageError(
    `${run} was begun by bertune ${record.command}: go on with bertune ${record.command} --resume ${run}`,
  );
}
