/** The long part: bad numbers and failing engines in every place, signals at random moments, other load beside. */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SAMPLE_TRAIN, train } from '../../src/index.js';
import { readLabelled } from '../../src/api/data.js';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, sharedFolder, start } from '../support/cli.js';
import { sha256 } from '../support/reviews.js';
import { randomOf } from './checkpoint-files.js';
import { runsOr, SEED, tell } from './runs.js';
import { checkpointsOf, fingerprint, trainArgs, undisturbed } from './training/killed.js';
import { failsAndGoesOn, PLACES, runsInAStep, stopsAt, stopsAtOverflow, undisturbedLibrary } from './training/numbers.js'; // prettier-ignore

test('NaN and infinities in the loss, in gradients, weights and moments: the run stops, and nothing of it is saved', async () => {
  const out = join(tempFolder(), 'run');
  const counts = { cases: 0, 'before the update': 0, 'in the update': 0 };
  const add = (when: 'before' | 'in'): void => {
    counts.cases++;
    counts[`${when} the update`]++;
  };
  for (const place of PLACES) {
    for (const value of [NaN, Infinity, -Infinity]) add(await stopsAt(out, place, value));
  }
  for (const step of [3, 9]) add(await stopsAt(out, 'the loss', NaN, { step }));
  for (const more of [{ loraRank: 2 }, { freeze: 1 }, { maxGradNorm: 0 }, { layerDecay: 0.8 }] as const)
    for (const value of [NaN, Infinity]) add(await stopsAt(out, 'the loss', value, { more }));
  add(await stopsAt(out, 'weight bert.embeddings.word_embeddings.weight', NaN, { more: { freeze: 1 } }));
  await stopsAtOverflow(out);
  tell('not finite', counts);
});

test('an engine that fails in any of its runs: the state is whole, and the run goes on with the same bits', async () => {
  const folder = tempFolder();
  const out = join(folder, 'run');
  const runs = await runsInAStep(out);
  const expected = await undisturbedLibrary(join(folder, 'whole'));
  const counts = { cases: 0, 'step before saved': 0, 'earlier checkpoint': 0, 'nothing yet': 0 };
  const names = { 'step before': 'step before saved', checkpoint: 'earlier checkpoint', nothing: 'nothing yet' } as const; // prettier-ignore
  for (const graph of ['gradient', 'norm', 'update'] as const) {
    for (const step of [1, 2, 5, 6, 9]) {
      for (const at of [0, 0.5, 1]) {
        counts.cases++;
        counts[names[await failsAndGoesOn(out, expected, runs, { graph, step, at })]]++;
      }
    }
  }
  for (const step of [1, 2, 3, 4, 5]) {
    counts.cases++;
    counts[names[await failsAndGoesOn(out, expected, runs, { graph: 'evaluation', step, at: 0 })]]++;
  }
  tell('engine fails', counts);
});

test('the same run at 1, 2 and 4 threads, with other load beside: the same bits', async () => {
  const read = await readLabelled(SAMPLE_TRAIN, {}, { clean: 'html' });
  const texts = read.slice(0, 32).map(({ text, label }) => ({ text, label: label! }));
  const out = join(tempFolder(), 'run');
  const busy = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;) Math.sqrt(Math.random());']));
  const hashes = new Map<number, Set<string>>();
  const times = runsOr(20);
  try {
    for (const threads of [1, 2, 4]) {
      const found = new Set<string>();
      for (let i = 0; i < times; i++) {
        await train({
          ...{ data: texts.slice(0, 24), test: texts.slice(24), out, force: true, threads, baseline: false },
          ...{ maxSteps: 2, batchSize: 8, maxLength: 48, dropout: 0.1 },
        });
        found.add(sha256(out, 'model.safetensors'));
      }
      hashes.set(threads, found);
    }
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
  const counts = [...hashes].map(([threads, found]) => [`hashes at ${threads} threads`, found.size] as const);
  const all = new Set([...hashes.values()].flatMap((found) => [...found])).size;
  tell('other load', { 'runs of each': times, ...Object.fromEntries(counts), 'hashes in all': all });
  for (const found of hashes.values()) expect(found.size).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'SIGINT and SIGTERM at random moments: the step is finished and saved, and the run goes on; a second one leaves at once',
  async () => {
    const cwd = sharedFolder();
    const expected = await undisturbed(cwd);
    const random = randomOf(SEED + 5);
    const times = runsOr(50);
    const counts = {
      signals: times,
      saved: 0,
      'before the first step': 0,
      'done too soon': 0,
      resumed: 0,
      'second signal': 0,
    };
    for (let i = 0; i < times; i++) {
      const [signal, exit] = i % 2 === 0 ? (['SIGINT', 130] as const) : (['SIGTERM', 143] as const);
      const out = join(cwd, 'killed');
      rmSync(out, { recursive: true, force: true });
      const { child, finished, seen } = start(trainArgs('killed'), { cwd });
      await seen('stderr', (text) => text.includes('This will take'));
      await wait(600 * random());
      child.kill(signal);
      const twice = i % 10 === 9;
      if (twice) {
        // Two at once would be one for the process; by now its step may be over.
        await seen('stderr', (text) => text.includes('Finishing the step')).catch(() => undefined);
        child.kill(signal);
      }
      const { code, stderr } = await finished;
      if (code === 0) {
        counts['done too soon']++;
        continue;
      }
      expect(code).toBe(exit);
      if (twice && !/^error:/m.test(stderr)) {
        counts['second signal']++;
        continue;
      }
      const [, step] = /stopped (?:after step (\d+)|.*after all 60 steps).*Saved as killed\/checkpoint-/.exec(stderr) ?? []; // prettier-ignore
      if (!existsSync(out) || checkpointsOf(out).length === 0) {
        expect(stderr).toMatch(/stopped before the first step/);
        counts['before the first step']++;
        continue;
      }
      counts.saved++;
      expect(checkpointsOf(out)).toEqual([Number(step ?? 60)]);
      if (i % 5 > 0) continue;
      await bertuneOk(['train', '--resume', 'killed'], { cwd });
      expect(fingerprint(out)).toEqual(expected);
      counts.resumed++;
    }
    tell('signals', counts);
    expect((await bertune(['--version'])).code).toBe(0);
  },
);
