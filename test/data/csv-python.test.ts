/** 60 generated files beside what Python's csv module reads of them: scripts/fixtures/make_csv.py. */
import { describe, expect, test } from 'vitest';
import { csvRecords, type Delimiter } from '../../src/data/csv.js';
import { decodeUtf8 } from '../../src/data/decode.js';
import { fixtureJson } from '../support/fixtures.js';
import { sourceOf, utf8 } from './helpers.js';

const FILES = fixtureJson('data/csv.json') as { delimiter: Delimiter; text: string; rows: string[][] }[];

async function fieldsOf(chunks: AsyncIterable<Uint8Array>, delimiter: Delimiter): Promise<unknown[]> {
  const rows: unknown[] = [];
  const blocks = decodeUtf8({ name: 'a.csv', bytes: chunks });
  for await (const { fields } of csvRecords('a.csv', blocks, delimiter)) rows.push(fields);
  return rows;
}

// eslint-disable-next-line @typescript-eslint/require-await -- a source is asynchronous, this one needs no waiting
async function* inTwo(bytes: Uint8Array, at: number): AsyncGenerator<Uint8Array> {
  yield bytes.slice(0, at);
  yield bytes.slice(at);
}

test('there are 60, of each way to end a line, with and without a byte order mark', () => {
  expect(FILES).toHaveLength(60);
  const has = (part: RegExp): number => FILES.filter(({ text }) => part.test(text)).length;
  for (const part of [/^\uFEFF/, /^(?!\uFEFF)/, /\r\n/, /\r(?!\n)/, /""/, /[^\r\n]$/]) expect(has(part)).toBeGreaterThan(5);
});

describe.each([1, 2, 5, Infinity])('in chunks of %d bytes', (chunk) => {
  test('the same rows', async () => {
    for (const { delimiter, text, rows } of FILES) {
      expect(await fieldsOf(sourceOf('a.csv', text, chunk).bytes, delimiter), JSON.stringify(text)).toEqual(rows);
    }
  });
});

test('cut in two at every byte: the same rows', async () => {
  for (const { delimiter, text, rows } of FILES.slice(0, 3)) {
    const bytes = utf8(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(await fieldsOf(inTwo(bytes, at), delimiter), `${JSON.stringify(text)} at ${at}`).toEqual(rows);
    }
  }
});
