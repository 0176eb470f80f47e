/** A look at data: what is counted, what is found, and texts of the test data that are left out of training. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError, inspect, train } from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { bertuneOk, ON_TINY, TINY } from '../support/cli.js';
import { csv, readJsonFile, reviews, reviewsCsv, writeReviews } from '../support/reviews.js';

const LONG = 'it was a very long story with a good cast and a great script but not much of a plot and no end';

const rows = [
  ...[['a fine film', 'good'], ['a dull film', 'bad'], ['A fine film!', 'good'], ['a dull film.', 'good']],
  ...[[LONG, 'bad'], [`${LONG} at all`, 'bad'], ['', 'bad'], ['no label', ' '], ['seen in the test', 'good']],
]; // prettier-ignore

function folder(): string {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'train.csv'), csv([['text', 'label'], ...rows]));
  writeFileSync(join(cwd, 'test.csv'), csv([['text', 'label'], ['Seen in the test?', 'bad'], [`${LONG} or`, 'bad'], ['other', 'good']])); // prettier-ignore
  return cwd;
}

test('classes, gaps, duplicates, conflicts and leaks', async () => {
  const cwd = folder();
  const found = await inspect({ data: join(cwd, 'train.csv'), test: join(cwd, 'test.csv'), model: TINY });
  expect(found).toMatchObject({
    examples: 7,
    withoutText: ['line 8'],
    withoutLabel: ['line 9'],
    classes: [
      { label: 'bad', texts: 3, share: 3 / 7 },
      { label: 'good', texts: 4, share: 4 / 7 },
    ],
    duplicates: {
      texts: 2,
      examples: [
        { text: 'a fine film', places: ['line 2', 'line 4'], labels: ['good'] },
        { text: 'a dull film', places: ['line 3', 'line 5'], labels: ['bad', 'good'] },
      ],
    },
    nearDuplicates: { texts: 1, examples: [{ places: ['line 6', 'line 7'], labels: ['bad'] }] },
    conflicts: { texts: 2, examples: [{ text: 'a dull film', labels: ['bad', 'good'] }] },
    leaks: {
      exact: { texts: 1, examples: [{ places: ['line 10', 'test line 2'] }] },
      near: { texts: 2 },
    },
  });
});

test('lengths are counted in the model’s tokens, with what would be cut', async () => {
  const texts = [2, 6, 30, 40].map((words) => ({
    text: Array.from({ length: words }, () => 'film').join(' '),
    label: 'a',
  }));
  const { lengths, classes } = await inspect({ data: texts, model: TINY, maxLength: 20 });
  expect(classes).toEqual([{ label: 'a', texts: 4, share: 1 }]);
  expect(lengths).toEqual({
    texts: 4,
    ...{ mean: (4 + 8 + 32 + 42) / 4, median: 8, p95: 42, longest: 42, maxLength: 20, positions: 24 },
    ...{ cutTexts: 2, cutTokens: (12 + 22) / 86 },
    histogram: [
      { from: 1, to: 8, texts: 2 },
      { from: 9, to: 16, texts: 0 },
      { from: 17, to: 24, texts: 0 },
      { from: 25, to: 32, texts: 1 },
      { from: 33, to: 40, texts: 0 },
      { from: 41, to: 48, texts: 1 },
    ],
    // 18 tokens of a text are read at once; windows of 30 and 40 begin 13 after another: 18 + 17, and 18 + 18 + 14.
    truncations: [
      ...(['head', 'tail', 'head+tail'] as const).map((truncation) => ({
        ...{ truncation, kept: (2 + 6 + 18 + 18) / 78, cost: 1, windows: 4 },
      })),
      { truncation: 'windows', kept: 1, cost: (4 + 8 + 20 + 19 + 20 + 20 + 16) / 52, windows: 7 },
    ],
    suggestion:
      '--max-length 24 reads more; --truncation windows reads all, at 2.1 times the tokens of --max-length 20',
  });
});

test.each([
  [{ maxLength: 12 }, '--max-length 16 would read 95 % of the texts whole'],
  [{ maxLength: 16 }, '--max-length 16 reads all or nearly all of these texts'],
])('what is suggested at %j', async (options, suggestion) => {
  const data = Array.from({ length: 20 }, (_, i) => ({ text: 'film '.repeat(i % 3 ? 12 : 4), label: 'a' }));
  expect((await inspect({ data, model: TINY, ...options })).lengths.suggestion).toBe(suggestion);
});

describe('cleaning', () => {
  const data = [
    { text: 'a fine <b>film</b>', label: 'good' },
    { text: 'plain', label: 'good' },
    { text: '<br />', label: 'bad' },
    { text: `${'long '.repeat(20)}&amp; dull`, label: 'bad' },
    { text: 'a <i>third</i>', label: 'bad' },
    { text: 'a <i>fourth</i>', label: 'bad' },
  ];

  test('how many texts it changes, a few of them, and what it leaves nothing of', async () => {
    const { cleaning, examples, withoutText } = await inspect({ data, model: TINY });
    expect(withoutText).toEqual(['row 3']);
    expect(examples).toBe(5);
    expect(cleaning).toMatchObject({ cleaning: 'html', texts: 5 });
    expect(cleaning.examples).toEqual([
      { place: 'row 1', before: 'a fine <b>film</b>', after: 'a fine film' },
      { place: 'row 3', before: '<br />', after: '' },
      { place: 'row 4', before: '…ong long long long &amp; dull', after: '…ong long long long & dull' },
    ]);
  });

  test('without it: the same counts, and texts as they are', async () => {
    const found = await inspect({ data, model: TINY, clean: 'none' });
    expect(found).toMatchObject({ examples: 6, withoutText: [], cleaning: { cleaning: 'none', texts: 5 } });
  });
});

test('texts without labels can be looked at too', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'a.csv'), csv([['text'], ['a film'], ['a film'], ['a plot']]));
  const found = await inspect({ data: join(cwd, 'a.csv'), model: TINY });
  expect(found).toMatchObject({
    examples: 3,
    classes: [],
    duplicates: { texts: 1 },
    conflicts: { texts: 0 },
    leaks: undefined,
  });
});

describe('the command', () => {
  test('prints it for people and for machines', async () => {
    const cwd = folder();
    const args = ['inspect', 'train.csv', '--test', 'test.csv', '--model', TINY];
    const text = await bertuneOk(args, { cwd });
    expect(text).toContain('Texts       7\nNo text     1 row: line 8\nNo label    1 row: line 9\n');
    expect(text).toMatch(/Duplicates {2}2 that occur before/);
    expect(text).toMatch(/Leaks {7}1 that are in the test data too.*--drop-leaks/);
    expect(JSON.parse(await bertuneOk([...args, '--json'], { cwd }))).toMatchObject({ examples: 7 });
  });

  test('of many classes shows some, and control characters never', async () => {
    const cwd = tempFolder();
    const many = Array.from({ length: 250 }, (_, i) => [
      `the <b>film</b> \u001B[31m${i}`,
      `class ${i % 200}`,
    ]);
    writeFileSync(join(cwd, 'a.csv'), csv([['text', 'label'], ...many]));
    const text = await bertuneOk(['inspect', 'a.csv', '--model', TINY], { cwd });
    expect(text).toContain('Classes     200, the largest and the smallest:');
    expect(text.match(/^ {2}class \d+ +[12] +\d/gm)).toHaveLength(20);
    expect(text).toContain('… 180 more: --json');
    expect(text).toContain('Cleaning    --clean html turns tags and entities into text in 250 texts');
    expect(text).toContain('before  the <b>film</b> \uFFFD[31m0');
    expect(text).not.toContain('\u001B');
  });

  test('train warns of leaks, and leaves them out with --drop-leaks', async () => {
    const cwd = tempFolder();
    const all = reviews(40);
    writeReviews(cwd, 'train.csv', all.slice(0, 30));
    writeFileSync(
      join(cwd, 'test.csv'),
      reviewsCsv([...all.slice(30), { ...all[3]!, text: all[3]!.text.toUpperCase() }]),
    );
    const args = ['train', 'train.csv', '--test', 'test.csv', ...ON_TINY, '--dry-run'];
    expect(await bertuneOk(args, { cwd })).toContain(
      '1 of the texts to learn from is among those to evaluate on, which makes the result too good: --drop-leaks',
    );
    expect(await bertuneOk([...args, '--drop-leaks'], { cwd })).toMatch(
      /Texts {5}29 to learn from, 11 to evaluate on\n {10}1 of .*: left out/,
    );
    await train({
      ...{
        data: join(cwd, 'train.csv'),
        test: join(cwd, 'test.csv'),
        model: TINY,
        maxLength: 24,
        threads: 1,
      },
      ...{ out: join(cwd, 'run'), dropLeaks: true, maxSteps: 1 },
    });
    expect(readJsonFile(cwd, 'run/bertune.json')).toMatchObject({ data: { train_examples: 29 } });
    const error = await failureOf(
      train({ data: all, test: all, model: TINY, dropLeaks: true, out: join(cwd, 'none') }),
    );
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/all texts are in the test data too/);
  });
});
