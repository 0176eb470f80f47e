import { describe, expect, test } from 'vitest';
import type { WordContribution } from '../../src/explain/explain.js';
import { EXPLANATION_CSS, explanationHtml, shortened } from '../../src/explain/html.js';
import { rankWords, stretchesOf } from '../../src/explain/ranking.js';

/** The words of a text, split at spaces, with their contributions. */
function wordsOf(text: string, contributions: readonly (number | null)[]): WordContribution[] {
  return Array.from(text.matchAll(/\S+/g), ({ index, 0: word }, i) => {
    return { word, start: index, end: index + word.length, contribution: contributions[i]! };
  });
}

test('words are ranked with all their places together, punctuation left out', () => {
  const words = wordsOf('Fine film , fine end ! dull', [1, -0.5, 9, 0.75, 0.25, -9, -2]);
  expect(rankWords(words, 2)).toEqual({
    for: [
      { word: 'Fine', times: 2, contribution: 1.75 },
      { word: 'end', times: 1, contribution: 0.25 },
    ],
    against: [
      { word: 'dull', times: 1, contribution: -2 },
      { word: 'film', times: 1, contribution: -0.5 },
    ],
  });
});

test('stretches are the text, with strengths in steps of the largest contribution', () => {
  const text = ' a  superb\nplot, cut off ';
  const words = wordsOf(text, [0.1, 2, -1.1, null, null]);
  const stretches = stretchesOf(text, words);
  expect(stretches.map((stretch) => stretch.text).join('')).toBe(text);
  expect(stretches.map((stretch) => [stretch.text, stretch.strength])).toEqual([
    [' ', 0],
    ['a', 0],
    ['  ', 0],
    ['superb', 4],
    ['\n', 0],
    ['plot,', -2],
    [' ', 0],
    ['cut', null],
    [' ', null],
    ['off', null],
    [' ', null],
  ]);
  expect(stretchesOf('a b', wordsOf('a b', [0, 0])).map(({ strength }) => strength)).toEqual([0, 0, 0]);
});

test('of a long part that was not read, both ends are shown', () => {
  const long = 'x'.repeat(100) + 'y'.repeat(100);
  const shown = shortened([
    { text: 'a', strength: 1 },
    { text: long.slice(0, 100), strength: null },
    { text: long.slice(100), strength: null },
  ]);
  expect(shown).toEqual([
    { text: 'a', strength: 1 },
    { text: `${'x'.repeat(60)} … ${'y'.repeat(60)}`, strength: null },
  ]);
});

describe('as HTML', () => {
  test('classes by strength, contributions as titles', () => {
    const text = 'a superb dull end';
    const html = explanationHtml({ text, words: wordsOf(text, [0.1, 2, -1, null]) });
    expect(html).toBe(
      '<div class="why">a <span class="for-4" title="+2.000">superb</span> ' +
        '<span class="against-2" title="-1.000">dull</span> <span class="cut">end</span></div>',
    );
    for (const name of ['for-4', 'against-2', 'cut']) expect(EXPLANATION_CSS).toContain(`.why .${name}{`);
  });

  test('whatever a text holds is shown as text', () => {
    const text = `<script>alert(1)</script> <img onerror="x"> & 'q' \u202Eabc\u0007 \uD800`;
    const html = explanationHtml({ text, words: wordsOf(text, [1, 1, -1, 1, 1, 1, null]) });
    expect(html.replace(/<\/?(div|span)( class="[a-z0-9-]+")?( title="[+-][\d.]+")?>/g, '')).not.toMatch(
      // eslint-disable-next-line no-control-regex
      /[<>"'\u202E\u0007\uD800]/u,
    );
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});
