/** Data as users bring it: patterns, names that are mistyped, standard input that never ends, pairs, several labels. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bertune, ON_TINY, sharedFolder, start, TINY } from '../support/cli.js';
import { csv, reviews, writeReviews } from '../support/reviews.js';

const folder = sharedFolder();
const all = reviews(40);
mkdirSync(join(folder, 'parts'));
writeReviews(folder, 'train.csv', all);
writeReviews(join(folder, 'parts'), 'a.csv', all.slice(0, 20));
writeReviews(join(folder, 'parts'), 'b.csv', all.slice(20));

test('a pattern in quotes stands for its files; one that nothing is like is refused', async () => {
  const found = await bertune(['train', 'parts/*.csv', ...ON_TINY, '--no-baseline'], { cwd: folder });
  expect(found.stderr).toContain('Texts     36 to learn from, 4 to evaluate on');
  expect(found.stdout).toContain('Saved     runs/parts');
  const none = await bertune(['inspect', 'parts/*.tsv'], { cwd: folder });
  expect(none).toMatchObject({ code: 2, stderr: 'error: no file is like parts/*.tsv\n' });
});

test('a file without a header is said to have none, by train, inspect and predict', async () => {
  writeFileSync(join(folder, 'bare.csv'), csv(all.map(({ text, label }) => [label, `${text} ${text}`])));
  const note = /^Note {6}bare\.csv has no header: its first line is read as a row, column 2 the text/m;
  for (const args of [
    ['train', 'bare.csv', ...ON_TINY, '--dry-run'],
    ['inspect', 'bare.csv'],
  ]) {
    const { code, stderr } = await bertune(args, { cwd: folder });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(note);
    expect(stderr).toContain('column 2 the text, column 1 the label.');
    expect(stderr.match(/has no header/g)).toHaveLength(1);
  }
  const { stderr } = await bertune(['predict', TINY, '--file', 'bare.csv'], { cwd: folder });
  expect(stderr).toMatch(note);
  const named = await bertune(['inspect', 'train.csv'], { cwd: folder });
  expect(named.stderr).toBe('');
});

test('of a mistyped ending the file that was meant is named', async () => {
  const { code, stderr } = await bertune(['train', 'train.cvs', ...ON_TINY], { cwd: folder });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'error: no such file: train.cvs; did you mean train.csv?\n',
  });
});

test('the first Ctrl-C ends the wait for standard input', async () => {
  const running = start(['train', '-', ...ON_TINY], { cwd: folder });
  // More than the system keeps for a reader: once all of it is written, most of it has been read.
  const rows = `text,label\n${'a fine film,good\n'.repeat(1e5)}`;
  await new Promise((resolve) => running.child.stdin.write(rows, resolve));
  running.child.kill('SIGINT');
  const { code, stderr } = await running.finished;
  expect(code).toBe(130);
  expect(stderr).toContain('error: stopped while standard input was read; nothing was saved.');
});

test('several labels and pairs, predicted into files that can be read again', async () => {
  const several = all.map(({ text, label }, i) => [text, i % 3 === 0 ? `${label};short` : label]);
  writeFileSync(join(folder, 'several.csv'), csv([['text', 'labels'], ...several]));
  const trained = await bertune(['train', 'several.csv', ...ON_TINY], { cwd: folder });
  expect(trained.stderr).toMatch(/Kind {6}multi_label_classification \(found: ";" separates labels/);
  expect(trained.stdout).toMatch(/^F1 {8}0\.\d{4} .*micro; macro/);
  const run = ['predict', 'runs/several', '--file', 'several.csv', '--out', 'scored.csv'];
  expect((await bertune(run, { cwd: folder })).code).toBe(0);
  const { stdout } = await bertune(['predict', 'runs/several', 'a fine film', '--json'], { cwd: folder });
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['text', 'labels', 'label', 'score', 'scores']);

  const pairs = all.map(({ text, label }, i) => [text, all[(i + 1) % 40]!.text, label]);
  writeFileSync(join(folder, 'pairs.csv'), csv([['sentence1', 'sentence2', 'label'], ...pairs]));
  const paired = await bertune(['train', 'pairs.csv', ...ON_TINY, '--no-baseline'], { cwd: folder });
  expect(paired.stderr).toContain('of pairs of texts');
  const one = await bertune(['predict', 'runs/pairs', 'a fine film', '--text-pair', 'a dull one'], {
    cwd: folder,
  });
  expect(one.stdout).toContain('a fine film | a dull one');
  const lines = await bertune(['predict', 'runs/pairs'], { cwd: folder, input: 'a fine film\ta dull one\n' });
  expect(lines.stdout).toBe(one.stdout);
  const single = await bertune(['predict', 'runs/pairs', 'a fine film'], { cwd: folder });
  expect(single).toMatchObject({ code: 2 });
  expect(single.stderr).toContain('the model reads pairs of texts');
});
