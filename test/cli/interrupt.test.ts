/** Runs that end before they are done: by a signal, or because the numbers went wrong. */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { BIN, bertune, bertuneOk, listing, ON_TINY, start, TINY } from '../support/cli.js';
import { readJsonFile, reviews, writeReviews } from '../support/reviews.js';

const ENDLESS = ['train', 'a.csv', ...ON_TINY, '--epochs', '100000'];

describe.skipIf(process.platform === 'win32')('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: the step is finished, where things stand is said, exit code %i', async (signal, code) => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    const { child, finished, seen } = start([...ENDLESS, '--out', 'runs/x'], { cwd });
    await seen('stderr', (text) => text.includes('This will take'));
    await wait(300);
    child.kill(signal);
    const result = await finished;
    expect(result.code).toBe(code);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('\nFinishing the step under way. (once more to leave at once)\n');
    expect(result.stderr).toMatch(
      /\nerror: stopped after step ([1-9]\d*) of 200000 \(epoch \d+\.\d\d, loss \d+\.\d+\)\. Saved as runs\/x\/checkpoint-\1; to go on: bertune train --resume runs\/x\n$/,
    );
    expect(readdirSync(join(cwd, 'runs'))).toEqual(['x']);
  });

  test('an earlier run is as it was after Ctrl-C on its replacement', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    await bertuneOk(['train', 'a.csv', ...ON_TINY, '--out', 'x'], { cwd });
    const before = listing(cwd);
    const { child, finished, seen } = start([...ENDLESS, '--out', 'x', '--force'], { cwd });
    await seen('stderr', (text) => text.includes('This will take'));
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
    const [checkpoint] = readdirSync(join(cwd, 'x')).filter((name) => name.startsWith('checkpoint-'));
    rmSync(join(cwd, 'x', checkpoint!), { recursive: true });
    const isRun = (line: string): boolean => !/^x /.test(line); // the folder's own time
    expect(listing(cwd).filter(isRun)).toEqual(before.filter(isRun));
  });

  test('Ctrl-C ends a wait for standard input', async () => {
    const { child, finished, seen } = start(['predict', TINY, '--threads', '1']);
    // As many as are read at once, so that their answers show that it waits for more.
    child.stdin.write('a fine film\n'.repeat(2048));
    await seen('stdout', (text) => text.split('\n').length > 2048);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toBe('\nStopping. (once more to leave at once)\nerror: stopped after 2,048 texts.\n');
  });

  test('a reader that has seen enough is no error', async () => {
    const cwd = tempFolder();
    const script = `yes 'a fine film' | head -n 3000 | "$0" "$1" predict "$2" --threads 1 | head -n 1; echo "\${PIPESTATUS[2]}"`;
    const child = spawn('bash', ['-c', script, process.execPath, BIN, TINY], { cwd });
    let output = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr.on('data', (part: Buffer) => (output += part.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    expect(output).toMatch(/^(positive|negative) .*a fine film\n0\n$/);
  });

  test('no room for the weights: one line, exit code 2, nothing left', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    const before = listing(cwd);
    // No file may be longer than 16 KiB, which is what a full disk looks like from inside.
    const child = spawn(
      'bash',
      ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, BIN, 'train', 'a.csv', ...ON_TINY],
      { cwd },
    );
    let errors = '';
    child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(errors).toMatch(/\nerror: cannot write runs\/a\/model\.safetensors: .*\n$/);
    expect(code).toBe(2);
    expect(listing(cwd)).toEqual(before);
  });
});

test('a loss that is no number any more stops the run, naming the step and the texts', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(24));
  const before = listing(cwd);
  // Decay of 10 at a rate of 1 makes each weight -9 times what it was.
  const spoiling =
    '--learning-rate 1 --weight-decay 10 --max-grad-norm 0 --warmup-ratio 0 --schedule constant';
  const { code, stdout, stderr } = await bertune(
    ['train', 'a.csv', ...ON_TINY, '--epochs', '300', ...spoiling.split(' ')],
    { cwd },
  );
  expect(code).toBe(1);
  expect(stdout).toBe('');
  const [, step, before_] =
    /\nerror: step (\d+): the loss is NaN\..*weights are those of step (\d+).*line \d+.*--learning-rate/.exec(
      stderr,
    ) ?? [];
  expect(Number(step)).toBeGreaterThan(1);
  expect(Number(before_)).toBe(Number(step) - 1);
  expect(stderr).not.toMatch(/ {4}at /);
  expect(listing(cwd)).toEqual(before);
});

test('--max-steps ends a run early, on the schedule of so many steps', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(24));
  const args = [...ENDLESS, '--max-steps', '3', '--logging-steps', '1', '--warmup-ratio', '0', '--out', 'x'];
  await bertuneOk(args, { cwd });
  const { log_history: log } = readJsonFile(join(cwd, 'x'), 'trainer_state.json') as {
    log_history: { learning_rate?: number }[];
  };
  const rates = log.flatMap((entry) => entry.learning_rate ?? []);
  expect(rates.map((rate) => rate / rates[0]!)).toEqual(
    [1, 2 / 3, 1 / 3].map((x) => expect.closeTo(x, 12) as number),
  );
});
