/** What Parquet's pages promise, held against what they have. The bytes are written out by the format's documents. */
import type { ColumnMetaData, SchemaTree } from 'hyparquet';
import { expect, test } from 'vitest';
import { parquetRecords } from '../../src/data/parquet.js';
import { checkChunk, SizeBudget } from '../../src/data/parquet-sizes.js';
import { ByteCursor, thriftStruct } from '../../src/data/thrift.js';

/** A signed number as Thrift writes it. */
function zigzag(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value * 2; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
}

/** A data page: the header's fields 1 to 3 and 5 (values, encoding, kinds of levels), then its bytes. */
function page(count: number, encoding: number, body: readonly number[], full = body.length): number[] {
  const about = [0x15, ...zigzag(count), 0x15, ...zigzag(encoding), 0x15, 6, 0x15, 6, 0];
  return [0x15, 0, 0x15, ...zigzag(full), 0x15, ...zigzag(body.length), 0x2c, ...about, 0, ...body];
}

/** Looks through a column of that page, as if the file were that page alone. */
function check(bytes: readonly number[], rows: number, more: Partial<ColumnMetaData> = {}): void {
  const node = (repetition_type: 'REQUIRED' | 'OPTIONAL', type_length?: number): SchemaTree => ({
    ...{ children: [], count: 1, path: [] },
    element: { name: 'a', repetition_type, ...(type_length === undefined ? {} : { type_length }) },
  });
  const column = { type: 'INT64', codec: 'UNCOMPRESSED', ...more } as ColumnMetaData;
  const path = [node('REQUIRED'), node('OPTIONAL', 1e9)];
  checkChunk({ bytes: Uint8Array.from(bytes), column, path, rows }, new SizeBudget(bytes.length), {
    GZIP: (_, length) => new Uint8Array(length),
  });
}

/** Levels of 5 values: their length, and one run of fives ones. */
const LEVELS = [2, 0, 0, 0, 10, 1];
const [PLAIN, DELTA, SHARED, DICTIONARY, SPLIT] = [0, 5, 7, 8, 9];
/** Numbers that begin at one and grow by the same each: blocks of 128 in 4 parts, whose differences need no bits. */
const growing = (count: number, first: number, by: number): number[] => [
  ...[0x80, 1, 4, ...zigzag(count / 2), ...zigzag(first)],
  ...Array.from({ length: Math.ceil((count - 1) / 128) }, () => [...zigzag(by), 0, 0, 0, 0]).flat(),
];
/** As many levels as there are values. */
const levels = (count: number): number[] => {
  const run = [...zigzag(count), 1];
  return [run.length, 0, 0, 0, ...run];
};

test('a page that keeps its word passes', () => {
  check(page(5, PLAIN, [...LEVELS, ...new Array<number>(40).fill(0)]), 5);
  check(page(5, DICTIONARY, [...LEVELS, 1, 10, 1]), 5);
  check(page(5, SHARED, [...LEVELS, ...growing(5, 0, 1), ...growing(5, 1, 0), 97, 97, 97, 97, 97]), 5);
  check(page(5, DICTIONARY, [...LEVELS, 1, 3, 0b11111]), 5); // 8 packed by the bit, of which 3 are not needed
});

const REFUSED: readonly (readonly [string, readonly number[], RegExp, Partial<ColumnMetaData>?])[] = [
  ['runs', page(5, PLAIN, [2, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1]), /a run of 2147483647 where 5 values/],
  ['indices', page(5, DICTIONARY, [...LEVELS, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1]), /a run of 2147483647/],
  ['values', page(2 ** 30, PLAIN, LEVELS), /a file of \d+ bytes that unfolds to too many values/],
  ['bytes', page(5, PLAIN, LEVELS, 2 ** 30), /unfolds to too many bytes/, { codec: 'GZIP' }],
  ['blocks', page(5, DELTA, [...LEVELS, 0x80, 1, 0xff, 0xff, 0xff, 0x7f, 5, 0]), /268435455 blocks in a page/],
  ['widths', page(5, SPLIT, [...LEVELS, 0]), /5 values of 1000000000 bytes/, { type: 'FIXED_LEN_BYTE_ARRAY' }],
  ['bytes of the text before', page(5, SHARED, [...LEVELS, ...growing(5, 2 ** 20, 0), ...growing(5, 0, 0)]), /a text that shares 1048576 bytes with the one before, which has 0/],
  ['bytes of all texts before', page(20_000, SHARED, [...levels(20_000), ...growing(20_000, 0, 1), ...growing(20_000, 1, 0), ...new Array<number>(20_000).fill(97)]), /unfolds to too many bytes/],
  ['rows', page(4, PLAIN, [2, 0, 0, 0, 8, 1]), /it promises 5 rows, and has 4 values/],
  ['less than none', [0x15, 0, 0x15, 1, 0x15, 0, 0], /a page without a number of bytes, or with one below zero/],
];
test.each(REFUSED.map((each) => [each[0], each] as const))('a page that promises too many %s is refused', (_, [, bytes, why, more]) => {
  expect(() => { check(bytes, 5, more); }).toThrow(why);
});

test('a header may promise no more than it has, nor nest deeper than any', () => {
  const read = (...bytes: number[]): unknown => thriftStruct(new ByteCursor(Uint8Array.from(bytes)));
  expect(read(0x15, 4, 0x18, 2, 65, 66, 0x29, 0x25, 2, 4, 0x1c, 0x11, 0, 0)).toEqual(
    new Map<number, unknown>([[1, 2], [2, undefined], [4, undefined], [5, new Map([[1, true]])]]), // prettier-ignore
  );
  expect(() => read(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0)).toThrow(
    /a list of 2147483647 in a header that has 1 bytes more/,
  );
  expect(() => read(0x18, 9, 65, 0)).toThrow(/a string of 9 in a header that has 2 bytes more/);
  expect(() => read(...new Array<number>(99).fill(0x1c))).toThrow(/structs in structs, more than 32 deep/);
});

test('reads that fail are told, and by nobody else', async () => {
  const file = { byteLength: 100, slice: () => Promise.reject(new Error('the disk is gone')) };
  await expect(parquetRecords('a.parquet', file).next()).rejects.toThrow(
    "a.parquet can't be read as Parquet (the disk is gone).",
  );
});
