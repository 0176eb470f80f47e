/** Tokenizers whose patterns could hold whoever reads a text, and parts that nobody knows. */
import { describe, expect, test } from 'vitest';
import { TextTokenizer } from '../../src/tokenizer/tokenizer.js';
import { ModelError } from '../../src/util/errors.js';
import { fixtureJson, fixturePath, tokenizerIn } from '../support/fixtures.js';

const json = fixtureJson('hf-saved/tokenizer.json') as Record<string, unknown>;

const load = (change: Record<string, unknown>): TextTokenizer =>
  TextTokenizer.fromSource({ json: { ...json, ...change }, config: {}, padId: 0, name: 'tokenizer.json' });

const split = (pattern: unknown): Record<string, unknown> => ({
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [{ type: 'Split', pattern, behavior: 'Isolated', invert: false }],
  },
});

describe('a pattern', () => {
  test.each([
    '(a+)+$',
    '(a|a)*b',
    'a*a*a*$',
    '\\s+$',
    '(\\w+\\s?)*',
    '(.*)*x',
    '(?=a)',
    '[a',
    '\\1',
    'x{1,999}y',
    'a+b',
  ])('that may be slow: %s', (regex) => {
    expect(() => load(split({ Regex: regex }))).toThrow(ModelError);
    expect(() => load(split({ Regex: regex }))).toThrow(/^tokenizer\.json has the pattern \{"Regex":/);
    const replace = { type: 'Replace', pattern: { Regex: regex }, content: ' ' };
    expect(() => load({ normalizer: { type: 'Sequence', normalizers: [replace] } })).toThrow(ModelError);
  });

  test.each([
    [{}],
    [null],
    ['a'],
    [{ Regex: 5 }],
    [{ Glob: '*' }],
    [JSON.parse('{"__proto__":{"String":"a"}}')],
  ])('of no kind: %j', (pattern) => {
    expect(() => load(split(pattern))).toThrow(/has the pattern/);
  });

  test.each(['\\s+', ' {2,}', '[0-9]', '\\p{P}', '(\\s|\\d+)', '[^\\w\\s]+|\\w+'])(
    'that is fast: %s',
    (regex) => {
      expect(
        load(split({ Regex: regex })).encode('a fine film', { maxLength: 9, truncation: 'head' }).ids,
      ).not.toEqual([]);
    },
  );
});

test.each(['normalizer', 'pre_tokenizer', 'post_processor', 'model'])(
  'an unknown %s is refused by its name',
  (part) => {
    expect(() => load({ [part]: { type: 'Sorcery' } })).toThrow(ModelError);
    expect(() => load({ [part]: { type: 'Sorcery' } })).toThrow(/tokenizer\.json .*Sorcery/);
  },
);

test('a part nested 100,000 deep', () => {
  const deep = JSON.parse('{"x":'.repeat(100_000) + '1' + '}'.repeat(100_000)) as Record<string, unknown>;
  expect(() => load({ pre_tokenizer: { type: 'Sorcery', deep } })).toThrow(/Sorcery/);
});

// No time is measured: what took more than time in proportion would not end.
test.each(['hf-saved', 'hf-saved-roberta', 'hf-saved-distilbert'])(
  '200,000 characters at once: %s',
  (name) => {
    const tokenizer = tokenizerIn(fixturePath(name));
    const contract = { maxLength: 16, truncation: 'head' } as const;
    for (const text of [
      'a'.repeat(2e5),
      ' '.repeat(2e5),
      'e\u0301'.repeat(1e5),
      '.'.repeat(2e5),
      'ab '.repeat(66_666),
    ]) {
      expect(tokenizer.encode(text, contract).ids.length).toBeLessThanOrEqual(16);
    }
  },
);
