/** Numbers that are not finite, and an engine that fails, in the middle of a run. The long part: npm run test:faults. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, sharedFolder } from '../support/cli.js';
import { argsOf, undisturbed } from './training/killed.js';
import { failsAndGoesOn, PLACES, runsInAStep, stopsAt, stopsAtOverflow, undisturbedLibrary } from './training/numbers.js'; // prettier-ignore

describe('a number that is not finite stops the run, and is never saved', () => {
  const VALUES = [NaN, Infinity, -Infinity];
  test.each(PLACES.map((place, i) => [VALUES[i % 3]!, place] as const))('%d in %s', async (value, place) => {
    const when = await stopsAt(join(tempFolder(), 'run'), place, value);
    // What no text of the batch meets is found by the update itself.
    expect(when).toBe(/unused|exp_avg/.test(place) ? 'in' : 'before');
  });

  test('an overflow in the norm alone', async () => {
    await stopsAtOverflow(join(tempFolder(), 'run'));
  });
});

describe('an engine that fails', () => {
  test('in gradient, norm, update and evaluation: what is whole is saved, and the run goes on with the same bits', async () => {
    const folder = tempFolder();
    const runs = await runsInAStep(join(folder, 'run'));
    const expected = await undisturbedLibrary(join(folder, 'whole'));
    const fail = (graph: 'gradient' | 'norm' | 'update' | 'evaluation', step: number, at: number) =>
      failsAndGoesOn(join(folder, 'run'), expected, runs, { graph, step, at });
    expect(await fail('gradient', 6, 0.5)).toBe('step before');
    expect(await fail('update', 6, 0.5)).toBe('checkpoint');
    expect(await fail('update', 1, 0)).toBe('nothing');
    expect(await fail('evaluation', 2, 0)).toBe('step before');
  });

  test('on the command line: one line, exit code 1, and how to go on', async () => {
    const cwd = sharedFolder();
    const expected = await undisturbed(cwd, 'pretrain');
    // A library that is loaded before bertune, and makes the 300th update of a chunk fail.
    const ort = pathToFileURL(createRequire(import.meta.url).resolve('onnxruntime-node')).href;
    const preload = join(cwd, 'faulty.mjs');
    writeFileSync(
      preload,
      `import ort from '${ort}';
      const create = ort.InferenceSession.create.bind(ort.InferenceSession);
      let count = 0;
      ort.InferenceSession.create = async (...args) => {
        const session = await create(...args);
        if (!session.outputNames.includes('new_parameter')) return session;
        const run = session.run.bind(session);
        session.run = async (...all) => { if (++count === 300) throw new Error('std::bad_alloc'); return run(...all); };
        return session;
      };`,
    );
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
    const { code, stdout, stderr } = await bertune(argsOf('pretrain', 'x', ['--save-steps', '2']), {
      cwd,
      env,
    });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /\nerror: step \d+: the engine failed: std::bad_alloc\. The last checkpoint is x\/checkpoint-\d+; to go on: bertune pretrain --resume x\n$/,
    );
    expect(stderr).not.toMatch(/ {4}at |fault in bertune/);
    await bertuneOk(['pretrain', '--resume', 'x'], { cwd });
    const weights = readFileSync(join(cwd, 'x', 'model.safetensors'));
    expect(weights.equals(readFileSync(join(cwd, 'whole', 'model.safetensors')))).toBe(true);
    expect(expected).toBeDefined();
  });
});
