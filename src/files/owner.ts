/** @file Who owns a file that is in use: a name that tells later whether its process is dead. */

import { createHash, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { isAlive } from './alive.js';

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Names given out by this process, to tell them from those of an earlier process with our id, as in containers. */
const given = new Set<string>();

/** A name of this process that nobody else has, such as `1f0c9a52-4711-9d3e01`. */
export function newOwner(): string {
  const owner = `${HOST}-${pid}-${randomBytes(4).toString('hex')}`;
  given.add(owner);
  return owner;
}

/** Says that nothing is in use under that name any more. */
export function dropOwner(owner: string): void {
  given.delete(owner);
}

/** What an owner's name looks like, for finding it within another. */
export const OWNER = /[0-9a-f]{8}-\d+-[0-9a-f]{8}/;

/**
 * Whether the owner of a file is gone: its process is dead, or, where that can't be seen as it ran on another machine, it
 * has not touched the file for `silent` milliseconds.
 */
export async function isAbandoned(path: string, owner: string, silent: number): Promise<boolean> {
  const [host, process] = owner.split('-') as [string, string];
  if (host === HOST) return Number(process) === pid ? !given.has(owner) : !isAlive(Number(process));
  const { mtimeMs } = await stat(path);
  return Math.abs(Date.now() - mtimeMs) > silent; // ahead of us: one of the clocks was set
}
