/** A run that goes on with something else than it was begun with, and places where runs were before. */
import { cpSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { train, UsageError, type TrainOptions } from '../../src/index.js';
import { renewManifest } from '../../src/files/manifest.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { sharedFolder, TINY } from '../support/cli.js';
import { tinyCopy } from '../support/models.js';
import { reviews } from '../support/reviews.js';
import { checkpointsOf } from './training/killed.js';

const EXAMPLES = reviews(24);
const OPTIONS: Omit<TrainOptions, 'out'> = {
  ...{ data: EXAMPLES, model: TINY, maxLength: 24, threads: 1, maxSteps: 4, batchSize: 4, baseline: false },
};
const shared = sharedFolder();
const begun = join(shared, 'begun');

/** Trains until its second step, and stops there. */
async function stopped(options: TrainOptions): Promise<void> {
  const controller = new AbortController();
  const onEvent: TrainOptions['onEvent'] = (event) => {
    if (event.type === 'step' && event.step === 2) controller.abort();
  };
  await failureOf(train({ ...options, signal: controller.signal, onEvent }));
}

beforeAll(async () => {
  await stopped({ ...OPTIONS, out: begun });
});

/** What is said when it goes on so: the refusal, or the notes before it is stopped again. */
async function goesOn(change: Partial<TrainOptions>, prepare?: (run: string) => Promise<void>) {
  const out = join(tempFolder(), 'run');
  cpSync(begun, out, { recursive: true });
  await prepare?.(out);
  const notes: string[] = [];
  const controller = new AbortController();
  const error = await failureOf(
    train({
      ...{ ...OPTIONS, ...change, out, resume: true, signal: controller.signal },
      onEvent: (event) => {
        if (event.type === 'note') notes.push(event.message);
        if (event.type === 'start') controller.abort();
      },
    }),
  );
  return { error, notes: notes.join('\n') };
}

const relabelled = EXAMPLES.map((each, i) => (i === 0 ? { ...each, label: EXAMPLES[1]!.label } : each));

test.each([
  ['a text', { data: EXAMPLES.map((each, i) => (i === 3 ? { ...each, text: 'a new film' } : each)) }, /with other data: the (?:training|test) texts are not the same/], // prettier-ignore
  ['labels', { data: relabelled }, /with other data: the (?:training|test) texts are not the same/],
  ['batch', { batchSize: 3 }, /with other settings: --batch-size is 3, was 4\./],
  ['seed', { seed: 7 }, /with other settings: --seed is 7, was 42\./],
  ['length', { maxLength: 12 }, /with other settings: --max-length is 12, was 24\./],
] as const)('another %s: refused, with what differs', async (_, change, message) => {
  const { error } = await goesOn(change);
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toMatch(message);
});

test('another shape of model: refused; another name, other threads, another version: said', async () => {
  const cwd = tempFolder();
  const same = tinyCopy(cwd, 'same');
  const other = tinyCopy(cwd, 'other');
  const config = join(other, 'config.json');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace(/"layer_norm_eps": [^,\n]+/, '"layer_norm_eps": 0.01'),
  );
  expect((await goesOn({ model: other })).error.message).toMatch(/with another model: its config\.json/);
  const { notes } = await goesOn({ model: same, threads: 2 }, async (run) => {
    const folder = join(run, 'checkpoint-2');
    const record = readFileSync(join(folder, 'run.json'), 'utf8');
    writeFileSync(
      join(folder, 'run.json'),
      record.replace(/"bertune_version": "[^"]+"/, '"bertune_version": "0.0.9"'),
    );
    await renewManifest(folder, ['run.json']);
  });
  expect(notes).toMatch(/it was begun by bertune 0\.0\.9, and goes on with \d/);
  expect(notes).toContain('it was begun with --threads 1, and goes on with 2.');
  expect(notes).toContain(`it was begun with --model ${TINY}, and goes on with ${same}.`);
});

test('checkpoints of an earlier run, also of a later step or of the future: never mixed up with the new run’s', async () => {
  const out = join(tempFolder(), 'run');
  cpSync(begun, out, { recursive: true });
  // Left by a run that came further.
  cpSync(join(begun, 'checkpoint-2'), join(out, 'checkpoint-1000'), { recursive: true });
  const future = new Date(Date.now() + 1e9);
  utimesSync(join(out, 'checkpoint-1000'), future, future);
  expect((await failureOf(train({ ...OPTIONS, out }))).message).toMatch(/holds an unfinished run/);
  await stopped({ ...OPTIONS, seed: 5, force: true, out });
  expect(checkpointsOf(out)).toEqual([2]);
  await train({ ...OPTIONS, seed: 5, out, resume: true });
  expect(checkpointsOf(out)).toEqual([]);
});
