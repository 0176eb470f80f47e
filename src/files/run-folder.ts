/**
 * @file A run's folder, which appears whole or not at all: its files are written into a hidden sibling, which is
 * renamed into place when all are complete. So a failed or interrupted run leaves an earlier one as it was.
 */

import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { cwd, pid } from 'node:process';
import { FileError, InternalError, messageOf } from '../util/errors.js';
import { RUN_MARK } from '../util/run-mark.js';
import { syncFolder, writeFileAtomic, type Writable } from './atomic.js';
import {
  CHECKPOINT,
  CHECKPOINT_LEFTOVER,
  checkpointName,
  commandOf,
  writeCheckpoint,
  type Parts,
} from './checkpoint-folder.js';
import { Claim, resolvePlace } from './claim.js';
import { removeEmptyFolders } from './empty-folders.js';
import { toFileError } from './errors.js';
import { MANIFEST, writeManifest } from './manifest.js';
import { exists, isFolder, openBytes } from './read.js';

export { RUN_MARK };
/** The only folders that a run, or an export of it, may hold; one with others is somebody's project and is never replaced. */
const isRunSubfolder = (name: string): boolean =>
  name === 'onnx' || CHECKPOINT.test(name) || CHECKPOINT_LEFTOVER.test(name);

/** The calls that moving folders makes; tests pass a disk on which one of them fails. */
export type FolderDisk = Pick<typeof fs, 'rename' | 'rm' | 'rmdir' | 'open'>;

/** How to make a run's folder. */
export interface RunFolderOptions {
  /** Replace an earlier run of bertune. @default false */
  readonly force?: boolean;
  /** Go on with the unfinished run whose checkpoints are there. @default false */
  readonly resume?: boolean;
  readonly disk?: FolderDisk;
}

/**
 * A run's folder while it is being written.
 *
 * ```ts
 * const run = await RunFolder.create('runs/imdb', { force: true });
 * try {
 *   await run.write('config.json', text);
 *   await run.commit(); // only now does runs/imdb change
 * } finally {
 *   await run.discard(); // does nothing after a commit
 * }
 * ```
 */
export class RunFolder {
  private done = false;
  /** Names of the files that were written, for the manifest. */
  private readonly names = new Set<string>();

  private constructor(
    /** Where the run will be, as it was given. */
    readonly path: string,
    /** `path` in full, symbolic links followed. */
    private readonly target: string,
    private readonly claim: Claim,
    private readonly force: boolean,
    /** Whether checkpoints at the target are of this run. */
    private ownsCheckpoints: boolean,
    private readonly disk: FolderDisk,
    /** The topmost of the folders that had to be made to hold the run, if any. */
    private readonly madeParent: string | undefined,
  ) {}

  private get partial(): string {
    return this.claim.folder;
  }

  /**
   * Checks that a run can be saved at `path`, before hours are spent on it, and opens a hidden folder beside it.
   * Nothing at `path` itself changes until `commit`. Leftovers of dead processes are cleared away.
   */
  static async create(path: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    const { force = false, resume = false, disk = fs } = options;
    try {
      const target = await resolvePlace(path);
      refuseOwnGround(path, target);
      await refuseMountPoint(path, target);
      const madeParent = await fs.mkdir(dirname(target), { recursive: true });
      const check = (): Promise<void> => refuseUnlessReplaceable(path, target, force || resume);
      const claim = await Claim.take(path, target, { check, disk });
      const run = new RunFolder(path, target, claim, force, resume, disk, madeParent);
      try {
        await run.probe();
      } catch (error) {
        await run.discard().catch(() => undefined);
        throw error;
      }
      return run;
    } catch (error) {
      throw toFileError(error, path, 'write');
    }
  }

  /** Refuses, before hours are spent, a disk that has less free space than the run will need. */
  async requireSpace(bytes: number): Promise<void> {
    await refuseFullDisk(this.path, dirname(this.target), bytes);
  }

  /** Writes a file of the run, durably. `name` may hold a subfolder, such as `checkpoint-5/optimizer.safetensors`. */
  async write(name: string, data: Writable): Promise<void> {
    const inside = join(this.partial, name);
    if (this.done)
      throw new InternalError(`${name} written to ${this.path} after it was committed or discarded`);
    if (!inside.startsWith(this.partial + sep)) throw new InternalError(`${name} is not inside ${this.path}`);
    const shownAs = join(this.path, name);
    try {
      await fs.mkdir(dirname(inside), { recursive: true });
    } catch (error) {
      throw toFileError(error, shownAs, 'write');
    }
    await writeFileAtomic(inside, data, { shownAs });
    this.names.add(name);
  }

  /** Writes the manifest of all files so far: sizes and SHA-256, for `verifyRun`. */
  async writeManifest(): Promise<void> {
    try {
      await writeManifest(this.partial, [...this.names]);
    } catch (error) {
      throw toFileError(error, join(this.path, MANIFEST), 'write');
    }
  }

  /**
   * Writes a checkpoint to where the run will be, at once and durably, and removes all but the newest `keep`. Those of an
   * earlier run, which this one replaces, go when the first one stands.
   *
   * @returns its path
   */
  async writeCheckpoint(step: number, files: Readonly<Record<string, Parts>>, keep: number): Promise<string> {
    await writeCheckpoint(this.target, step, files, { keep: this.ownsCheckpoints ? keep : 1 });
    this.ownsCheckpoints = true;
    return join(this.path, checkpointName(step));
  }

  /** Copies a file of another folder into the run; says whether there was one. */
  async copyFrom(folder: string, name: string): Promise<boolean> {
    const source = join(folder, name);
    if (!(await exists(source))) return false;
    await this.write(name, openBytes(source, { gunzip: false }));
    return true;
  }

  /**
   * Puts the complete run in its place. An earlier run is moved aside first, back again on failure, and deleted last.
   * When the place can't be taken any more the finished run isn't lost: it is kept beside it, and the error says where.
   */
  async commit(): Promise<void> {
    if (this.done) throw new InternalError(`${this.path} was committed or discarded already`);
    const { aside } = this.claim;
    try {
      await syncFolder(this.partial, this.disk);
      // Asked again: what lies there may have changed while the run was going on.
      await refuseUnlessReplaceable(this.path, this.target, this.force || this.ownsCheckpoints);
      await this.moveIntoPlace(aside);
    } catch (error) {
      throw await this.keepBeside(error);
    }
    this.finish();
    await syncFolder(dirname(this.target), this.disk).catch((error: unknown) => {
      throw toFileError(error, this.path, 'write');
    });
    // The run is saved; should this fail, the next run at this place clears it away.
    await this.disk.rm(aside, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Removes what was written, leaving `path` as it was. Does nothing after a commit, or a second time. */
  async discard(): Promise<void> {
    if (this.done) return;
    this.finish();
    try {
      await this.disk.rm(this.partial, { recursive: true, force: true });
    } catch (error) {
      throw toFileError(error, this.partial, 'write');
    }
    await removeEmptyFolders(dirname(this.target), this.madeParent, this.disk);
  }

  /** Writes and removes a byte, as some file systems let a folder be made but nothing be written. */
  private async probe(): Promise<void> {
    await this.write('probe', 'x');
    await fs.rm(join(this.partial, 'probe'));
    this.names.delete('probe');
  }

  private async moveIntoPlace(aside: string): Promise<void> {
    const old = await isFolder(this.target);
    if (old) await this.disk.rename(this.target, aside);
    try {
      await this.disk.rename(this.partial, this.target);
    } catch (error) {
      if (old) await this.disk.rename(aside, this.target);
      throw error;
    }
  }

  private async keepBeside(error: unknown): Promise<Error> {
    const kept = join(dirname(this.target), `${basename(this.target)}.unsaved-${pid}`);
    const where = await this.disk.rename(this.partial, kept).then(
      () => kept,
      () => this.partial,
    );
    this.finish();
    const reason = messageOf(toFileError(error, this.path, 'write'));
    return new FileError(`${reason}. The finished run is kept in ${where}: move it where you want it`, {
      cause: error,
    });
  }

  private finish(): void {
    this.done = true;
    this.claim.end();
  }
}

/** Refuses the folders that a person lives in, whatever they hold. */
function refuseOwnGround(path: string, target: string): void {
  const holds = (place: string) => {
    const way = relative(target, place);
    return way.split(sep)[0] !== '..' && !isAbsolute(way);
  };
  if (holds(cwd()) || holds(homedir())) {
    throw new FileError(
      `${path} can't be a run's folder, as you are in it or live in it: choose a folder inside it`,
    );
  }
}

async function refuseUnlessReplaceable(path: string, target: string, force: boolean): Promise<void> {
  if (!(await exists(target))) return;
  if (!(await isFolder(target))) throw new FileError(`${path} is a file: choose another --out`);
  const entries = await fs.readdir(target, { withFileTypes: true });
  if (entries.length === 0) return;
  const checkpoint = entries.find((entry) => entry.isDirectory() && CHECKPOINT.test(entry.name));
  const isFinished = entries.some((entry) => entry.isFile() && entry.name === RUN_MARK);
  if (!isFinished && !entries.every((entry) => entry.isDirectory() && isRunSubfolder(entry.name))) {
    const some = entries.slice(0, 3).map((entry) => entry.name);
    throw new FileError(`${path} holds something else than a run (${some.join(', ')}): choose another --out`);
  }
  const foreign = entries.find((entry) => !entry.isFile() && !isRunSubfolder(entry.name));
  if (foreign) {
    throw new FileError(
      `${path} holds a run, but ${foreign.name} isn't part of it: move it, or choose another --out`,
    );
  }
  if (force) return;
  if (checkpoint) {
    throw new FileError(
      `${path} holds an unfinished run (${checkpoint.name}): go on with "bertune ${await commandOf(join(target, checkpoint.name))} --resume ${path}", or pass ` +
        `--force to begin anew`,
    );
  }
  throw new FileError(`${path} already holds a run: choose another --out or pass --force`);
}

/** A mount point can't be renamed; a folder inside it can. */
async function refuseMountPoint(path: string, target: string): Promise<void> {
  if (!(await exists(target))) return;
  const [own, parent] = await Promise.all([fs.stat(target), fs.stat(dirname(target))]);
  if (own.dev !== parent.dev) {
    throw new FileError(`${path} is a mount point: choose a folder inside it, such as ${join(path, 'run')}`);
  }
}

async function refuseFullDisk(path: string, folder: string, needBytes: number): Promise<void> {
  const { bavail, bsize } = await fs.statfs(folder);
  const free = bavail * bsize;
  if (free < needBytes) {
    throw new FileError(
      `not enough space for ${path}: ${megabytes(Math.floor(free / 1e6))} free, ${megabytes(Math.ceil(needBytes / 1e6))} needed: ` +
        'free some space or choose another --out',
    );
  }
}

function megabytes(count: number): string {
  return `${count.toLocaleString('en-US')} MB`;
}
