/** @file Who owns a file that is in use: a name that tells later whether its process is dead. */

import { createHash, randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { isAlive, startOf } from './alive.js';

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Names given out by this process, to tell them from those of an earlier process with our id, as in containers. */
const given = new Set<string>();

/**
 * A name of this process that nobody else has, such as `1f0c9a52-4711-88213-9d3e01ab`: the machine, the process, when it was
 * started (where the system says so), and which of its names.
 */
export function newOwner(): string {
  const start = startOf(pid);
  const parts = [HOST, pid, ...(start === undefined ? [] : [start]), randomBytes(4).toString('hex')];
  const owner = parts.join('-');
  given.add(owner);
  return owner;
}

/** Says that nothing is in use under that name any more. */
export function dropOwner(owner: string): void {
  given.delete(owner);
}

/** What an owner's name looks like, for finding it within another. */
export const OWNER = /[0-9a-f]{8}-\d+-(?:\d+-)?[0-9a-f]{8}/;

/** Who that is, for a person. */
export function told(owner: string): string {
  const [host, process] = owner.split('-');
  return `process ${process}${host === HOST ? '' : ' of another machine'}`;
}

/**
 * Whether the owner of a file is gone: its process is dead, or, where that can't be seen as it ran on another machine, it
 * has not touched the file for `silent` milliseconds.
 */
export async function isAbandoned(path: string, owner: string, silent: number): Promise<boolean> {
  const [host, process, ...rest] = owner.split('-') as [string, string, ...string[]];
  if (host === HOST) return isGone(owner, Number(process), rest.length === 2 ? rest[0] : undefined);
  const { mtimeMs } = await lstat(path);
  return Math.abs(Date.now() - mtimeMs) > silent; // ahead of us: one of the clocks was set
}

function isGone(owner: string, process: number, start: string | undefined): boolean {
  if (process === pid) return !given.has(owner);
  if (!isAlive(process)) return true;
  // An id is given again: it is the same process if it was started at the same time.
  const now = startOf(process);
  return start !== undefined && now !== undefined && now !== start;
}
