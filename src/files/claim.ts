/**
 * @file The right to write at a place, which one process has at a time: a hidden folder beside it with the name of its owner,
 * on the same file system, so that what is written there can be renamed into place.
 */

import * as fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError } from '../util/errors.js';
import { removeEmptyFolders } from './empty-folders.js';
import { codeOf, toFileError } from './errors.js';
import { dropOwner, isAbandoned, newOwner, OWNER, told } from './owner.js';
import { exists, isFolder } from './read.js';

/** The calls that are made; tests pass a disk on which one of them fails. */
export type ClaimDisk = Pick<typeof fs, 'rename' | 'rm'>;

/** An owner on another machine is taken for dead after so long without a sign. */
const SILENT_MS = 10 * 60_000;
const SIGN_MS = 30_000;

export class Claim {
  private constructor(
    private readonly target: string,
    private readonly owner: string,
    private readonly sign: NodeJS.Timeout,
  ) {}

  /**
   * Clears away what processes that died left beside the place, and makes a hidden folder there.
   *
   * @param path what the place is called by who asked for it
   * @param target the same in full, symbolic links followed
   * @param options.check refuses what lies at the place once leftovers are gone, before anything is made
   * @throws `FileError` where a process that lives has the place; of two that ask at once at most one gets it
   */
  static async take(
    path: string,
    target: string,
    { check, disk = fs }: { readonly check?: () => Promise<void>; readonly disk?: ClaimDisk } = {},
  ): Promise<Claim> {
    await clearLeftovers(path, target, disk);
    await check?.();
    const owner = newOwner();
    const folder = placeOf(target, 'partial', owner);
    try {
      await fs.mkdir(folder);
    } catch (error) {
      dropOwner(owner);
      throw error;
    }
    const sign = setInterval(() => {
      const now = new Date();
      fs.utimes(folder, now, now).catch(() => undefined);
    }, SIGN_MS);
    const claim = new Claim(target, owner, sign.unref());
    for (const beside of await besidesOf(target)) {
      if (beside.role !== 'partial' || beside.owner === owner || !(await isInUse(beside))) continue;
      claim.end();
      await disk.rm(folder, { recursive: true, force: true });
      throw takenBy(path, beside);
    }
    return claim;
  }

  /** The hidden folder. */
  get folder(): string {
    return placeOf(this.target, 'partial', this.owner);
  }

  /** Where what lies at the place is moved while it is replaced. */
  get aside(): string {
    return placeOf(this.target, 'replaced', this.owner);
  }

  /** Gives the place free; the hidden folder is the caller's to remove or to rename. */
  end(): void {
    clearInterval(this.sign);
    dropOwner(this.owner);
  }
}

/**
 * A place in full, symbolic links followed.
 *
 * @throws `FileError` for a link that leads nowhere: nothing can be renamed to where it leads
 */
export async function resolvePlace(path: string): Promise<string> {
  if (await exists(path)) return fs.realpath(path);
  const isLink = await fs.lstat(path).then(
    () => true,
    () => false,
  );
  if (!isLink) return resolve(path);
  throw new FileError(`${path} is a link that leads nowhere: remove it, or choose another --out`);
}

/**
 * Runs work that writes files into a folder while no other process, or run, writes at its place.
 *
 * @throws `FileError` where one does, or where the place can't be a folder
 */
export async function withFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  let claim: Claim;
  let made: string | undefined;
  try {
    const target = await resolvePlace(path);
    if ((await exists(target)) && !(await isFolder(target)))
      throw new FileError(`${path} is a file: choose another --out`);
    made = await fs.mkdir(dirname(target), { recursive: true });
    claim = await Claim.take(path, target);
  } catch (error) {
    throw toFileError(error, path, 'write');
  }
  try {
    return await work();
  } finally {
    claim.end();
    await fs.rm(claim.folder, { recursive: true, force: true });
    await removeEmptyFolders(dirname(claim.folder), made); // work that was refused leaves none
  }
}

/** A hidden folder beside a place. */
interface Beside {
  readonly place: string;
  readonly role: 'partial' | 'replaced';
  readonly owner: string;
  readonly isFolder: boolean;
}

function placeOf(target: string, role: Beside['role'], owner: string): string {
  return join(dirname(target), `.${basename(target)}.${role}-${owner}`);
}

const BESIDE = new RegExp(`^(partial|replaced)-(${OWNER.source})$`);

async function besidesOf(target: string): Promise<Beside[]> {
  const folder = dirname(target);
  const start = `.${basename(target)}.`;
  return (await fs.readdir(folder, { withFileTypes: true })).flatMap((entry) => {
    const found = entry.name.startsWith(start) && BESIDE.exec(entry.name.slice(start.length));
    if (!found) return [];
    const [, role, owner] = found as unknown as [string, Beside['role'], string];
    return { place: join(folder, entry.name), role, owner, isFolder: entry.isDirectory() };
  });
}

/** Replaced folders are put back where the process died between its two renames. */
async function clearLeftovers(path: string, target: string, disk: ClaimDisk): Promise<void> {
  for (const beside of await besidesOf(target)) {
    if (await isInUse(beside)) throw takenBy(path, beside);
    const isLost = beside.role === 'replaced' && beside.isFolder && !(await exists(target));
    if (isLost) await disk.rename(beside.place, target);
    else await disk.rm(beside.place, { recursive: true, force: true });
  }
}

async function isInUse({ place, owner }: Beside): Promise<boolean> {
  try {
    return !(await isAbandoned(place, owner, SILENT_MS));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false; // it ended meanwhile
    throw error;
  }
}

function takenBy(path: string, { owner, place }: Beside): FileError {
  return new FileError(
    `${path} is being written by another run (${told(owner)}): choose another --out; ` +
      `if there is no such run, delete ${place}`,
  );
}
