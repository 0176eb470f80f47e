/** What commands for classes say of several labels and of numbers: they work, or say in one sentence that they don't. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { train } from '../../src/index.js';
import { bertuneOk, expectRefused, sharedFolder, TINY } from '../support/cli.js';
import { csv, reviews } from '../support/reviews.js';

const folder = sharedFolder();
const cwd = folder;
const all = reviews(40);
const LABELS = {
  multi_label_classification: (label: string, i: number) => (i % 3 === 0 ? `${label}|short` : label),
  regression: (label: string, i: number) => String((label === all[0]!.label ? 1.5 : 4.5) + i / 100),
};

describe.each(['multi_label_classification', 'regression'] as const)('%s', (kind) => {
  const data = `${kind}.csv`;
  beforeAll(async () => {
    const rows = (some: typeof all): string[][] =>
      some.map(({ text, label }, i) => [text, LABELS[kind](label, i)]);
    writeFileSync(join(folder, data), csv([['text', 'label'], ...rows(all)]));
    writeFileSync(join(folder, `other-${data}`), csv([['text', 'label'], ...rows(all.slice(0, 20))]));
    const options = { model: TINY, maxLength: 24, threads: 1, maxSteps: 1, baseline: false } as const;
    await train({ ...options, data: join(folder, data), out: join(folder, kind) });
  });

  test.each([
    ['errors', [kind, data], /errors are listed only where each text has one class/],
    ['compare', [kind, kind, data], /only models of classes are compared/],
    ['calibrate', [kind, `other-${data}`], /only classes have a temperature/],
    ['suspects', [data], /only classes are cross-validated/],
    ['sweep', [data, '--model', TINY, '--learning-rate', '1e-4,1e-3'], /only for classes are settings tried/],
    ['report', [kind], /a report's charts are of classes/],
  ])('%s is refused by name', async (command, args, message) => {
    await expectRefused(cwd, [command, ...args], new RegExp(`is for ${kind}.*${message.source}`));
  });

  test('is explained', async () => {
    const stdout = await bertuneOk(['explain', kind, 'a great film', '--threads', '1'], { cwd });
    if (kind === 'regression') {
      expect(stdout).toMatch(/^-?\d+\.?\d*\nNumber {2}-?\d+\.\d{3}, /);
      expect(stdout).not.toMatch(/LABEL_0|%/);
    } else expect(stdout).toMatch(/^\w+ \d+\.\d %\nLogit of /);
  });
});
