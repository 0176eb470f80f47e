/** JSON lists, Parquet, folders for each class, and separators that are no commas. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { placeOf, type DataSource } from '../../src/data/example.js';
import { readExamples, streamExamples } from '../../src/data/read.js';
import { DataError } from '../../src/util/errors.js';
import { fixturePath } from '../support/fixtures.js';
import { rowsOf, sourceOf, tableOf } from './helpers.js';

const TEXTS = ['A fine film.', 'Two hours of my life, gone.', 'café 中文 😀', 'With "quotes", commas\nand lines', '<br />Great!', 'no', 'x'.repeat(3000)]; // prettier-ignore
const POSITIVE = [1, 0, 1, 0, 1, 0, 1];

function parquet(name: string): DataSource {
  const bytes = readFileSync(fixturePath(`data/${name}`));
  const { buffer } = Uint8Array.from(bytes);
  return {
    name,
    format: 'parquet',
    file: { byteLength: bytes.length, slice: (start, end) => Promise.resolve(buffer.slice(start, end)) },
  };
}

const failure = async (source: DataSource): Promise<string> => {
  const error = await rowsOf(source).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
};

describe('Parquet', () => {
  test.each(['snappy', 'zstd', 'gzip', 'brotli', 'none'])('%s, as the hub has it: names for classes', async (codec) => {
    const source = parquet(`reviews.${codec}.parquet`);
    const { examples, columns } = await readExamples(source, { clean: 'none' });
    expect(columns).toEqual({ text: 'text', label: 'label' });
    expect(examples.map(({ text, label }) => [text, label])).toEqual(
      TEXTS.map((text, i) => [text, ['neg', 'pos'][POSITIVE[i]!]]),
    );
    expect(examples.map(placeOf)).toEqual(TEXTS.map((_, i) => `row ${i + 1}`));
  });

  test('texts that are kept as what they share with the one before', async () => {
    const { examples } = await readExamples(parquet('shared.parquet'));
    expect(examples.map(({ text }) => text)).toEqual(Array.from({ length: 300 }, (_, i) => `A fine film, number ${i}`));
    expect(examples.map(({ label }) => label)).toEqual(Array.from({ length: 300 }, (_, i) => ['good', 'bad', 'good'][i % 3]));
  });

  test('columns of other types are text, as in JSON', async () => {
    const rows = await rowsOf(parquet('words.parquet'));
    expect(rows[0]!.columns).toEqual(['id', 'review', 'sentiment', 'stars', 'tags']);
    expect(Object.fromEntries(rows[1]!.values)).toEqual({
      ...{ id: '"1152921504606846977"', review: TEXTS[1], sentiment: 'negative', stars: '1', tags: '[]' },
      id: '1152921504606846977',
    });
    expect(rows[2]!.values.has('stars')).toBe(false); // null
    expect([...rows[0]!.nested!]).toEqual(['tags']);
    const { columns } = await readExamples(parquet('words.parquet'));
    expect(columns).toEqual({ text: 'review', label: 'sentiment' });
  });

  test.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    ['something else', () => Buffer.from('text,label\na,b\n')],
    ['empty', () => Buffer.alloc(0)],
  ])('a file that is %s is refused', async (_, spoil) => {
    const bytes = Uint8Array.from(spoil(readFileSync(fixturePath('data/reviews.none.parquet'))));
    const slice = (start: number, end?: number) => Promise.resolve(bytes.buffer.slice(start, end));
    const source: DataSource = { name: 'a.parquet', format: 'parquet', file: { byteLength: bytes.length, slice } };
    expect(await failure(source)).toMatch(/^a\.parquet can't be read as Parquet \(.*\)\. Is it complete\?$/);
  });
});

describe('JSON', () => {
  const rows = [
    ['fine', 'good'],
    ['dull', 'bad'],
  ];
  test.each([
    ['a list', '[{"text": "fine", "label": "good"},\n {"text": "dull", "label": "bad"}]'],
    ['a list within an object', '{"version": 1, "data": [{"text": "fine", "label": "good"}, {"text": "dull", "label": "bad"}]}'],
    ['columns', '{"text": ["fine", "dull"], "label": ["good", "bad"]}'],
    ['one object a line', '{"text": "fine", "label": "good"}\n{"text": "dull", "label": "bad"}\n'],
  ])('%s', async (_, content) => {
    for (const chunk of [Infinity, 7]) {
      const found = await rowsOf(sourceOf('a.json', content, chunk));
      expect(found.map(({ values }) => [...values.values()])).toEqual(rows);
      expect(found.map(placeOf)).toEqual(['row 1', 'row 2']);
    }
  });

  test.each([
    ['[{"text": "fine"}, 5]', /^a\.json, row 2: 5 where an object is expected/],
    ['[]', /^a\.json holds an empty list/],
    ['{"text": "fine"}', /^a\.json holds no list of objects/],
    ['{"text": ["a"], "label": ["b", "c"]}', /^a\.json holds no list of objects/],
    ['[{"text": "fine"},]', /^a\.json is not valid JSON \(.*\)/],
    ['"text"', /^a\.json holds no list/],
  ])('%s is refused', async (content, message) => {
    expect(await failure(sourceOf('a.json', content))).toMatch(message);
  });
});

describe('separators', () => {
  test.each([
    ['semicolons', 'text;label\n"fine; really, it is";good\n', [[2, 'fine; really, it is', 'good']]],
    ['tabs in a .csv', 'text\tlabel\nfine, really\tgood\n', [[2, 'fine, really', 'good']]],
    ['bars', 'text|label|id\nfine|good|1\n', [[2, 'fine', 'good', '1']]],
    ['commas, with others inside of quotes', '"a;b;c;d",label\nfine,good\n', [[2, 'fine', 'good']]],
    ['none, with one column', 'text\nfine; or not\n', [[2, 'fine; or not']]],
  ])('%s', async (_, content, expected) => {
    for (const chunk of [Infinity, 3]) expect(await tableOf(sourceOf('a.csv', content, chunk))).toEqual(expected);
  });

  test('a row of another length is told with the separator in use', async () => {
    expect(await failure(sourceOf('a.csv', 'text;label\na;b;c\n'))).toContain('Put quotes around a text that holds a semicolon');
  });
});

describe('a folder for each class', () => {
  async function* files(): AsyncGenerator<{ path: string; label: string; text: string }> {
    await Promise.resolve();
    yield { path: 'neg/1.txt', label: 'neg', text: 'dull' };
    yield { path: 'pos/1.txt', label: 'pos', text: 'fine<br />' };
    yield { path: 'pos/2.txt', label: 'pos', text: ' ' };
  }

  test('its texts have the labels of their folders, and files for places', async () => {
    const found: unknown[] = [];
    const reading = (async () => {
      for await (const example of streamExamples({ name: 'd', format: 'folder', files: files() })) {
        found.push([example.text, example.label, placeOf(example)]);
      }
    })();
    await expect(reading).rejects.toThrow('d: 1 row has no text in the column "text" (pos/2.txt)');
    expect(found).toEqual([
      ['dull', 'neg', 'neg/1.txt'],
      ['fine', 'pos', 'pos/1.txt'],
    ]);
  });
});
