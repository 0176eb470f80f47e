/** Texts and labels that are made to be more than text, through the commands that show them, and what they write. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { bertune, bertuneOk, sharedFolder, TINY, TINY_MODEL } from '../support/cli.js';
import { CONTROLS, FORMULAS, HARMFUL, isFormula, MARKUP } from '../support/payloads.js';
import { csv, reviews } from '../support/reviews.js';

const cwd = sharedFolder();
const cache = join(cwd, 'hf/hub');
const env = { HF_HOME: join(cwd, 'hf') };
/** Each begins a formula, and would write to a terminal. */
const LABELS = [
  `=cmd|' /C calc'!A0 ${CONTROLS[0]!}${MARKUP[0]!}`,
  `@b${CONTROLS.slice(1, 12).join('')}\u202e`,
];

/** A file in which each text is a formula, a control and markup, with words that the tiny model knows. */
function writeTexts(name: string, begin: number): void {
  const rows = reviews(140, LABELS).map(({ text, label }, i) => {
    const payload = `${FORMULAS[i % FORMULAS.length]!} ${CONTROLS[i % CONTROLS.length]!} ${MARKUP[i % MARKUP.length]!}`;
    // No CSV may hold a NUL: such a file is refused.
    return [`${payload.replaceAll('\0', '')} ${text} ${begin + i}`, label];
  });
  writeFileSync(join(cwd, name), csv([['text', 'label'], ...rows]));
}

beforeAll(async () => {
  writeTexts('a.csv', 0);
  writeTexts('b.csv', 1000);
  for (const seed of ['1', '2']) {
    const args = ['train', 'a.csv', ...TINY_MODEL, '--max-steps', '3', '--seed', seed, '--out', `run${seed}`];
    await bertuneOk(args, { cwd });
  }
  // What somebody else's tool may have put into the cache that all share.
  const folder = join(cache, `models--org--x${CONTROLS[0]!}\u202e`, 'snapshots', 'a'.repeat(40));
  mkdirSync(folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(TINY, 'config.json'), 'utf8')) as object;
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ ...config, model_type: `bert${CONTROLS.join('')}` }),
  );
});

describe(`texts of ${CONTROLS.length} controls, ${FORMULAS.length} formulas and markup`, () => {
  test.each<readonly [string, readonly string[]]>([
    ['errors', ['errors', 'run1', 'b.csv', '--top', '100']],
    ['suspects', ['suspects', 'b.csv', '--top', '100']],
    ['compare', ['compare', 'run1', 'run2', 'b.csv']],
    ['sweep', ['sweep', 'a.csv', ...TINY_MODEL, '--learning-rate', '1e-3,1e-4', '--max-steps', '2', '--out', 'sweep']],
    ['folds', ['train', 'a.csv', ...TINY_MODEL, '--folds', '2', '--max-steps', '2', '--out', 'folds']],
    ['explain', ['explain', 'run1', '--file', 'few.csv']],
    ['calibrate', ['calibrate', 'run2', 'b.csv', '--label', LABELS[0]!, '--target-recall', '0.2']],
    ['predict', ['predict', 'run1', '--file', 'few.csv']],
    ['report', ['report', 'run1', 'run2', '--out', 'both.html']],
    ['export', ['export', 'run1', '--out', 'exported', '--force']],
    ['models', ['models']],
  ])('%s: no control character gets through, in words or as JSON', async (_, args) => {
    writeFileSync(join(cwd, 'few.csv'), readFileSync(join(cwd, 'b.csv'), 'utf8').split('"\n').slice(0, 8).join('"\n') + '"\n'); // prettier-ignore
    for (const how of [[], ['--json']]) {
      const { code, stdout, stderr } = await bertune([...args, ...how], { cwd, env });
      // A sweep goes on, folds are there already.
      if (args.includes('folds')) args = [...args, '--force'];
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).not.toMatch(HARMFUL);
      if (args[0] === 'models') expect(stdout).toContain('org/x');
      if (how.length > 0 && stdout !== '') for (const line of documents(stdout)) JSON.parse(line);
    }
  }); // prettier-ignore

  test.each<readonly [string, readonly string[]]>([
    ['suspects.csv', ['suspects', 'b.csv', '--all', '--out', 'suspects.csv']],
    ['suspects.tsv', ['suspects', 'b.csv', '--all', '--out', 'suspects.tsv']],
    ['scored.csv', ['predict', 'run1', '--file', 'b.csv', '--out', 'scored.csv']],
    ['folds/out_of_fold.csv', ['train', 'a.csv', ...TINY_MODEL, '--folds', '2', '--max-steps', '2', '--out', 'folds', '--force']],
  ])('%s: no field is a formula', async (file, args) => {
    await bertuneOk(args, { cwd });
    const delimiter = file.endsWith('.tsv') ? '\t' : ',';
    const rows: string[][] = parse(readFileSync(join(cwd, file)), { delimiter });
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.flat().filter(isFormula)).toEqual([]);
    expect(rows.flat().filter((field) => field.startsWith("'")).length).toBeGreaterThan(20);
  }); // prettier-ignore
});

/** One document, or one a line. */
function documents(text: string): string[] {
  try {
    JSON.parse(text);
    return [text];
  } catch {
    return text.trim().split('\n');
  }
}
