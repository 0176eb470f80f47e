/**
 * @file A file that arrives in pieces, its hash computed on the way. Each process writes its own; what a dead one left is
 * taken over and continued.
 */

import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeAll } from './atomic.js';
import { toFileError } from './errors.js';
import { dropOwner, isAbandoned, newOwner, OWNER } from './owner.js';
import { openBytes } from './read.js';

/** What a content is known by: `sha256` of its bytes, or `git-sha1` of them after Git's header for a blob. */
export type ContentHash = 'sha256' | 'git-sha1';

/** What is expected. */
export interface Content {
  readonly size: number;
  readonly algorithm: ContentHash;
  /** In hexadecimal. */
  readonly hash: string;
}

/** A writer on another machine is taken for dead after so long without a new byte. */
const SILENT_MS = 10 * 60_000;

export class PartialFile {
  private constructor(
    private readonly path: string,
    private readonly owner: string,
    private readonly handle: fs.FileHandle,
    private readonly content: Content,
    private hash: Hash,
    /** Bytes so far. */
    private written: number,
  ) {}

  /** Continues what a dead process left in the folder of this content, or begins. */
  static async open(folder: string, content: Content): Promise<PartialFile> {
    const owner = newOwner();
    const path = join(folder, `${content.hash}.${owner}.incomplete`);
    try {
      await fs.mkdir(folder, { recursive: true });
      const adopted = await adopt(folder, content, path);
      const handle = await fs.open(path, adopted ? 'r+' : 'wx+');
      const file = new PartialFile(path, owner, handle, content, startHash(content), 0);
      if (adopted) await file.readWhatIsThere();
      return file;
    } catch (error) {
      dropOwner(owner);
      throw toFileError(error, path, 'write');
    }
  }

  get length(): number {
    return this.written;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const from = this.written;
    try {
      // Where each write goes is said, as a restart doesn't move the handle's own position back.
      const write = (part: Uint8Array, offset: number, length: number) =>
        this.handle.write(part, offset, length, from + offset);
      await writeAll({ write }, bytes);
    } catch (error) {
      throw toFileError(error, this.path, 'write');
    }
    this.hash.update(bytes);
    this.written += bytes.length;
  }

  /** Throws all bytes away. */
  async restart(): Promise<void> {
    try {
      await this.handle.truncate(0);
    } catch (error) {
      throw toFileError(error, this.path, 'write');
    }
    this.hash = startHash(this.content);
    this.written = 0;
  }

  /** Whether all bytes are there; then `hashSoFar` is that of the whole. */
  isWhole(): boolean {
    return this.written === this.content.size;
  }

  hashSoFar(): string {
    return this.hash.copy().digest('hex');
  }

  /** Makes it durable under its final name. */
  async commit(target: string): Promise<void> {
    try {
      await this.handle.sync();
      await this.handle.close();
      await fs.rename(this.path, target);
      await syncFolder(dirname(target));
    } catch (error) {
      throw toFileError(error, target, 'write');
    } finally {
      dropOwner(this.owner);
    }
  }

  /** Closes it; what is there stays, for whoever continues. */
  async leave(): Promise<void> {
    await this.handle.close();
    if (this.written === 0) await fs.rm(this.path, { force: true });
    dropOwner(this.owner);
  }

  private async readWhatIsThere(): Promise<void> {
    const { size } = await this.handle.stat();
    if (size > this.content.size) {
      await this.restart();
      return;
    }
    for await (const block of openBytes(this.path, { gunzip: false })) this.hash.update(block);
    this.written = size;
  }
}

function startHash({ algorithm, size }: Content): Hash {
  if (algorithm === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${size}\0`);
}

/** Takes over the largest of the files that dead processes left of a content, and removes the others. */
async function adopt(folder: string, { hash }: Content, path: string): Promise<boolean> {
  const left: { path: string; size: number }[] = [];
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(`${hash}.`) || !name.endsWith('.incomplete')) continue;
    const owner = OWNER.exec(name.slice(hash.length))?.[0];
    const found = join(folder, name);
    if (owner === undefined || !(await isAbandoned(found, owner, SILENT_MS))) continue;
    const there = await fs.lstat(found);
    if (there.isFile()) left.push({ path: found, size: there.size }); // no link: it may lead anywhere
  }
  const [largest, ...others] = left.sort((a, b) => b.size - a.size);
  for (const other of others) await fs.rm(other.path, { force: true });
  if (!largest) return false;
  await fs.rename(largest.path, path);
  return true;
}
