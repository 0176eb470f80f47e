/**
 * @file The cache that all of Hugging Face's libraries share: `models--org--name/` with `blobs/` by hash, `snapshots/` by
 * commit, which hold links to blobs, `refs/` that say a branch's commit, and `trees/`, what files a commit has.
 */

import * as fs from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { FileError, InternalError } from '../util/errors.js';
import { writeFileAtomic } from './atomic.js';
import { codeOf, toFileError } from './errors.js';
import { newOwner } from './owner.js';
import { exists, isFolder, listFolder, readJson, readText } from './read.js';

export type RepoKind = 'model' | 'dataset';

const COMMIT = /^[0-9a-f]{40}$/;

/** A commit of a repository, as far as it is in the cache. */
export interface CachedSnapshot {
  readonly commit: string;
  readonly refs: readonly string[];
  readonly bytes: number;
  /** The latest time that one of its files was read or written, as ISO 8601. */
  readonly lastUsed: string | undefined;
}

/** A repository's folder in the cache. Names are checked by whoever passes them; here is only made sure of it. */
export class CachedRepo {
  readonly folder: string;
  readonly #locks: string;

  constructor(root: string, kind: RepoKind, id: string) {
    const name = `${kind}s--${id.replaceAll('/', '--')}`;
    this.folder = join(root, name);
    this.#locks = join(root, '.locks', name);
  }

  get blobs(): string {
    return join(this.folder, 'blobs');
  }

  blob(hash: string): string {
    return inside(this.blobs, hash);
  }

  /** Ours lies beside Python's, which holds its by other means. */
  lock(hash: string): string {
    return inside(this.#locks, `${hash}.bertune.lock`);
  }

  snapshot(commit: string): string {
    return inside(join(this.folder, 'snapshots'), commit);
  }

  /** The commit that a branch or tag was when it was last asked for. */
  async readRef(revision: string): Promise<string | undefined> {
    const path = inside(join(this.folder, 'refs'), revision);
    if (!(await exists(path)) || (await isFolder(path))) return undefined;
    const commit = (await readText(path)).trim();
    return COMMIT.test(commit) ? commit : undefined;
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if ((await this.readRef(revision)) === commit) return;
    const path = inside(join(this.folder, 'refs'), revision);
    await this.#makeFolder(dirname(path));
    await writeFileAtomic(path, commit);
  }

  has(commit: string, name: string): Promise<boolean> {
    return exists(inside(this.snapshot(commit), name));
  }

  /** Puts a blob into a commit's folder under a file's name: as a link, or where there are none as a copy. */
  async link(commit: string, name: string, hash: string): Promise<void> {
    const path = inside(this.snapshot(commit), name);
    await this.#makeFolder(dirname(path));
    try {
      const temp = join(dirname(path), `.${newOwner()}.tmp`);
      try {
        await fs.symlink(relative(dirname(path), this.blob(hash)), temp);
      } catch (error) {
        // Windows lets only some users make links, and some file systems have none.
        if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(error) ?? '')) throw error;
        await fs.copyFile(this.blob(hash), temp);
      }
      await fs.rename(temp, path);
    } catch (error) {
      throw toFileError(error, path, 'write');
    }
  }

  /** The list of a commit's files as JSON, which never changes; `undefined` where nobody asked for it yet. */
  async readTree(commit: string): Promise<unknown> {
    const path = inside(join(this.folder, 'trees'), `${commit}.json`);
    if (!(await exists(path))) return undefined;
    // Damaged, it is asked for again.
    return readJson(path).catch(() => undefined);
  }

  async writeTree(commit: string, tree: object): Promise<void> {
    const path = inside(join(this.folder, 'trees'), `${commit}.json`);
    await this.#makeFolder(dirname(path));
    await writeFileAtomic(path, JSON.stringify(tree));
  }

  /** The files of a commit that are there, with `/` between folders. */
  async files(commit: string): Promise<string[]> {
    const folder = this.snapshot(commit);
    if (!(await exists(folder))) return [];
    const names = (await fs.readdir(folder, { recursive: true })).map((name) => name.split(sep).join('/'));
    const found: string[] = [];
    for (const name of names) if (!(await isFolder(join(folder, name)))) found.push(name);
    return found.sort();
  }

  /** The free space where it lies. */
  async freeBytes(): Promise<number> {
    await this.#makeFolder(this.blobs);
    const { bavail, bsize } = await fs.statfs(this.blobs);
    return bavail * bsize;
  }

  /** All commits that are there, and by which names. */
  async snapshots(): Promise<CachedSnapshot[]> {
    const folder = join(this.folder, 'snapshots');
    if (!(await isFolder(folder))) return [];
    const refs = await this.#refs();
    const found = [];
    for (const commit of await listFolder(folder)) {
      if (!COMMIT.test(commit)) continue;
      // A blob that two names lead to is there once.
      const blobs = new Map<string, number>();
      let used = 0;
      for (const name of await this.files(commit)) {
        const path = join(folder, commit, name);
        if (!(await exists(path))) continue; // a link whose blob was deleted
        const { size, atimeMs, mtimeMs } = await fs.stat(path);
        blobs.set(await fs.realpath(path), size);
        used = Math.max(used, atimeMs, mtimeMs);
      }
      const bytes = [...blobs.values()].reduce((sum, size) => sum + size, 0);
      const lastUsed = used === 0 ? undefined : new Date(used).toISOString();
      found.push({ commit, refs: refs.get(commit) ?? [], bytes, lastUsed });
    }
    return found;
  }

  /** Makes a folder of this repository. No link within it may lead elsewhere; that the whole lies elsewhere is fine. */
  async #makeFolder(path: string): Promise<void> {
    await makeFolder(this.folder);
    const root = await fs.realpath(this.folder);
    let place = this.folder;
    for (const part of relative(this.folder, path).split(sep)) {
      place = join(place, part);
      await makeFolder(place);
      if ((await fs.realpath(place)).startsWith(root + sep)) continue;
      throw new FileError(
        `${place} leads out of the cache by a link: nothing is written there. Remove the link.`,
      );
    }
  }

  async #refs(): Promise<Map<string, string[]>> {
    const folder = join(this.folder, 'refs');
    const byCommit = new Map<string, string[]>();
    if (!(await isFolder(folder))) return byCommit;
    for (const name of await fs.readdir(folder, { recursive: true })) {
      const revision = name.split(sep).join('/');
      const commit = await this.readRef(revision);
      if (commit !== undefined) byCommit.set(commit, [...(byCommit.get(commit) ?? []), revision]);
    }
    return byCommit;
  }
}

/** The ids of all repositories of a kind in the cache. */
export async function cachedIds(root: string, kind: RepoKind): Promise<string[]> {
  if (!(await isFolder(root))) return [];
  const start = `${kind}s--`;
  return (await listFolder(root))
    .filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length).replaceAll('--', '/'));
}

/** A place in a folder, and nowhere else. */
function inside(folder: string, name: string): string {
  const path = join(folder, name);
  if (!path.startsWith(folder + sep) || name.includes('\0')) {
    throw new InternalError(`${JSON.stringify(name)} is not inside ${folder}`);
  }
  return path;
}

async function makeFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (error) {
    throw toFileError(error, path, 'write');
  }
}
