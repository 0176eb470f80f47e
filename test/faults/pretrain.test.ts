/** Pre-training that is cut off, and goes on as if nothing had happened. The long part: npm run test:faults. */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { InterruptedError, pretrain, type PretrainOptions } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, expectRefused, sharedFolder, start, TINY } from '../support/cli.js';
import { reviews } from '../support/reviews.js';
import { ofStep, stopAt } from '../support/stopping.js';
import { argsOf, checkpointsOf, fingerprint, killAndResume, undisturbed } from './training/killed.js';

describe.skipIf(process.platform === 'win32')('pre-training that is killed', () => {
  const cwd = sharedFolder();
  let expected: object;
  beforeAll(async () => {
    expected = await undisturbed(cwd, 'pretrain');
  });

  test('goes on from its newest checkpoint, and ends with the same bits', async () => {
    const moments = [{ after: 25, ms: 5 }];
    expect(await killAndResume(cwd, expected, moments, 'pretrain')).toMatchObject({
      kills: 1,
      tooLate: false,
    });
  });

  test('by Ctrl-C saves; goes on from any folder, also where its own was moved', async () => {
    const project = join(cwd, 'project');
    mkdirSync(project);
    renameSync(join(cwd, 'a.csv'), join(project, 'a.csv'));
    const { child, finished, seen } = start(argsOf('pretrain', 'runs/x'), { cwd: project });
    await seen('stderr', (text) => text.includes('This will take'));
    child.kill('SIGTERM');
    const { code, stderr } = await finished;
    expect(code).toBe(143);
    expect(stderr).toMatch(
      /Saved as runs\/x\/checkpoint-\d+; to go on: bertune pretrain --resume runs\/x\n$/,
    );
    await expectRefused(project, argsOf('pretrain', 'runs/x'), /go on with "bertune pretrain --resume runs\/x", or pass --force/); // prettier-ignore
    await expectRefused(
      project,
      ['train', '--resume', 'runs/x'],
      /go on with bertune pretrain --resume runs\/x/,
    );
    const other = await bertune(['pretrain', '--resume', 'runs/x', '--seed', '3'], { cwd: project });
    expect(other.stderr).toMatch(/^error: runs\/x was begun with other settings: --seed is 3, was 42/);
    expect(await bertuneOk(['verify', 'runs/x'], { cwd: project })).toContain(
      'bertune pretrain --resume runs/x\n',
    );
    renameSync(project, join(cwd, 'moved'));
    const run = join(cwd, 'moved', 'runs', 'x');
    await bertuneOk(['pretrain', '--resume', '../moved/runs/x'], { cwd: join(cwd, 'whole') });
    expect(fingerprint(run)).toEqual(expected);
  });
});

test('the library stops after a step, or in the last evaluation, and goes on: the same bits', async () => {
  const OPTIONS: PretrainOptions = {
    ...{ texts: reviews(48).map(({ text }) => text), model: TINY, threads: 1, maxLength: 24 },
    ...{ maxSteps: 6, batchSize: 4, saveSteps: 2, keep: 1 },
  };
  const whole = join(tempFolder(), 'run');
  await pretrain({ ...OPTIONS, out: whole });
  const weights = readFileSync(join(whole, 'model.safetensors'));
  for (const last of [3, 6]) {
    const out = join(tempFolder(), 'run');
    expect(await stopAt(pretrain, { ...OPTIONS, out }, ofStep(last))).toBeInstanceOf(InterruptedError);
    expect(checkpointsOf(out)).toEqual([last]);
    await pretrain({ ...OPTIONS, out, resume: true });
    expect(readFileSync(join(out, 'model.safetensors')).equals(weights)).toBe(true);
    expect(fingerprint(out)).toEqual(fingerprint(whole));
    rmSync(out, { recursive: true });
  }
});
