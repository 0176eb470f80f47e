import { gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { countLineBreaks, decodeUtf8 } from '../../src/data/decode.js';
import { DataError } from '../../src/util/errors.js';
import { bytesOf, sourceOf, utf8 } from './helpers.js';

async function decode(content: string | Uint8Array, chunk?: number): Promise<string> {
  let text = '';
  for await (const block of decodeUtf8(sourceOf('a.csv', content, chunk))) text += block;
  return text;
}

async function failure(content: Uint8Array, chunk?: number): Promise<string> {
  const error = await decode(content, chunk).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('decoding', () => {
  const text = 'é,日本\r\n👩‍👩‍👧 \uFEFF kept\n\nlast';

  test.each([1, 2, 3, 5, 1000])('characters that span chunks of %d bytes', async (chunk) => {
    expect(await decode(text, chunk)).toBe(text);
    expect(await decode(gzipSync(text), chunk)).toBe(text);
  });

  test.each([1, 2, 1000])('one byte order mark is dropped (chunks of %d)', async (chunk) => {
    expect(await decode('\uFEFFa\n\uFEFFb', chunk)).toBe('a\n\uFEFFb');
  });

  test('nothing', async () => {
    expect(await decode('')).toBe('');
  });

  test('blocks end after line feeds, whatever the chunks are', async () => {
    const blocks: string[] = [];
    for await (const block of decodeUtf8(sourceOf('a.csv', 'ab\ncd\nef', 4))) blocks.push(block);
    expect(blocks).toEqual(['ab\n', 'cd\n', 'ef']);
  });

  test('a source that reuses the memory of its chunks', async () => {
    const shared = new Uint8Array(2);
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const pair of ['ab', 'cd', 'e\n']) {
        shared.set(utf8(pair));
        yield shared;
      }
    }
    let all = '';
    for await (const block of decodeUtf8({ name: 'a.csv', bytes: bytes() })) all += block;
    expect(all).toBe('abcde\n');
  });
});

describe('what is refused', () => {
  const latin1 = bytesOf('text,label\nfine,1\ncaf', [0xe9], ' au lait,0\nlast,1\n');

  test.each([1, 4, 1000])('bad UTF-8, with its line (chunks of %d)', async (chunk) => {
    expect(await failure(latin1, chunk)).toBe(
      'a.csv, line 3: not valid UTF-8, near "caf\uFFFD au lait,0". Save the file as UTF-8 (in a spreadsheet: ' +
        '"CSV UTF-8"); if it is Windows-1252: iconv -f WINDOWS-1252 -t UTF-8.',
    );
  });

  test.each([
    ['a character cut off by the end', bytesOf('a\nb\n', [0xe2, 0x82]), 3],
    ['an overlong form', bytesOf('a\n', [0xc0, 0xaf], '\n'), 2],
    ['half of a surrogate pair', bytesOf([0xed, 0xa0, 0x80]), 1],
    ['lines that end in carriage returns', bytesOf('a\rb\r', [0xff], '\r'), 3],
    ['line feeds after carriage returns', bytesOf('a\r\nb\r\n', [0xff]), 3],
  ])('bad UTF-8: %s', async (_, content, line) => {
    expect(await failure(content)).toContain(`a.csv, line ${line}: not valid UTF-8`);
  });

  test.each([
    ['little', [0xff, 0xfe, 0x61, 0]],
    ['big', [0xfe, 0xff, 0, 0x61]],
  ])('UTF-16, %s end first', async (_, content) => {
    expect(await failure(bytesOf(content))).toBe(
      'a.csv is UTF-16, where UTF-8 is expected. Save the file as UTF-8 (in a spreadsheet: "CSV UTF-8").',
    );
  });

  test('a NUL byte', async () => {
    expect(await failure(bytesOf('a\nb\nc', [0], 'd'), 2)).toContain('a.csv, line 3: a NUL byte. This is not plain');
  });

  test('gzip data that is cut short or damaged', async () => {
    const packed = gzipSync('text,label\n' + 'fine,1\n'.repeat(1000));
    expect(await failure(packed.subarray(0, packed.length - 10), 7)).toContain('a.csv: the gzip data is damaged');
    expect(await failure(bytesOf([0x1f, 0x8b], 'not gzip at all'))).toContain('a.csv: the gzip data is damaged');
  });

  test('a failure to read is passed on as it is, through gzip too', async () => {
    const broken = new Error('the disk is gone');
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield gzipSync('a').subarray(0, 5);
      throw broken;
    }
    await expect(decodeUtf8({ name: 'a.csv', bytes: bytes() }).next()).rejects.toBe(broken);
  });
});

test('a source is closed when its reader stops early', async () => {
  // Long enough, and packed badly enough, that the source is not used up by reading ahead.
  const content = utf8(Array.from({ length: 200_000 }, (_, i) => `${Math.sin(i)}\n`).join(''));
  for (const bytes of [content, gzipSync(content)]) {
    let state = 'open';
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
        state = 'used up';
      } finally {
        if (state === 'open') state = 'closed';
      }
    }
    for await (const _ of decodeUtf8({ name: 'a.csv', bytes: chunks() })) break;
    expect(state).toBe('closed');
  }
});

test.each([
  ['', 0],
  ['a', 0],
  ['a\nb\r\nc\rd', 3],
  ['\n\n\r\r\n', 4],
])('line breaks in %j: %d', (text, count) => {
  expect(countLineBreaks(text)).toBe(count);
});
