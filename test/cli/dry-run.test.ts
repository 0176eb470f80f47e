/** `bertune train --dry-run`: what it prints, and that it leaves nothing behind. */
import { expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, expectRefused, listing, TINY_MODEL } from '../support/cli.js';
import { reviews, writeReviews } from '../support/reviews.js';

const ARGS = ['train', 'my reviews.csv', ...TINY_MODEL, '--epochs', '2', '--batch-size', '16'];

function folderWithReviews(): string {
  const cwd = tempFolder();
  writeReviews(cwd, 'my reviews.csv', reviews(24));
  return cwd;
}

test('prints the forecast and the command that runs it, and leaves nothing', async () => {
  const cwd = folderWithReviews();
  const before = listing(cwd);
  const { code, stdout, stderr } = await bertune([...ARGS, '--dry-run'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(listing(cwd)).toEqual(before);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.slice(0, 10).trim())).toEqual(
    ['Model', '', 'Labels', 'Kind', 'Texts', 'Length', 'Plan', 'Memory', 'Time', 'Run it'],
  ); // prettier-ignore
  expect(lines[3]).toBe('Kind      single_label_classification (found: one class for each text)');
  expect(lines[4]).toBe('Texts     22 to learn from, 2 to evaluate on');
  expect(lines[5]).toBe('Length    all training texts are read whole, as none has more than 24 tokens');
  expect(lines[6]).toMatch(/^Plan {6}4 updates of 16 texts: \d+ tokens in 4 micro-batches$/);
  expect(lines[7]).toMatch(/^Memory {4}\d[\d.]* [MG]B at its peak, of \d[\d.]* [MG]B that are there$/);
  expect(lines[8]).toBe('Time      a few seconds on this machine, evaluation included');
  const rest = ARGS.slice(2).join(' ');
  expect(lines[9]).toBe(`Run it    bertune train 'my reviews.csv' ${rest}`);
});

test('--json prints it for machines', async () => {
  const cwd = folderWithReviews();
  const stdout = await bertuneOk([...ARGS, '--max-length', '8', '--dry-run', '--json'], { cwd });
  const document = JSON.parse(stdout) as Record<string, unknown>;
  expect(document).toMatchObject({
    ...{ parameters: 15_058, labels: ['negative', 'positive'], train_examples: 22, test_examples: 2 },
    ...{ steps: 4, warmup_steps: 1, micro_batches: 4, settings: { maxLength: 8, batchSize: 16 } },
    memory_parts_bytes: { optimizer: 12 * 15_058 },
  });
  for (const name of ['cut_texts', 'cut_tokens_share', 'tokens', 'memory_peak_bytes', 'memory_limit_bytes']) {
    expect(document[name], name).toBeGreaterThan(0);
  }
  expect(document['seconds']).toBeGreaterThan(0);
});

test('refuses what a run refuses', async () => {
  const cwd = folderWithReviews();
  await expectRefused(cwd, [...ARGS, '--max-length', '25', '--dry-run'], /reads 3 to 24 tokens/);
  await expectRefused(cwd, ['train', 'none.csv', '--dry-run'], /none\.csv/);
});

test('pretrain has the same: the forecast, for machines too, and nothing is left', async () => {
  const cwd = folderWithReviews();
  const args = ['pretrain', 'my reviews.csv', ...TINY_MODEL, '--batch-size', '4'];
  const before = listing(cwd);
  const { code, stdout, stderr } = await bertune([...args, '--dry-run'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.slice(0, 10).trim())).toEqual(
    ['Model', 'Texts', 'Plan', 'Memory', 'Time', 'Run it'],
  ); // prettier-ignore
  expect(lines[0]).toMatch(/: [\d,]+ parameters, a new head for masked tokens$/);
  expect(lines[1]).toBe('Texts     24, in 24 windows of at most 24 tokens; 1 set aside to measure on');
  expect(lines[2]).toMatch(/^Plan {6}6 updates of 4 windows: \d+ tokens in 6 micro-batches$/);
  expect(lines[3]).toMatch(/^Memory {4}\d[\d.]* [MG]B at its peak, of \d[\d.]* [MG]B that are there$/);
  expect(lines[5]).toBe(`Run it    bertune pretrain 'my reviews.csv' ${args.slice(2).join(' ')}`);
  const document = JSON.parse(await bertuneOk([...args, '--dry-run', '--json'], { cwd })) as object;
  expect(document).toMatchObject({ texts: 24, windows: { train: 23, test: 1 }, steps: 6, micro_batches: 6 });
  await expectRefused(
    cwd,
    ['pretrain', '--resume', 'runs/x', '--dry-run'],
    /leave out --dry-run|no checkpoint/,
  );
  expect(listing(cwd)).toEqual(before);
});
