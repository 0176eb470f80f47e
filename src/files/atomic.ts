/**
 * @file Writing a file so that its name always leads to the whole old or the whole new content, through crashes and
 * full disks: sibling temp file, every byte, fsync, rename, fsync of the folder.
 */

import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pid, platform } from 'node:process';
import { FileError } from '../util/errors.js';
import { codeOf, toFileError } from './errors.js';

/** What can be written: text (as UTF-8), the bytes of a typed array, or several of them one after another. */
export type Writable = string | ArrayBufferView | Iterable<ArrayBufferView> | AsyncIterable<ArrayBufferView>;

/** The calls that writing makes; tests pass a disk on which one of them fails. */
export type Disk = Pick<typeof fs, 'open' | 'rename' | 'rm' | 'stat' | 'realpath'>;

/** The part of a file handle that writing takes. */
export interface WritableHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
}

/** A write larger than this is done in several: the system's limit is 2^31 - 1. */
const MAX_WRITE = 2 ** 30;

let written = 0;

/**
 * Writes a file atomically. On any failure the old file, if there is one, is untouched and nothing is left beside it.
 * A symbolic link stays one: the file that it leads to is replaced. A device such as /dev/null is written to as it is.
 *
 * @param options.shownAs What to call the file in an error. @default its path
 */
export async function writeFileAtomic(
  path: string,
  data: Writable,
  options: { readonly shownAs?: string; readonly disk?: Disk } = {},
): Promise<void> {
  const { shownAs = path, disk = fs } = options;
  try {
    const found = await statIfThere(disk, path);
    if (found?.isDirectory() === true)
      throw new FileError(`cannot write ${shownAs}: it is a folder, a file is needed`);
    if (found && !found.isFile()) await writeInPlace(disk, path, data);
    else await replaceFile(disk, found ? await disk.realpath(path) : path, data, found?.mode);
  } catch (error) {
    throw toFileError(error, shownAs, 'write');
  }
}

/** Makes a folder, and those above it, where there is none. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (error) {
    throw toFileError(error, path, 'write');
  }
}

async function replaceFile(disk: Disk, path: string, data: Writable, mode = 0o666): Promise<void> {
  // The name doesn't hold the file's own, which may be as long as a name can be.
  const temp = join(dirname(path), `.bertune-${pid}-${++written}.tmp`);
  const handle = await disk.open(temp, 'wx', mode & 0o777);
  try {
    try {
      await writeData(handle, data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await disk.rename(temp, path);
  } catch (error) {
    // The first error is the one to report, whether or not the temp file can be removed.
    await disk.rm(temp, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path), disk);
}

/** Devices and pipes hold no old content to protect, and must not be replaced by a file. */
async function writeInPlace(disk: Disk, path: string, data: Writable): Promise<void> {
  const handle = await disk.open(path, constants.O_WRONLY);
  try {
    await writeData(handle, data);
  } finally {
    await handle.close();
  }
}

async function statIfThere(disk: Disk, path: string) {
  try {
    return await disk.stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeData(handle: WritableHandle, data: Writable): Promise<void> {
  if (typeof data === 'string') return writeAll(handle, new TextEncoder().encode(data));
  // Asked first, as a typed array is an iterable too: of its numbers.
  if (ArrayBuffer.isView(data)) return writeAll(handle, data);
  for await (const part of data) await writeAll(handle, part);
}

/**
 * Writes every byte of a typed array. The system may write fewer than it was given (a nearly full disk, a signal), so
 * one call is not enough. Exported for its test.
 */
export async function writeAll(handle: WritableHandle, data: ArrayBufferView): Promise<void> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, MAX_WRITE));
    if (bytesWritten <= 0) {
      throw Object.assign(new Error(`the system wrote ${done} of ${bytes.length} bytes`), { code: 'ENOSPC' });
    }
    done += bytesWritten;
  }
}

/** Makes the names in a folder durable: without it a power cut can undo a rename. */
export async function syncFolder(path: string, disk: Pick<Disk, 'open'> = fs): Promise<void> {
  if (platform === 'win32') return; // Windows has no such call and needs none.
  const handle = await disk.open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network and FUSE file systems have no fsync for folders.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
