/** @file One process at a time. The lock of a process that died is taken over. */

import { lstat, mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileError } from '../util/errors.js';
import { codeOf, toFileError } from './errors.js';
import { dropOwner, isAbandoned, newOwner, OWNER } from './owner.js';

/** A holder on another machine is taken for dead after so long without a sign. */
const SILENT_MS = 60_000;
const SIGN_MS = 10_000;
const POLL_MS = 100;
const NOBODY = '00000000-0-00000000';

export interface LockOptions {
  /** Called once, when another process has the lock. */
  readonly onWait?: () => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other process runs work under the same lock. It saves work that others do already; nothing may be
 * lost or spoilt where two run after all, as file systems differ and clocks are set.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { onWait, signal }: LockOptions = {},
): Promise<T> {
  const owner = newOwner();
  try {
    await mkdir(dirname(path), { recursive: true });
    for (let waited = false; !(await take(path, owner)); waited = true) {
      if (!waited) onWait?.();
      await sleep(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    dropOwner(owner);
    signal?.throwIfAborted();
    throw toFileError(error, path, 'write');
  }
  const sign = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, SIGN_MS);
  sign.unref();
  try {
    return await work();
  } finally {
    clearInterval(sign);
    if ((await holderOf(path)) === owner) await rm(path, { force: true });
    dropOwner(owner);
  }
}

async function take(path: string, owner: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(owner).finally(() => handle.close());
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  try {
    const holder = await holderOf(path);
    if (holder === undefined || !(await isAbandoned(path, holder, SILENT_MS))) return false;
    // Of several that see the dead lock one gets to rename it.
    await rename(path, `${path}.${owner}`);
    await rm(`${path}.${owner}`, { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error; // it was given back meanwhile
  }
  return false;
}

/** `undefined` when it is gone; of a lock that can't be read, or is being made, a holder that nobody is. */
async function holderOf(path: string): Promise<string | undefined> {
  try {
    const there = await lstat(path);
    if (there.isSymbolicLink()) return NOBODY; // it may lead nowhere
    if (!there.isFile()) throw new FileError(`${path} is no file, expected one: remove it`);
    return OWNER.exec(await readFile(path, 'utf8'))?.[0] ?? NOBODY;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
