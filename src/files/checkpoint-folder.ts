/**
 * @file The folders `checkpoint-<step>` of a run under way. The newest that is valid is always the old or the new one: a
 * checkpoint is written into a hidden folder, each file in full and synced, the manifest with their hashes last, the
 * folder synced, then renamed. Only when it stands are older ones removed, by their number.
 */

import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeAll, type WritableHandle } from './atomic.js';
import { toFileError } from './errors.js';
import { checkFiles, entryOf, MANIFEST, manifestText } from './manifest.js';
import { isFolder, readJson } from './read.js';
import { isObject } from '../util/objects.js';

/** A checkpoint's name. */
export const CHECKPOINT = /^checkpoint-(\d+)$/;
/** What a process that died may have left of one. */
export const CHECKPOINT_LEFTOVER = /^\.checkpoint-\d+\.(?:partial|removed)$/;

/** What a checkpoint says of its run: how it was begun. */
export const RECORD_FILE = 'run.json';

/** The parts of a file, one after another. */
export type Parts = readonly (string | ArrayBufferView)[];

/** The calls that are made; tests pass a disk on which one of them fails. */
export interface CheckpointDisk {
  open(
    path: string,
    flags: string,
  ): Promise<WritableHandle & { sync(): Promise<void>; close(): Promise<void> }>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { recursive: true; force: true }): Promise<void>;
  mkdir(path: string): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
}

const DISK: CheckpointDisk = fs;

export function checkpointName(step: number): string {
  return `checkpoint-${step}`;
}

/** The steps of the checkpoints in a run's folder, the newest first; none where there is no such folder. */
export async function checkpointSteps(run: string, disk: CheckpointDisk = DISK): Promise<number[]> {
  if (!(await isFolder(run))) return [];
  const names = await disk.readdir(run);
  return names
    .flatMap((name) => CHECKPOINT.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

export interface WriteCheckpointOptions {
  /** How many are left when this one stands, itself included. */
  readonly keep: number;
  readonly disk?: CheckpointDisk;
}

/**
 * Writes a checkpoint, durably, and removes those that are not to be kept. On any failure the older ones are as they were.
 *
 * @param run the run's folder, which is made where there is none
 */
export async function writeCheckpoint(
  run: string,
  step: number,
  files: Readonly<Record<string, Parts>>,
  { keep, disk = DISK }: WriteCheckpointOptions,
): Promise<void> {
  const name = checkpointName(step);
  const partial = join(run, `.${name}.partial`);
  try {
    if (!(await isFolder(run))) {
      await disk.mkdir(run);
      await syncFolder(dirname(run), disk as typeof fs);
    }
    await disk.rm(partial, { recursive: true, force: true });
    await disk.mkdir(partial);
    try {
      for (const [file, parts] of Object.entries(files)) await writeWhole(disk, join(partial, file), parts);
      const entries = Object.entries(files).map(([file, parts]) => [file, entryOf(parts)] as const);
      await writeWhole(disk, join(partial, MANIFEST), [manifestText(Object.fromEntries(entries))]);
      await syncFolder(partial, disk as typeof fs);
      // A damaged one of the same step, which was passed over when the run went on.
      if (await isFolder(join(run, name))) await remove(disk, run, name);
      await disk.rename(partial, join(run, name));
    } catch (error) {
      await disk.rm(partial, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
    await syncFolder(run, disk as typeof fs);
    await rotate(run, step, keep, disk);
  } catch (error) {
    throw toFileError(error, join(run, name), 'write');
  }
}

/** Removes all but the newest `keep` up to `step`, those of later steps, which were passed over, and what dead processes left. */
async function rotate(run: string, step: number, keep: number, disk: CheckpointDisk): Promise<void> {
  const steps = await checkpointSteps(run, disk);
  const past = steps.filter((each) => each <= step);
  const gone = [...past.slice(Math.max(1, keep)), ...steps.filter((each) => each > step)];
  for (const each of gone) await remove(disk, run, checkpointName(each));
  for (const name of await disk.readdir(run)) {
    if (CHECKPOINT_LEFTOVER.test(name)) await disk.rm(join(run, name), { recursive: true, force: true });
  }
}

/** Under another name first: a checkpoint is there with all its files or not at all. */
async function remove(disk: CheckpointDisk, run: string, name: string): Promise<void> {
  const removed = join(run, `.${name}.removed`);
  await disk.rm(removed, { recursive: true, force: true });
  await disk.rename(join(run, name), removed);
  await disk.rm(removed, { recursive: true, force: true });
}

async function writeWhole(disk: CheckpointDisk, path: string, parts: Parts): Promise<void> {
  const handle = await disk.open(path, 'wx');
  try {
    for (const part of parts) {
      await writeAll(handle, typeof part === 'string' ? new TextEncoder().encode(part) : part);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What is wrong with a checkpoint, as `model.safetensors is missing`; `undefined` where nothing is. */
export async function checkpointFault(run: string, step: number): Promise<string | undefined> {
  const checked = await checkFiles(join(run, checkpointName(step)));
  if (!checked) return `${MANIFEST} is missing or damaged`;
  const bad = checked.find(({ fault }) => fault !== undefined);
  return bad && `${bad.name} ${bad.fault!}`;
}

/** The command whose run a checkpoint is of, for messages. */
export async function commandOf(folder: string): Promise<string> {
  const record = await readJson(join(folder, RECORD_FILE)).catch(() => undefined);
  const command = isObject(record) ? record['command'] : undefined;
  return typeof command === 'string' && /^[a-z]+$/.test(command) ? command : 'train';
}
