/** `bertune explain` on the folder that Python saved. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Explanation } from '../../src/index.js';
import { bertune, bertuneOk, expectRefused, sharedFolder, TINY } from '../support/cli.js';
import { csv } from '../support/reviews.js';

const folder = sharedFolder();
const TEXT = 'I loved the music; I hated the script.';

const lines = (text: string): Explanation[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Explanation);

test('prints the prediction, the text, and the words for and against', async () => {
  const { code, stdout, stderr } = await bertune(['explain', TINY, TEXT, '--threads', '1', '--top', '2']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^positive \d+\.\d %\nLogit of "positive" {2}-?\d+\.\d{3}, /);
  expect(stdout).toContain(`\n${TEXT}\n`);
  const [, supporting = '', against = ''] = /\nFor "positive"\n(.*)Against\n(.*)$/s.exec(stdout) ?? [];
  expect(supporting).toMatch(/^ {2}loved +\+\d\.\d{3} {2}█+\n$/);
  expect(against).toMatch(/^ {2}hated +-\d\.\d{3} {2}█+\n {2}the x 2 +-\d\.\d{3} {2}█+\n$/);
});

test('--json: one object a line; arguments, --file and standard input give the same', async () => {
  const texts = [TEXT, 'Brilliant!'];
  writeFileSync(join(folder, 'texts.csv'), csv([['text'], ...texts.map((text) => [text])]));
  const options = ['--json', '--threads', '1'];
  const byArgument = await bertuneOk(['explain', TINY, ...options, ...texts]);
  const byFile = await bertuneOk(['explain', TINY, ...options, '--file', join(folder, 'texts.csv')]);
  const byStdin = await bertuneOk(['explain', TINY, ...options], { input: texts.join('\n') });
  expect(byFile).toBe(byArgument);
  expect(byStdin).toBe(byArgument);
  const [first] = lines(byArgument);
  expect(Object.keys(first!)).toEqual(
    'text label score scores explained baseline logit baseline_logit words cut residual complete intervals'.split(
      ' ',
    ),
  );
  for (const { word, start, end } of first!.words) expect(TEXT.slice(start, end)).toBe(word);
  const total = first!.words.reduce((sum, { contribution }) => sum + contribution!, 0);
  expect(total).toBeCloseTo(first!.logit - first!.baseline_logit + first!.residual, 9);
});

test('--label asks about another label, --baseline mask begins elsewhere', async () => {
  const ask = async (...more: string[]): Promise<Explanation> =>
    lines(await bertuneOk(['explain', TINY, TEXT, '--json', '--threads', '1', ...more]))[0]!;
  const [usual, other, mask] = [
    await ask(),
    await ask('--label', 'negative'),
    await ask('--baseline', 'mask'),
  ];
  expect(other).toMatchObject({ label: 'positive', explained: 'negative', baseline: 'pad' });
  expect(mask).toMatchObject({ explained: 'positive', baseline: 'mask' });
  expect(mask.logit).toBeCloseTo(usual.logit, 4); // the path ends at the text, but for rounding
  expect(mask.baseline_logit).not.toBe(usual.baseline_logit);
});

test('what was cut is said, and control characters of a text never reach the terminal', async () => {
  const text = `\u001b[31mfine\u0007 \u202Efilm ${'and a long story '.repeat(8)}`;
  const stdout = await bertuneOk(['explain', TINY, text, '--threads', '1']);
  // eslint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/[\u001b\u0007\u202E]/);
  expect(stdout).toMatch(/\nNot read: \d+ of \d+ words \(\d+ word pieces\), beyond the model's length\.\n/);
});

describe('is refused', () => {
  test.each([
    [['--label', 'postive', 'fine'], /the label "postive" is not one of .*Did you mean "positive"\?/],
    [['--baseline', 'zero', 'fine'], /'--baseline <name>' argument 'zero' is invalid/],
    [['--top', 'many', 'fine'], /--top is "many", expected a number/],
    [['fine', '--file', 'a.csv'], /give either texts or --file/],
    [[' '], /text 1 is empty/],
  ])('%j', async (args, message) => {
    await expectRefused(folder, ['explain', TINY, ...args], message);
  });
});

describe('pairs', () => {
  const PAIR = ['it was fine', '--text-pair', 'I hated the script', '--threads', '1'];

  test('both texts are shown apart, with what each adds', async () => {
    const stdout = await bertuneOk(['explain', TINY, ...PAIR]);
    expect(stdout).toMatch(
      /\nFirst text, [+-]\d\.\d{3}\nit was fine\n\nSecond text, [+-]\d\.\d{3}\nI hated the script\n/,
    );
    expect(stdout).toMatch(/\nSecond text, (?:for "\w+"|against)\n {2}\w+ +[+-]\d\.\d{3} {2}█/);
  });

  test('--json has the words of each; a file with a column for the second text gives the same', async () => {
    const [found] = lines(await bertuneOk(['explain', TINY, ...PAIR, '--json']));
    expect(found!.words.map(({ word }) => word)).toEqual(['it', 'was', 'fine']);
    expect(found!.pair_words!.map(({ word }) => word)).toEqual(['I', 'hated', 'the', 'script']);
    writeFileSync(join(folder, 'pairs.csv'), csv([['a', 'b'], ['it was fine', 'I hated the script']])); // prettier-ignore
    const columns = ['--file', 'pairs.csv', '--text-column', 'a', '--text-pair-column', 'b'];
    const args = ['explain', TINY, ...columns, '--threads', '1', '--json'];
    expect(lines(await bertuneOk(args, { cwd: folder }))).toEqual([found]);
  });

  test.each([
    [['a', 'b', '--text-pair', 'c'], /--text-pair goes with one text/],
    [['a', '--text-pair-column', 'c'], /--text-pair-column goes with --file/],
    [['a', '--text-pair', 'c', '--similar', '3'], /--similar looks for single texts/],
  ])('%j is refused', async (args, message) => {
    await expectRefused(folder, ['explain', TINY, ...args], message);
  });
});
