import { describe, expect, test } from 'vitest';
import { wordSpans } from '../../src/tokenizer/spans.js';
import type { TextTokenizer } from '../../src/tokenizer/tokenizer.js';
import { BUNDLED_MODEL } from '../../src/files/bundled.js';
import { fixtureJson, fixturePath, tokenizerIn } from '../support/fixtures.js';

const bert = tokenizerIn(BUNDLED_MODEL);
const roberta = tokenizerIn(fixturePath('hf-saved-roberta'));
const WHOLE = { maxLength: 1e6, truncation: 'head' } as const;

/** The words as they are in the text, each with its number of pieces. */
const wordsOf = (tokenizer: TextTokenizer, text: string): string[] =>
  tokenizer.encodeWords(text, WHOLE).words.map((word) => {
    return `${text.slice(word.start, word.end)}:${word.pieces}`;
  });

describe('words and their pieces', () => {
  // Pieces as the Rust tokenizers give them: it ' s; un ##watch ##able; bert's 中文 apart.
  test.each([
    ["It's unwatchable.", ["It's:3", 'unwatchable:3', '.:1']],
    [
      '  Two hours\n\nof my life,gone!  ',
      ['Two:1', 'hours:1', 'of:1', 'my:1', 'life:1', ',:1', 'gone:1', '!:1'],
    ],
    ['well-made', ['well:1', '-:1', 'made:1']],
    ['中文film', ['中:1', '文:1', 'film:1']],
    ['a [SEP] b', ['a:1', '[SEP]:1', 'b:1']],
    ['', []],
  ])('BERT: %j', (text, words) => {
    expect(wordsOf(bert, text)).toEqual(words);
  });

  test('what the tokenizer doesn’t part stays one word', () => {
    // The joined family is one unknown word to BERT; U+FEFF, white space to JavaScript, is nothing at all to it.
    expect(wordsOf(bert, 'a 👨‍👩‍👧 film')).toEqual(['a:1', '👨‍👩‍👧:1', 'film:1']);
    expect(wordsOf(bert, 'a go\uFEFFod film')).toEqual(['a:1', 'go\uFEFFod:1', 'film:1']);
  });

  test('RoBERTa: spaces belong to the word after them, at the end to the word before', () => {
    const text = ' A warm,  funny film. ';
    const words = wordsOf(roberta, text);
    expect(words.map((word) => word.replace(/:\d+$/, ''))).toEqual(['A', 'warm', ',', 'funny', 'film', '.']);
  });
});

test.each([
  ['BERT', bert],
  ['RoBERTa', roberta],
])('%s: the pieces of all words are the text’s, whatever the text', (_, tokenizer) => {
  const { awkward } = fixtureJson('hf-saved-roberta/expected.json') as { awkward: { text: string }[] };
  expect(awkward.length).toBeGreaterThan(20);
  for (const { text } of awkward) {
    const { ids, words, wordOf } = tokenizer.encodeWords(text, WHOLE);
    expect(wordOf.length, text).toBe(ids.length);
    let end = 0;
    for (const word of words) {
      expect(word.start, text).toBeGreaterThanOrEqual(end);
      expect(word.end, text).toBeGreaterThan(word.start);
      end = word.end;
    }
  }
});

test('words whose pieces are cut off keep their place, and have no id', () => {
  const text = 'one two three four five six seven eight';
  const { ids, words, wordOf, cut } = bert.encodeWords(text, { maxLength: 6, truncation: 'head+tail' });
  expect(words.length).toBe(8);
  expect(cut).toBe(4);
  expect(wordOf).toEqual([-1, 0, 5, 6, 7, -1]); // a quarter of 4 from the front
  expect(ids).toEqual(bert.encode('one six seven eight', WHOLE).ids);
});

test('a tokenizer that parts nothing: one word', () => {
  const piecesOf = (text: string): number[] => [text.length];
  expect(wordSpans('a b c', piecesOf)).toEqual([{ start: 0, end: 5, pieces: 1 }]);
});

test('only what can’t be parted is joined', () => {
  // Each character is a piece but "c d", which are one.
  const piecesOf = (text: string): number[] =>
    Array.from(text.replace('c d', 'X').replace(/ /g, ''), (c) => c.charCodeAt(0));
  const text = 'a b c d e f';
  expect(wordSpans(text, piecesOf).map(({ start, end }) => text.slice(start, end))).toEqual([
    ...['a', 'b', 'c d', 'e', 'f'],
  ]);
});
