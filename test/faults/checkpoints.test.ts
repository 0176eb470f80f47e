/** Runs that are cut off, and go on as if nothing had happened. The long part: npm run test:faults. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { train, verifyRun, InterruptedError, type TrainEvent, type TrainOptions } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, expectRefused, sharedFolder, start, TINY } from '../support/cli.js';
import { reviews, writeReviews } from '../support/reviews.js';
import { ofStep, stopAt } from '../support/stopping.js';
import { checkpointsOf, fingerprint, killAndResume, trainArgs, undisturbed } from './training/killed.js';

describe.skipIf(process.platform === 'win32')('a run that is killed', () => {
  const cwd = sharedFolder();
  let expected: object;
  beforeAll(async () => {
    expected = await undisturbed(cwd);
  });

  test('twice goes on from its newest checkpoint, and ends with the same bits', async () => {
    const moments = [
      { after: 15, ms: 7 },
      { after: 35, ms: 3 },
    ];
    expect(await killAndResume(cwd, expected, moments)).toMatchObject({ kills: 2, tooLate: false });
  });

  test('by Ctrl-C finishes its step, saves, and says how to go on', async () => {
    rmSync(join(cwd, 'killed'), { recursive: true, force: true });
    const { child, finished, seen } = start(trainArgs('killed'), { cwd });
    await seen('stderr', (text) => text.includes('This will take'));
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    const [, step] = /stopped after step (\d+) of 60 .*Saved as killed\/checkpoint-\1; to go on: bertune train --resume killed\n$/.exec(stderr) ?? []; // prettier-ignore
    expect(checkpointsOf(join(cwd, 'killed'))).toEqual([Number(step)]);
    await expectRefused(
      cwd,
      trainArgs('killed'),
      /killed holds an unfinished run \(checkpoint-\d+\): go on with "bertune train --resume killed", or pass --force/,
    );
    await expectRefused(
      cwd,
      ['train', '--resume', 'killed', '--learning-rate', '0.5', '--batch-size', '2'],
      /killed was begun with other settings: --batch-size is 2, was 4; --learning-rate is 0\.5, was 0\.0001\./,
    );
    copyFileSync(join(cwd, 'a.csv'), join(cwd, 'before.csv'));
    writeFileSync(join(cwd, 'a.csv'), readFileSync(join(cwd, 'a.csv'), 'utf8').replace('boring', 'lovely'));
    await expectRefused(
      cwd,
      ['train', '--resume', 'killed'],
      /killed was begun with other data: the (?:training|test|validation) texts are not the same/,
    );
    copyFileSync(join(cwd, 'before.csv'), join(cwd, 'a.csv'));
    // From another folder: the paths of the run begin where it was begun.
    await bertuneOk(['train', '--resume', join(cwd, 'killed')], { cwd: tempFolder() });
    expect(fingerprint(join(cwd, 'killed'))).toEqual(expected);
    await expectRefused(
      cwd,
      ['train', '--resume', 'killed'],
      /killed is finished: there is nothing to go on with/,
    );
  });
});

const EXAMPLES = reviews(48);
const OPTIONS: Omit<TrainOptions, 'out'> = {
  ...{ data: EXAMPLES, model: TINY, maxLength: 24, threads: 1, maxSteps: 12, batchSize: 4, baseline: false },
  ...{ gradientAccumulationSteps: 2, evalSteps: 3, earlyStopping: 0, loggingSteps: 2, saveSteps: 2, keep: 3 },
};

describe('stopped and resumed by the library', () => {
  const out = join(sharedFolder(), 'run');
  let whole: object;
  beforeAll(async () => {
    await train({ ...OPTIONS, out });
    whole = fingerprint(out);
  });

  test('after each step, also where an evaluation is due, and in the final evaluation: the same bits', async () => {
    const moments = [1, 2, 3, 6, 7, 11].map(ofStep);
    for (const isThere of [...moments, (event: TrainEvent) => event.type === 'evaluating']) {
      const out = join(tempFolder(), 'run');
      const error = await stopAt(train, { ...OPTIONS, out }, isThere);
      expect(error).toBeInstanceOf(InterruptedError);
      expect(error.message).toContain(`to go on: bertune train --resume ${out}`);
      await train({ ...OPTIONS, out, resume: true });
      expect(fingerprint(out)).toEqual(whole);
    }
  });

  test('adapters, frozen layers and a frozen encoder go on too', async () => {
    for (const craft of [{ loraRank: 2 }, { freeze: 1 }, { freeze: 'all' }, { layerDecay: 0.8 }] as const) {
      const [a, b] = [join(tempFolder(), 'run'), join(tempFolder(), 'run')];
      const options = { ...OPTIONS, ...craft, maxSteps: 6 };
      await train({ ...options, out: a });
      await stopAt(train, { ...options, out: b }, ofStep(4));
      await train({ ...options, out: b, resume: true });
      const weights = 'loraRank' in craft ? 'adapter_model.safetensors' : 'model.safetensors';
      expect(readFileSync(join(b, weights)).equals(readFileSync(join(a, weights)))).toBe(true);
    }
  });

  test('the newest are kept; a flipped bit in the newest is noticed, and the one before is used', async () => {
    const out = join(tempFolder(), 'run');
    await stopAt(train, { ...OPTIONS, out }, ofStep(9));
    expect(checkpointsOf(out).sort((a, b) => a - b)).toEqual([6, 8, 9]);
    expect((await verifyRun(out)).ok).toBe(true);
    const path = join(out, 'checkpoint-9', 'optimizer.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 5]! ^= 4;
    writeFileSync(path, bytes);
    const { ok, files } = await verifyRun(out);
    expect(ok).toBe(false);
    expect(files.filter(({ fault }) => fault)).toEqual([
      expect.objectContaining({ checkpoint: 'checkpoint-9', name: 'optimizer.safetensors', fault: 'is not as it was written (SHA-256)' }), // prettier-ignore
    ]);
    const notes: string[] = [];
    await train({
      ...{ ...OPTIONS, out, resume: true },
      onEvent: (event) => event.type === 'note' && notes.push(event.message),
    });
    expect(notes).toContain('checkpoint-9 is damaged: optimizer.safetensors is not as it was written (SHA-256). The one before it is used.'); // prettier-ignore
    expect(fingerprint(out)).toEqual(whole);
    expect(await verifyRun(out)).toMatchObject({ ok: true, finished: true, checkpoints: [] });
  });

  test('all damaged, none, or texts in memory that the command line can’t have: said', async () => {
    const cwd = tempFolder();
    await stopAt(train, { ...OPTIONS, out: join(cwd, 'run') }, ofStep(4));
    await expectRefused(
      cwd,
      ['train', '--resume', 'run'],
      /run was begun with texts in memory: go on with the same call of train\(\) and resume: true/,
    );
    writeReviews(cwd, 'a.csv', EXAMPLES);
    rmSync(join(cwd, 'run'), { recursive: true });
    await stopAt(train, { ...OPTIONS, data: join(cwd, 'a.csv'), out: join(cwd, 'run') }, ofStep(4));
    for (const step of checkpointsOf(join(cwd, 'run')))
      truncateSync(join(cwd, 'run', `checkpoint-${step}`, 'model.safetensors'), 999);
    const { code, stderr } = await bertune(['train', '--resume', 'run'], { cwd });
    expect(stderr).toMatch(
      /error: no checkpoint in .*run can be used: checkpoint-4 is damaged: model\.safetensors has 999 bytes, expected \d+; checkpoint-2 is damaged/,
    );
    expect(code).toBe(2);
    await expectRefused(cwd, ['train', '--resume', 'nothing'], /nothing has no checkpoint to go on from/);
    await expectRefused(cwd, ['train', '--resume', 'run', '--folds', '3'], /--resume goes on with one run/);
    await expectRefused(cwd, ['pretrain', '--resume', 'run'], /run was begun by bertune train: go on with bertune train --resume run/); // prettier-ignore
  });

  test('a finished run is there until the one that replaces it is finished; its checkpoints stand in it', async () => {
    const out = join(tempFolder(), 'run');
    await train({ ...OPTIONS, out });
    const before = readFileSync(join(out, 'model.safetensors'));
    await stopAt(train, { ...OPTIONS, out, force: true, seed: 7 }, ofStep(5));
    expect(readFileSync(join(out, 'model.safetensors')).equals(before)).toBe(true);
    expect(checkpointsOf(out).sort((a, b) => a - b)).toEqual([2, 4, 5]);
    await train({ ...OPTIONS, out, force: true, seed: 7, resume: true });
    expect(readFileSync(join(out, 'model.safetensors')).equals(before)).toBe(false);
    expect(checkpointsOf(out)).toEqual([]);
  });
});

test('bertune verify says what is damaged or missing, with exit code 2', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(24));
  await bertuneOk(
    [
      'train',
      'a.csv',
      '--model',
      TINY,
      '--max-length',
      '24',
      '--threads',
      '1',
      '--max-steps',
      '2',
      '--out',
      'x',
    ],
    { cwd },
  );
  expect(await bertuneOk(['verify', 'x'], { cwd })).toMatch(
    /x: a finished run, all \d+ files are as they were written\.\n$/,
  );
  // What is rewritten on purpose is known.
  await bertuneOk(['report', 'x'], { cwd });
  await bertuneOk(['verify', 'x'], { cwd });
  cpSync(join(cwd, 'x'), join(cwd, 'y'), { recursive: true });
  rmSync(join(cwd, 'y', 'tokenizer.json'));
  writeFileSync(
    join(cwd, 'y', 'config.json'),
    readFileSync(join(cwd, 'y', 'config.json'), 'utf8').replace('gelu', 'relu'),
  );
  const { code, stdout } = await bertune(['verify', 'y'], { cwd });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^config\.json +[\d,]+ {2}is not as it was written \(SHA-256\)$/m);
  expect(stdout).toMatch(/^tokenizer\.json +[\d,]+ {2}is missing$/m);
  expect(stdout).toMatch(/y: a finished run, 2 of \d+ files are damaged or missing\.\n$/);
  // Making the report again says nothing of the other files.
  await bertuneOk(['report', 'y'], { cwd });
  expect((await bertune(['verify', 'y'], { cwd })).stdout).toContain('2 of');
  expect(JSON.parse((await bertune(['verify', 'y', '--json'], { cwd })).stdout)).toMatchObject({
    ok: false,
    finished: true,
  });
  await expectRefused(cwd, ['verify', '.'], /\. is not a run: it has neither bertune\.json nor a checkpoint/);
  expect(existsSync(join(cwd, 'y', 'manifest.json'))).toBe(true);
  expect(readdirSync(cwd).sort()).toEqual(['a.csv', 'x', 'y']);
});
