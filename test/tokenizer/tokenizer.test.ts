import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TextTokenizer } from '../../src/tokenizer/tokenizer.js';
import { truncate } from '../../src/tokenizer/truncate.js';
import { ModelError } from '../../src/util/errors.js';
import { fixtureJson } from '../support/fixtures.js';

const model = new URL('../../models/all-MiniLM-L6-v2/', import.meta.url);
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, model), 'utf8'));
const tokenizer = TextTokenizer.fromSource({
  json: json('tokenizer.json'),
  config: json('tokenizer_config.json'),
  padId: 0,
  name: 'tokenizer.json',
});

describe('the same ids as the Rust tokenizers', () => {
  const cases = fixtureJson('tokenizer/awkward.json') as { text: string; ids: number[] }[];
  test.each(cases.map(({ text, ids }) => ({ name: JSON.stringify(text.slice(0, 40)), text, ids })))(
    '$name',
    ({ text, ids }) => {
      expect(tokenizer.encode(text, { maxLength: 10_000, truncation: 'head' })).toEqual({ ids, cut: 0 });
    },
  );
});

test('a lone surrogate is read as U+FFFD', () => {
  const contract = { maxLength: 50, truncation: 'head' } as const;
  expect(tokenizer.encode('fine \uD83D film', contract)).toEqual(
    tokenizer.encode('fine \uFFFD film', contract),
  );
});

test('a text is cut to the length, special tokens included', () => {
  const long = 'one two three four five six seven eight nine ten';
  const all = tokenizer.encode(long, { maxLength: 100, truncation: 'head' }).ids;
  const head = tokenizer.encode(long, { maxLength: 6, truncation: 'head' });
  expect(head).toEqual({ ids: [...all.slice(0, 5), 102], cut: 6 });
  const tail = tokenizer.encode(long, { maxLength: 6, truncation: 'tail' });
  expect(tail).toEqual({ ids: [101, ...all.slice(-5)], cut: 6 });
});

test('head+tail keeps 128 and 382 of 510, as Sun et al. 2019', () => {
  const ids = Array.from({ length: 1000 }, (_, i) => i);
  const kept = truncate(ids, 510, { truncation: 'head+tail' });
  expect(kept).toEqual([...ids.slice(0, 128), ...ids.slice(1000 - 382)]);
  expect(truncate(ids.slice(0, 510), 510, { truncation: 'head+tail' })).toHaveLength(510);
});

test('what is not a tokenizer is refused by name', () => {
  expect(() =>
    TextTokenizer.fromSource({ json: {}, config: {}, padId: 0, name: 'x/tokenizer.json' }),
  ).toThrow(ModelError);
  expect(() =>
    TextTokenizer.fromSource({ json: {}, config: {}, padId: 0, name: 'x/tokenizer.json' }),
  ).toThrow('x/tokenizer.json');
  const unknown = { model: { type: 'Nonsense', vocab: {} }, added_tokens: [] };
  expect(() => TextTokenizer.fromSource({ json: unknown, config: {}, padId: 0, name: 'x' })).toThrow(
    ModelError,
  );
});
