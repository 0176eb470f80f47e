/** Disks on which things go wrong: one that fails at a call, and one that remembers what power loss would leave. */
import * as fs from 'node:fs/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { CheckpointDisk } from '../../../src/files/checkpoint-folder.js';
import { systemError } from '../../files/temp.js';

/** What goes wrong at a call. `crash before` and `crash after`: nothing works from there on, as the process is dead. */
export const FAULTS = ['crash before', 'crash after', 'ENOSPC', 'EIO', 'EROFS', 'short write'] as const;
export type Fault = (typeof FAULTS)[number];

/** The disk as it is, but for the call of this number, counted from 1. `calls` says how many there were. */
export function failingDisk(at: number, fault: Fault): CheckpointDisk & { readonly calls: () => number } {
  let calls = 0;
  let dead = false;
  /** @param undo what the system does for who dies right after it */
  const call = async <T>(work: () => Promise<T>, undo?: (result: T) => Promise<void>): Promise<T> => {
    if (dead) throw systemError('EPIPE');
    const isIt = ++calls === at;
    if (isIt && fault === 'crash before') dead = true;
    if (dead) throw systemError('EPIPE');
    if (isIt && fault.startsWith('E')) throw systemError(fault);
    const result = await work();
    if (isIt && fault === 'crash after') {
      dead = true;
      await undo?.(result);
      throw systemError('EPIPE');
    }
    return result;
  };
  return {
    calls: () => calls,
    open: (path, flags) =>
      call(
        () => fs.open(path, flags),
        (handle) => handle.close(),
      ).then((handle) => {
        return {
          write: (bytes, offset, length) => {
            const isShort = calls + 1 === at && fault === 'short write';
            return call(() => handle.write(bytes, offset, isShort ? Math.ceil(length / 2) : length));
          },
          sync: () => call(() => handle.sync()),
          // The system closes the files of who dies.
          close: () => call(() => handle.close()).finally(() => handle.close().catch(() => undefined)),
        };
      }),
    rename: (from, to) => call(() => fs.rename(from, to)),
    rm: (path, options) => call(() => fs.rm(path, options)),
    mkdir: (path) => call(() => fs.mkdir(path)),
    readdir: (path) => call(() => fs.readdir(path)),
  };
}

type Call =
  | { readonly what: 'mkdir' | 'rm'; readonly path: string }
  | { readonly what: 'create'; readonly path: string; readonly file: number }
  | { readonly what: 'write'; readonly file: number; readonly bytes: Uint8Array }
  | { readonly what: 'sync file'; readonly file: number }
  | { readonly what: 'sync folder'; readonly path: string }
  | { readonly what: 'rename'; readonly path: string; readonly to: string };

/** A disk that writes down each call, beneath `root`. */
export function recordingDisk(root: string): CheckpointDisk & { readonly log: Call[] } {
  const log: Call[] = [];
  const name = (path: string): string => relative(root, path);
  let files = 0;
  return {
    log,
    async open(path, flags) {
      const handle = await fs.open(path, flags);
      const file = ++files;
      if (flags === 'wx') log.push({ what: 'create', path: name(path), file });
      return {
        async write(bytes, offset, length) {
          log.push({ what: 'write', file, bytes: bytes.slice(offset, offset + length) });
          return handle.write(bytes, offset, length);
        },
        async sync() {
          log.push(flags === 'wx' ? { what: 'sync file', file } : { what: 'sync folder', path: name(path) });
          await handle.sync();
        },
        close: () => handle.close(),
      };
    },
    async rename(from, to) {
      log.push({ what: 'rename', path: name(from), to: name(to) });
      await fs.rename(from, to);
    },
    async rm(path, options) {
      log.push({ what: 'rm', path: name(path) });
      await fs.rm(path, options);
    },
    async mkdir(path) {
      log.push({ what: 'mkdir', path: name(path) });
      await fs.mkdir(path);
    },
    readdir: (path) => fs.readdir(path),
  };
}

/**
 * Writes into `folder` what power loss after the first `count` calls may leave: names that no sync of their folder has made
 * durable are there or not, each for itself, so also in another order; of bytes that were not synced there is a part, or
 * zeros. Whatever was synced is there.
 */
export function afterPowerLoss(
  log: readonly Call[],
  count: number,
  folder: string,
  random: () => number,
): void {
  const done = log.slice(0, count);
  const isDurable = (index: number, ...paths: string[]): boolean =>
    paths.every((path) =>
      done.some(
        (call, i) =>
          i > index &&
          call.what === 'sync folder' &&
          call.path === (dirname(path) === '.' ? '' : dirname(path)),
      ),
    );
  const names = new Map<string, number | 'folder'>();
  const below = (path: string): string[] => [...names.keys()].filter((each) => each.startsWith(`${path}/`));
  done.forEach((call, index) => {
    if (call.what === 'mkdir' || call.what === 'create') {
      if (!isDurable(index, call.path) && random() < 0.5) return;
      if (dirname(call.path) !== '.' && !names.has(dirname(call.path))) return;
      names.set(call.path, 'file' in call ? call.file : 'folder');
    } else if (call.what === 'rename') {
      if ((!isDurable(index, call.path, call.to) && random() < 0.5) || !names.has(call.path)) return;
      for (const each of [call.path, ...below(call.path)]) {
        names.set(call.to + each.slice(call.path.length), names.get(each)!);
        names.delete(each);
      }
    } else if (call.what === 'rm') {
      // Some of its files may be gone and others not.
      const all = isDurable(index, call.path);
      for (const each of [...below(call.path), call.path]) if (all || random() < 0.5) names.delete(each);
    }
  });
  for (const [path, file] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (path.split('/').length > 1 && names.get(dirname(path)) !== 'folder') continue;
    if (file === 'folder') mkdirSync(join(folder, path));
    else writeFileSync(join(folder, path), bytesLeft(done, file, random));
  }
}

function bytesLeft(done: readonly Call[], file: number, random: () => number): Uint8Array {
  const synced = done.findLastIndex((call) => call.what === 'sync file' && call.file === file);
  const bytes = (from: number, to: number): Uint8Array =>
    Buffer.concat(
      done
        .slice(from, to)
        .flatMap((call) => (call.what === 'write' && call.file === file ? [call.bytes] : [])),
    );
  const safe = bytes(0, synced + 1);
  const unsafe = Uint8Array.from(bytes(synced + 1, done.length));
  const kept = unsafe.subarray(0, Math.floor(random() * (unsafe.length + 1)));
  if (random() < 0.3) kept.fill(0);
  return Buffer.concat([safe, kept]);
}
