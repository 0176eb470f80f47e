/** Pairs of texts as Hugging Face's tokenizers read them (scripts/fixtures/make_pairs.py). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { padBatch } from '../../src/batching/batch.js';
import { longestFirst } from '../../src/tokenizer/pair.js';
import { TextTokenizer } from '../../src/tokenizer/tokenizer.js';
import { fixtureJson, fixturePath } from '../support/fixtures.js';

interface Case {
  readonly tokenizer: 'bert' | 'distilbert' | 'roberta';
  readonly side: 'right' | 'left';
  readonly length: number;
  readonly first: string;
  readonly second: string;
  readonly ids: number[];
  readonly types: number[] | null;
}

const { cases } = fixtureJson('tokenizer/pairs.json') as { cases: Case[] };
const FOLDERS = {
  bert: fileURLToPath(new URL('../../models/all-MiniLM-L6-v2', import.meta.url)),
  distilbert: fixturePath('hf-saved-distilbert'),
  roberta: fixturePath('hf-saved-roberta'),
};
const tokenizerOf = (name: Case['tokenizer']): TextTokenizer => {
  const json = (file: string): unknown => JSON.parse(readFileSync(`${FOLDERS[name]}/${file}`, 'utf8'));
  return TextTokenizer.fromSource({
    ...{ json: json('tokenizer.json'), config: json('tokenizer_config.json'), name, padId: 0 },
    pairTypes: name === 'bert',
  });
};

describe.each(['bert', 'distilbert', 'roberta'] as const)('%s', (name) => {
  const tokenizer = tokenizerOf(name);
  const own = cases.filter((each) => each.tokenizer === name);

  test('the same ids and token types, cut longest first from either side', () => {
    expect(own).toHaveLength(36);
    for (const { first, second, side, length, ids, types } of own) {
      const truncation = side === 'right' ? 'head' : 'tail';
      const found = tokenizer.encode({ text: first, textPair: second }, { maxLength: length, truncation });
      const { inputIds, tokenTypeIds, attentionMask } = padBatch([found.ids, [1]], 0);
      const row = (values: BigInt64Array): number[] => Array.from(values.subarray(0, ids.length), Number);
      const what = `${first} | ${second}, ${length} ${side}`;
      expect(row(inputIds), what).toEqual(ids);
      expect(found.ids.length, what).toBe(ids.length);
      expect(row(tokenTypeIds), what).toEqual(types ?? ids.map(() => 0));
      expect(Number(attentionMask[ids.length - 1]), what).toBe(1);
    }
  });
});

test('what is cut is counted; windows are refused', () => {
  const tokenizer = tokenizerOf('bert');
  const pair = { text: 'one two three four five six', textPair: 'one two' };
  expect(tokenizer.encode(pair, { maxLength: 9, truncation: 'head' }).cut).toBe(2); // 9 - 3 special ones = 4 + 2
  expect(() => tokenizer.read(pair, { maxLength: 9, truncation: 'windows' })).toThrow('not windows');
});

test.each([
  [3, 2, 9, [3, 2]],
  [300, 20, 125, [105, 20]],
  [20, 300, 125, [20, 105]],
  [300, 200, 125, [63, 62]], // the odd one to the longer
  [300, 300, 125, [62, 63]], // of alike ones to the second
])('of %d and %d tokens in %d: %j', (first, second, room, expected) => {
  expect(longestFirst(first, second, room)).toEqual(expected);
});
