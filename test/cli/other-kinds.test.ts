/** What commands for classes say of several labels and of numbers: they work, or say in one sentence that they don't. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveRun } from '../../src/api/live.js';
import { train, type TrainEvent } from '../../src/index.js';
import { bertuneOk, expectRefused, sharedFolder, TINY } from '../support/cli.js';
import { csv, reviews } from '../support/reviews.js';
import { seen } from '../support/page.js';

const folder = sharedFolder();
const cwd = folder;
const all = reviews(40);
const HEADINGS = {
  multi_label_classification: ['How it learnt', 'How it does on each label', 'What it gets wrong'],
  regression: ['How it learnt', 'How near it comes', 'Where it is furthest off'],
};
const LABELS = {
  multi_label_classification: (label: string, i: number) => (i % 3 === 0 ? `${label}|short` : label),
  regression: (label: string, i: number) => String((label === all[0]!.label ? 1.5 : 4.5) + i / 100),
};

describe.each(['multi_label_classification', 'regression'] as const)('%s', (kind) => {
  const data = `${kind}.csv`;
  const live = new LiveRun(kind);
  beforeAll(async () => {
    const rows = (some: typeof all): string[][] =>
      some.map(({ text, label }, i) => [text, LABELS[kind](label, i)]);
    writeFileSync(join(folder, data), csv([['text', 'label'], ...rows(all)]));
    writeFileSync(join(folder, `other-${data}`), csv([['text', 'label'], ...rows(all.slice(0, 20))]));
    const options = {
      model: TINY,
      maxLength: 24,
      threads: 1,
      maxSteps: 1,
      evalSteps: 1,
      baseline: false,
    } as const;
    const onEvent = (event: TrainEvent): void => {
      live.onEvent(event);
    };
    await train({ ...options, data: join(folder, data), out: join(folder, kind), onEvent });
  });

  test.each([
    ['errors', [kind, data], /errors are listed only where each text has one class/],
    ['compare', [kind, kind, data], /only models of classes are compared/],
    ['calibrate', [kind, `other-${data}`], /only classes have a temperature/],
    ['suspects', [data], /only classes are cross-validated/],
    ['sweep', [data, '--model', TINY, '--learning-rate', '1e-4,1e-3'], /only for classes are settings tried/],
  ])('%s is refused by name', async (command, args, message) => {
    await expectRefused(cwd, [command, ...args], new RegExp(`is for ${kind}.*${message.source}`));
  });

  test('has a report, with its verdict, that is made again the same, and of other texts', async () => {
    const page = join(folder, kind, 'report.html');
    const before = readFileSync(page, 'utf8');
    const results = JSON.parse(readFileSync(join(folder, kind, 'eval_results.json'), 'utf8')) as Record<
      string,
      number
    >;
    const start =
      kind === 'regression'
        ? `Off by ${Number(results['eval_mae']!.toPrecision(3))} on average on`
        : `F1 of ${results['eval_f1_micro']!.toFixed(3)} over all labels of`;
    const verdict = `${start} ${results['eval_examples']!} texts`;
    expect(seen(before)).toContain(`${verdict} it has not seen`);
    expect(seen(before)).not.toMatch(/undefined|NaN|\[object|Infinity/);
    for (const heading of HEADINGS[kind]) expect(seen(before)).toContain(heading);

    rmSync(page);
    expect(await bertuneOk(['report', kind], { cwd })).toBe(`Report    ${kind}/report.html\n`);
    expect(readFileSync(page, 'utf8') === before).toBe(true);

    const args = ['report', kind, '--data', `other-${data}`, '--out', `${kind}.html`, '--threads', '1'];
    await bertuneOk(args, { cwd });
    expect(seen(readFileSync(join(folder, `${kind}.html`), 'utf8'))).toContain(' 20 texts it has not seen');
    await expectRefused(cwd, ['report', kind, '--explain', '1'], new RegExp(`is for ${kind}.*--explain`));
  });

  test('is watched: the page of a run under way has its loss and its score', async () => {
    const page = seen(await live.page());
    expect(page).toMatch(
      kind === 'regression'
        ? /-?\d\.\d{3} Held-out Pearson correlation .* mean squared error/
        : /\d\.\d{3} Held-out F1, all labels together .* binary cross-entropy/,
    );
    expect(page).not.toMatch(/undefined|NaN|\[object|Infinity/);
  });

  test('runs are compared with each other, not with another kind', async () => {
    const other = join(folder, `other-of-${kind}`);
    cpSync(join(folder, kind), other, { recursive: true });
    const table = await bertuneOk(['report', kind, `other-of-${kind}`], { cwd });
    expect(table).toMatch(
      kind === 'regression'
        ? /^mean absolute error( +\d\.\d{4} \(.*?\)){2}$/m
        : /^F1, all labels together( +\d\.\d{4} \(.*?\)){2}$/m,
    );
    const path = join(other, 'eval_results.json');
    const results = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...results, eval_problem_type: 'single_label_classification' }));
    await expectRefused(
      cwd,
      ['report', kind, `other-of-${kind}`],
      new RegExp(
        `^.*${kind} is for ${kind} and other-of-${kind} for single_label_classification: only runs of the same kind`,
      ),
    );
  });

  test('is explained', async () => {
    const stdout = await bertuneOk(['explain', kind, 'a great film', '--threads', '1'], { cwd });
    if (kind === 'regression') {
      expect(stdout).toMatch(/^-?\d+\.?\d*\nNumber {2}-?\d+\.\d{3}, /);
      expect(stdout).not.toMatch(/LABEL_0|%/);
    } else expect(stdout).toMatch(/^\w+ \d+\.\d %\nLogit of /);
  });
});
