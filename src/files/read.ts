/** @file Reading files, whole, in ranges or as a stream, with errors that name the file and the fix. */

import { createReadStream, type Stats } from 'node:fs';
import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stdin } from 'node:process';
import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { distance } from 'fastest-levenshtein';
import { FileError, messageOf } from '../util/errors.js';
import { mistakenFor } from '../util/mistaken.js';
import { isDeeperThan, MOST_LEVELS } from '../util/objects.js';
import { codeOf, toFileError } from './errors.js';
import { jsonFaultOffset, lineAndColumn } from './json-position.js';

/** A read larger than this is done in several: the system's limit is 2^31 - 1. */
const MAX_READ = 2 ** 30;
const STREAM_CHUNK = 256 * 1024;

/** A pipe that whoever called us opened, as the shell does for `--config <(...)`: there is somebody at its other end. */
const GIVEN_PIPE = /^\/(?:dev|proc\/self)\/fd\/\d+$/;

/**
 * Refuses what can't be read as a file is, before it is opened: to open a pipe waits for somebody who may never come, and a
 * device may have no end.
 */
async function requireFile(path: string): Promise<void> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    throw await readError(error, path);
  }
  if (found.isFile() || (found.isFIFO() && GIVEN_PIPE.test(path))) return;
  const kinds = { folder: found.isDirectory(), pipe: found.isFIFO(), socket: found.isSocket(), device: true };
  const [kind] = Object.entries(kinds).find(([, is]) => is)!;
  throw new FileError(`${path} is a ${kind}, expected a file`);
}

/** The bytes of a file. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  await requireFile(path);
  try {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    throw await readError(error, path);
  }
}

/** The text of a UTF-8 file, without a byte order mark. */
export async function readText(path: string): Promise<string> {
  const bytes = await readFileBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileError(`${path} is not UTF-8 text: save it as UTF-8`, { cause });
  }
}

/** The value in a JSON file. A byte order mark is allowed, as editors on Windows write one. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text.trim() === '') throw new FileError(`${path} is empty: expected JSON`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const other = mistakenFor(text);
    if (other !== undefined) throw new FileError(`${path} ${other}`, { cause });
    const where = lineAndColumn(text, jsonFaultOffset(text));
    throw new FileError(`${path} is not valid JSON at ${where}: correct it there (${messageOf(cause)})`, {
      cause,
    });
  }
  if (!isDeeperThan(value, MOST_LEVELS)) return value;
  throw new FileError(
    `${path} has lists or objects within each other more than ${MOST_LEVELS} deep: it is damaged, or made to do harm`,
  );
}

/** An open file whose size is known. */
export interface OpenFile {
  /** In bytes. */
  readonly size: number;
  /** The bytes from `start` up to, not including, `end`: all of them, or an error. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Fills `bytes` from `start` on: all of them, or an error. */
  readInto(start: number, bytes: Uint8Array): Promise<void>;
}

/** Opens a file, lets `use` read ranges of it, and closes it whatever happens. */
export async function withOpenFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const { handle, size } = await openForReading(path);
  try {
    const readInto = (start: number, bytes: Uint8Array): Promise<void> => fill(handle, bytes, start, path);
    return await use({
      size,
      readInto,
      read: async (start, end) => {
        const bytes = new Uint8Array(end - start);
        await readInto(start, bytes);
        return bytes;
      },
    });
  } finally {
    await handle.close();
  }
}

async function openForReading(path: string): Promise<{ handle: FileHandle; size: number }> {
  await requireFile(path);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    return { handle, size: (await handle.stat()).size };
  } catch (error) {
    await handle?.close();
    throw await readError(error, path);
  }
}

async function fill(handle: FileHandle, bytes: Uint8Array, start: number, path: string): Promise<void> {
  try {
    await readFully(handle, bytes, start, path);
  } catch (error) {
    throw toFileError(error, path, 'read');
  }
}

/** The part of a file handle that reading takes. */
export interface ReadableHandle {
  read(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/** Fills `bytes` from a place in a file; one read may give less than was asked for. Exported for its test. */
export async function readFully(
  handle: ReadableHandle,
  bytes: Uint8Array,
  start: number,
  path: string,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, MAX_READ);
    const { bytesRead } = await handle.read(bytes, done, length, start + done);
    if (bytesRead === 0) {
      throw new FileError(
        `${path} ends at byte ${start + done}, expected ${start + bytes.length}: is it still being written?`,
      );
    }
    done += bytesRead;
  }
}

/**
 * A file's bytes, piece by piece.
 *
 * @param options.gunzip Unpack gzip on the way. @default whether the name ends in `.gz`
 */
export async function* openBytes(
  path: string,
  options: { readonly gunzip?: boolean } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = options.gunzip ?? path.toLowerCase().endsWith('.gz');
  await requireFile(path);
  const file = createReadStream(path, { highWaterMark: STREAM_CHUNK });
  // An error reaches the loop below by the last stream; the callback is only there because one is required.
  const bytes: Readable = gunzip
    ? pipeline(file, createGunzip({ chunkSize: STREAM_CHUNK }), () => undefined)
    : file;
  try {
    for await (const chunk of bytes) yield asBytes(chunk as Buffer);
  } catch (error) {
    if (codeOf(error)?.startsWith('Z_') === true) {
      throw new FileError(`${path} is damaged or cut: it is no complete gzip file (${messageOf(error)})`, {
        cause: error,
      });
    }
    throw await readError(error, path);
  } finally {
    file.destroy();
  }
}

/** Standard input's bytes, piece by piece, until the signal: whoever types may never end it. */
export async function* openStdin(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (signal) addAbortSignal(signal, stdin);
    for await (const chunk of stdin) yield asBytes(chunk as Buffer);
  } catch (error) {
    signal?.throwIfAborted();
    throw toFileError(error, 'standard input', 'read');
  }
}

function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Whether there is something at a path, whatever it is. */
export async function exists(path: string): Promise<boolean> {
  return (await statOf(path)) !== undefined;
}

/** Whether a path leads to a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false;
}

/** The names in a folder, sorted. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR')
      throw new FileError(`${path} is a file, expected a folder`, { cause: error });
    if (codeOf(error) === 'ENOENT') throw await missing(path, 'folder', error);
    throw toFileError(error, path, 'read');
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw toFileError(error, path, 'read');
  }
}

/** The error for a file that couldn't be read; for a missing one with the name that was perhaps meant. */
async function readError(error: unknown, path: string): Promise<Error> {
  const code = codeOf(error);
  if (code === 'ENOENT') return missing(path, 'file', error);
  return toFileError(error, path, 'read');
}

async function missing(path: string, kind: 'file' | 'folder', cause: unknown): Promise<FileError> {
  const folder = dirname(path);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return new FileError(`no such ${kind}: ${path} (nor is there a folder ${folder})`, { cause });
  }
  const near = nearest(basename(path), names);
  const hint = near === undefined ? '' : `; did you mean ${join(folder, near)}?`;
  return new FileError(`no such ${kind}: ${path}${hint}`, { cause });
}

/** The name that a mistyped one may stand for: a third of its letters may be wrong. */
function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(Math.max(name.length, 3) / 3) + 1;
  for (const other of names) {
    const d = distance(name.toLowerCase(), other.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [other, d];
  }
  return best;
}
