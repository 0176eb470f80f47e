import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execPath, platform } from 'node:process';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  exists,
  isFolder,
  listFolder,
  openBytes,
  readFileBytes,
  readFully,
  readJson,
  withOpenFile,
} from '../../src/files/read.js';
import { FileError, ModelError } from '../../src/util/errors.js';
import { BIN } from '../support/cli.js';
import { failureOf, tempFolder } from './temp.js';

const NUMBERS = Uint8Array.from({ length: 600_003 }, (_, i) => (i * 31) % 251);

/** toEqual takes seconds for so many. */
function expectSame(found: Uint8Array, expected: Uint8Array): void {
  expect(found.length).toBe(expected.length);
  expect(Buffer.compare(found, expected)).toBe(0);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

test('a file is read whole, in ranges, and as a stream', async () => {
  const path = join(tempFolder(), 'n.bin');
  writeFileSync(path, NUMBERS);
  expectSame(await readFileBytes(path), NUMBERS);
  expectSame(await collect(openBytes(path)), NUMBERS);
  expect(await withOpenFile(path, (file) => file.read(5, 1000))).toEqual(NUMBERS.slice(5, 1000));
  const sizeAndEnd = await withOpenFile(path, async (file) => [
    file.size,
    await file.read(600_000, file.size),
  ]);
  expect(sizeAndEnd).toEqual([NUMBERS.length, NUMBERS.slice(600_000)]);
  const [bytes, tooMany] = [new Uint8Array(7), new Uint8Array(NUMBERS.length + 1)];
  await withOpenFile(path, (file) => file.readInto(5, bytes.subarray(2)));
  expect([...bytes]).toEqual([0, 0, ...NUMBERS.slice(5, 10)]);
  const error = await failureOf(withOpenFile(path, (file) => file.readInto(0, tooMany)));
  expect(error.message).toMatch(/n\.bin ends at byte \d+, expected \d+/);
});

test('a stream may be left early', async () => {
  const path = join(tempFolder(), 'n.bin.gz');
  writeFileSync(path, gzipSync(NUMBERS));
  for await (const chunk of openBytes(path)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
});

test('short reads are read on; a file that ends too soon is an error', async () => {
  const handle = {
    read: (bytes: Uint8Array, offset: number, length: number, position: number) => {
      const given = Math.min(3, length, Math.max(0, 10 - position));
      for (let i = 0; i < given; i++) bytes[offset + i] = position + i;
      return Promise.resolve({ bytesRead: given });
    },
  };
  const out = new Uint8Array(8);
  await readFully(handle, out, 2, 'f');
  expect([...out]).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  const error = await failureOf(readFully(handle, out, 5, 'f'));
  expect(error).toBeInstanceOf(FileError);
  expect(error.message).toBe('f ends at byte 10, expected 13: is it still being written?');
});

test('an error thrown while a file is used passes unchanged', async () => {
  const path = join(tempFolder(), 'f');
  writeFileSync(path, 'x');
  const thrown = new ModelError('mine');
  expect(await failureOf(withOpenFile(path, () => Promise.reject(thrown)))).toBe(thrown);
});

describe('gzip', () => {
  test('is unpacked by the name, or when asked for, and left alone when told so', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'a.gz'), gzipSync(NUMBERS));
    writeFileSync(join(folder, 'a'), gzipSync(NUMBERS));
    expectSame(await collect(openBytes(join(folder, 'a.gz'))), NUMBERS);
    expectSame(await collect(openBytes(join(folder, 'a'), { gunzip: true })), NUMBERS);
    expect((await collect(openBytes(join(folder, 'a.gz'), { gunzip: false }))).slice(0, 2)).toEqual(
      Uint8Array.of(0x1f, 0x8b),
    );
  });

  test.each([
    ['cut', (whole: Uint8Array) => whole.slice(0, whole.length - 5)],
    ['damaged', (whole: Uint8Array) => whole.map((byte, i) => (i === 100 ? byte ^ 255 : byte))],
    ['something else', () => new TextEncoder().encode('plain text')],
  ])('that is %s is an error naming the file', async (_, spoil) => {
    const path = join(tempFolder(), 'a.csv.gz');
    writeFileSync(path, spoil(new Uint8Array(gzipSync(NUMBERS))));
    const error = await failureOf(collect(openBytes(path)));
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toContain(`${path} is damaged or cut: it is no complete gzip file`);
  });
});

describe('a path that leads nowhere', () => {
  test.each(['readFileBytes', 'openBytes', 'withOpenFile', 'readJson'] as const)(
    '%s names the nearest',
    async (how) => {
      const folder = tempFolder();
      writeFileSync(join(folder, 'train.csv'), '');
      writeFileSync(join(folder, 'other'), '');
      const read = (path: string): Promise<unknown> => {
        if (how === 'openBytes') return collect(openBytes(path));
        if (how === 'withOpenFile') return withOpenFile(path, () => Promise.resolve());
        return how === 'readJson' ? readJson(path) : readFileBytes(path);
      };
      const mistyped = await failureOf(read(join(folder, 'tarin.csv')));
      expect(mistyped).toBeInstanceOf(FileError);
      expect(mistyped.message).toBe(`no such file: ${folder}/tarin.csv; did you mean ${folder}/train.csv?`);
      expect((await failureOf(read(join(folder, 'zzzz')))).message).toBe(`no such file: ${folder}/zzzz`);
      expect((await failureOf(read(join(folder, 'no/x')))).message).toBe(
        `no such file: ${folder}/no/x (nor is there a folder ${folder}/no)`,
      );
      expect((await failureOf(read(folder))).message).toBe(`${folder} is a folder, expected a file`);
      expect((await failureOf(read(join(folder, 'other/x')))).message).toContain(
        'a part of its path is a file',
      );
    },
  );
});

describe.skipIf(platform === 'win32')('what is no file is refused, not opened', () => {
  test.each<[string, (path: string) => unknown]>([
    ['pipe', (path) => spawnSync('mkfifo', [path])],
    ['socket', (path) => listenAt(path)],
    [
      'folder',
      (path) => {
        mkdirSync(path);
      },
    ],
    [
      'device',
      (path) => {
        symlinkSync('/dev/zero', path);
      },
    ],
  ])('a %s', async (kind, put) => {
    const path = join(tempFolder(), 'a.json');
    await put(path);
    for (const read of [
      readFileBytes,
      readJson,
      (each: string) => collect(openBytes(each)),
      (each: string) => withOpenFile(each, () => Promise.resolve()),
    ]) {
      const error = await failureOf(read(path));
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toBe(`${path} is a ${kind}, expected a file`);
    }
  });

  test('but a pipe that the shell opened is read', () => {
    const folder = tempFolder();
    const script = `${JSON.stringify(execPath)} ${JSON.stringify(BIN)} train no.csv --config <(echo '{"epoch": 1}')`;
    const { stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(/^error: \/dev\/fd\/\d+: .*epoch/);
  });
});

/** A socket that somebody listens at. */
async function listenAt(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(path, resolve));
}

test('folders: what is there, and what is not', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'b'), '');
  expect(await listFolder(folder)).toEqual(['b', 'sub']);
  expect([
    await exists(join(folder, 'b')),
    await exists(join(folder, 'c')),
    await exists(join(folder, 'b/c')),
  ]).toEqual([true, false, false]);
  expect([
    await isFolder(folder),
    await isFolder(join(folder, 'b')),
    await isFolder(join(folder, 'c')),
  ]).toEqual([true, false, false]);
  expect((await failureOf(listFolder(join(folder, 'b')))).message).toContain('is a file, expected a folder');
  expect((await failureOf(listFolder(join(folder, 'sup')))).message).toBe(
    `no such folder: ${folder}/sup; did you mean ${folder}/sub?`,
  );
});

describe('JSON', () => {
  test('may have a byte order mark', async () => {
    const path = join(tempFolder(), 'a.json');
    writeFileSync(path, '\ufeff{"a": [1]}');
    expect(await readJson(path)).toEqual({ a: [1] });
  });

  test.each([
    ['{"a": 1,}', 'line 1, column 9'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3'],
    ['{"a": [1, 2', 'line 1, column 12'],
    ['[1,]', 'line 1, column 4'],
    ['nothing', 'line 1, column 1'],
    ['{"a" 1}', 'line 1, column 6'],
    ['{} {}', 'line 1, column 4'],
    ['{"a": tru}', 'line 1, column 7'],
    ['{"a": 01}', 'line 1, column 7'],
    ['{"a": "b\nc"}', 'line 1, column 7'],
    ['{a: 1}', 'line 1, column 2'],
    ['["\\x"]', 'line 1, column 2'],
    ['[1}', 'line 1, column 3'],
    ['<a>', 'line 1, column 1'],
    ['{"a": {}, "b": [], "c": [{}], "d": -1.5e+3, "e": null, }', 'line 1, column 56'],
  ])('%j is wrong at %s', async (text, where) => {
    const path = join(tempFolder(), 'a.json');
    writeFileSync(path, text);
    const error = await failureOf(readJson(path));
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toContain(`${path} is not valid JSON at ${where}: `);
  });

  test('a very long string or nesting before the fault is no trouble', async () => {
    const path = join(tempFolder(), 'a.json');
    writeFileSync(path, `["${'x'.repeat(20_000_000)}", oops]`);
    expect((await failureOf(readJson(path))).message).toContain('at line 1, column 20000006');
    writeFileSync(path, '['.repeat(200_000));
    expect((await failureOf(readJson(path))).message).toContain('at line 1, column 200001');
  });

  test('empty, and not UTF-8', async () => {
    const path = join(tempFolder(), 'a.json');
    writeFileSync(path, ' \n');
    expect((await failureOf(readJson(path))).message).toBe(`${path} is empty: expected JSON`);
    writeFileSync(path, Uint8Array.of(0x22, 0xff, 0x22));
    expect((await failureOf(readJson(path))).message).toBe(`${path} is not UTF-8 text: save it as UTF-8`);
  });
});
