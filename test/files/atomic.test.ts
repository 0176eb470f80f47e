import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeAll, writeFileAtomic, type Disk } from '../../src/files/atomic.js';
import { EXIT, FileError } from '../../src/util/errors.js';
import { failureOf, systemError, tempFolder } from './temp.js';

const read = (path: string) => readFileSync(path, 'utf8');

describe('writing every byte', () => {
  /** A handle that takes at most `most` bytes at a time, and none after `room`. */
  function shortHandle(most: number, room = Infinity) {
    const taken: number[] = [];
    const write = (bytes: Uint8Array, offset: number, length: number) => {
      const n = Math.min(most, length, room - taken.length);
      taken.push(...bytes.subarray(offset, offset + n));
      return Promise.resolve({ bytesWritten: n });
    };
    return { taken, write };
  }

  test('through short writes', async () => {
    const handle = shortHandle(3);
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);
    await writeAll(handle, bytes.subarray(2));
    expect(handle.taken).toEqual([...bytes.subarray(2)]);
  });

  test('of a Float32Array: its bytes, not as many bytes as it has numbers, and only its own part of the buffer', async () => {
    const handle = shortHandle(5);
    await writeAll(handle, new Float32Array([9, 1, 2, 9]).subarray(1, 3));
    expect(new Float32Array(Uint8Array.from(handle.taken).buffer)).toEqual(Float32Array.of(1, 2));
  });

  test('or failing, when the disk takes no more', async () => {
    const error = await failureOf(writeAll(shortHandle(4, 10), new Uint8Array(16)));
    expect(error).toMatchObject({ code: 'ENOSPC', message: 'the system wrote 10 of 16 bytes' });
  });
});

describe('a file', () => {
  test('is written from text, bytes, numbers, and lists and streams of them', async () => {
    const path = join(tempFolder(), 'f');
    await writeFileAtomic(path, 'é');
    expect(read(path)).toBe('é');
    await writeFileAtomic(path, Float32Array.of(1, 2, 3));
    expect(statSync(path).size).toBe(12);
    await writeFileAtomic(path, [Uint8Array.of(97), Uint8Array.of(98, 99)]);
    expect(read(path)).toBe('abc');
    async function* stream() {
      yield Uint8Array.of(97);
      await Promise.resolve();
      yield Uint8Array.of(98);
    }
    await writeFileAtomic(path, stream());
    expect(read(path)).toBe('ab');
    await writeFileAtomic(path, '');
    expect(read(path)).toBe('');
  });

  test('with the longest name there can be', async () => {
    const folder = tempFolder();
    await writeFileAtomic(join(folder, 'n'.repeat(255)), 'x');
    expect(readdirSync(folder)).toEqual(['n'.repeat(255)]);
  });

  test('behind a symbolic link is replaced, the link stays', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'real'), 'old');
    symlinkSync('real', join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'new');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(read(join(folder, 'real'))).toBe('new');
  });

  test('written by two at once is one of the two', async () => {
    const path = join(tempFolder(), 'f');
    await Promise.all(['a', 'b'].map((letter) => writeFileAtomic(path, letter.repeat(1e6))));
    expect(['a'.repeat(1e6), 'b'.repeat(1e6)]).toContain(read(path));
  });

  test.skipIf(!existsSync('/dev/full'))(
    '/dev/full (Linux): a disk that is really full; /dev/null stays a device',
    async () => {
      const error = await failureOf(writeFileAtomic('/dev/full', 'x'));
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toBe(
        'cannot write /dev/full: no space left on the device: free some space or choose another place',
      );
      await writeFileAtomic('/dev/null', 'x');
      expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    },
  );

  test('whose data fail half-way leaves the old one', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'f'), 'old');
    function* broken() {
      yield Uint8Array.of(1);
      throw new Error('no more');
    }
    expect((await failureOf(writeFileAtomic(join(folder, 'f'), broken()))).message).toContain('no more');
    expect(readdirSync(folder)).toEqual(['f']);
    expect(read(join(folder, 'f'))).toBe('old');
  });
});

describe('a place that cannot be written', () => {
  test.each([
    ['in a folder that is not there', 'no/f', "its folder doesn't exist"],
    ['under a file', 'file/f', 'a part of its path is a file, not a folder'],
    ['a folder', 'folder', 'it is a folder, a file is needed'],
    ['a name too long', 'n'.repeat(256), 'its name is too long'],
  ])('%s', async (_, name, message) => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), 'old');
    mkdirSync(join(folder, 'folder'));
    const error = await failureOf(writeFileAtomic(join(folder, name), 'x'));
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ exitCode: EXIT.input });
    expect(error.message).toContain(`cannot write ${join(folder, name)}: ${message}`);
    expect(readdirSync(folder)).toEqual(['file', 'folder']);
    expect(read(join(folder, 'file'))).toBe('old');
  });
});

/** A disk on which the call number `failAt` (from 0) fails with `code`; calls of its file handles count too. */
function failingDisk(failAt: number, code: string) {
  const calls: string[] = [];
  const step = (name: string) => {
    calls.push(name);
    if (calls.length - 1 === failAt) throw systemError(code);
  };
  const open = async (...args: Parameters<typeof fs.open>) => {
    step('open');
    const handle = await fs.open(...args);
    return new Proxy(handle, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key, target);
        if (typeof method !== 'function') return method;
        return (...given: unknown[]) => {
          // A close that fails has closed all the same.
          if (key === 'close') return target.close().then(() => { step('close'); }); // prettier-ignore
          step(String(key));
          // Short: a byte at a time.
          const args = key === 'write' ? [given[0], given[1], 1] : given;
          return (method as (...a: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  };
  const wrap = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => { step(name); return call(...args); }; // prettier-ignore
  const disk = {
    open,
    rename: wrap('rename', fs.rename),
    rm: wrap('rm', fs.rm),
    stat: wrap('stat', fs.stat as (path: string) => Promise<unknown>),
    realpath: wrap('realpath', fs.realpath as (path: string) => Promise<string>),
  } as unknown as Disk;
  return { disk, calls };
}

describe('each call failing in turn', () => {
  test('the calls, in their order: the data are durable before the rename, the name after it', async () => {
    const path = join(tempFolder(), 'f');
    writeFileSync(path, 'old');
    const { disk, calls } = failingDisk(-1, '');
    await writeFileAtomic(path, 'new', { disk });
    expect(calls.join(' ')).toBe('stat realpath open write write write sync close rename open sync close');
  });

  test.each([
    ['ENOSPC', 'no space left on the device: free some space or choose another place'],
    ['EIO', 'the disk reports an error'],
    ['EROFS', 'the file system is read-only: choose another place'],
    ['EACCES', 'permission denied: change its permissions or choose another place'],
    ['EDQUOT', 'your disk quota is used up'],
  ])('with %s: one line, nothing left over, the old file whole until the rename', async (code, message) => {
    for (let failAt = 0; failAt < 12; failAt++) {
      const folder = tempFolder();
      const path = join(folder, 'f');
      writeFileSync(path, 'old');
      const { disk, calls } = failingDisk(failAt, code);
      const error = await failureOf(writeFileAtomic(path, 'new', { disk, shownAs: 'runs/x/f' }));
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toContain(`cannot write runs/x/f: ${message}`);
      expect(error.message).not.toContain('\n');
      const renamed = calls.slice(0, failAt).includes('rename');
      expect(read(path)).toBe(renamed ? 'new' : 'old');
      expect(readdirSync(folder)).toEqual(['f']);
    }
  });
});
