/** What the command line says about itself, and about arguments that it doesn't know. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, expectRefused } from '../support/cli.js';

test.each([['demo'], ['train'], ['evaluate'], ['predict'], ['explain'], ['report']])(
  '%s --help explains and exits 0',
  async (name) => {
    const { code, stdout, stderr } = await bertune([name, '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Usage: bertune ${name}`);
    if (name !== 'demo') expect(stdout).toMatch(new RegExp(`Examples:\\n( {2}bertune ${name} .+\\n){2,}`));
    else expect(stdout).toContain('2,000 IMDB reviews');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  },
);

test('--help lists the commands, and train --help every option of the issue with its default', async () => {
  const root = await bertuneOk(['--help']);
  for (const name of ['demo', 'train', 'evaluate', 'predict']) {
    expect(root).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  }
  const help = await bertuneOk(['train', '--help']);
  const options =
    'model test test-split text-column label-column out force epochs max-steps batch-size ' +
    'gradient-accumulation-steps learning-rate warmup-steps warmup-ratio schedule weight-decay max-grad-norm dropout ' +
    'max-length truncation order clean logging-steps seed threads config json help';
  for (const option of options.split(' ')) expect(help).toMatch(new RegExp(`--${option}\\b`));
  expect(help).toMatch(/--seed <number>[^-]*\(default: 42\)/);
  expect(help.replace(/\s+/g, ' ')).toMatch(/--schedule <name> [^<]*linear \| cosine \| constant/);
});

test('commands and many options stand in groups, each option once', async () => {
  const root = await bertuneOk(['--help']);
  expect(root.match(/^\S.*:$/gm)).toEqual(['Options:', 'Train:', 'Judge:', 'Use:', 'Examples:']);
  const help = await bertuneOk(['train', '--help']);
  expect(help.match(/^[A-Z][a-z, ]+:$/gm)).toEqual([
    ...['Arguments:', 'Data and model:', 'The run:', 'Training:', 'For accuracy, or less time:'],
    ...['Choosing by texts set aside:', 'Long texts:', 'Options:', 'Examples:'],
  ]);
  const flags = help.match(/^ {2}--[a-z-]+/gm)!;
  expect(new Set(flags).size).toBe(flags.length);
  expect(flags.length).toBeGreaterThan(45);
});

test('--version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await bertune(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('without a command the help goes to stderr, as nothing was asked for', async () => {
  const { code, stdout, stderr } = await bertune([]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: bertune');
});

describe('is refused in one line, with exit code 2', () => {
  test.each([
    ['tran', /unknown command 'tran'; did you mean train\?/],
    ['train x.csv --learning-rat 1', /unknown option '--learning-rat'; did you mean --learning-rate\?/],
    ['predict x hi --jsn', /unknown option '--jsn'; did you mean --json\?/],
    ['evaluate x', /missing required argument 'data'/],
    ['demo a.csv', /too many arguments.*Expected 0 arguments but got 1/],
    ['train a.csv --seed', /option '--seed <number>' argument missing/],
  ])('bertune %s', async (line, message) => {
    await expectRefused(tempFolder(), line.split(' '), message);
  });
});
