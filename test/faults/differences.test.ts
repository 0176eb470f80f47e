/** A run that goes on with something else than it was begun with, and places where runs were before. */
import { cpSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pretrain, train, UsageError, type PretrainOptions, type TrainOptions } from '../../src/index.js';
import { renewManifest } from '../../src/files/manifest.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { sharedFolder, TINY } from '../support/cli.js';
import { tinyCopy } from '../support/models.js';
import { reviews } from '../support/reviews.js';
import { ofStep, stopAt } from '../support/stopping.js';
import { checkpointsOf } from './training/killed.js';

const EXAMPLES = reviews(24);
const OPTIONS: Omit<TrainOptions, 'out'> = {
  ...{ data: EXAMPLES, model: TINY, maxLength: 24, threads: 1, maxSteps: 4, batchSize: 4, baseline: false },
};
const shared = sharedFolder();
const begun = join(shared, 'begun');

beforeAll(async () => {
  await stopAt(train, { ...OPTIONS, out: begun }, ofStep(2));
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
        if (event.type === 'step') controller.abort();
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

test('another shape of model: refused; another name, other threads, other versions, another processor: said', async () => {
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
    const older = record
      .replace(/"bertune_version": "[^"]+"/, '"bertune_version": "0.0.9"')
      .replace(/"onnxruntime-node [^"]+"/, '"onnxruntime-node 1.2.3"')
      .replace(/"node": "[^"]+"/, '"node": "v18.0.0"')
      .replace(/"cpu": "[^"]+"/, '"cpu": "1 x abacus"');
    writeFileSync(join(folder, 'run.json'), older);
    await renewManifest(folder, ['run.json']);
  });
  expect(notes).toMatch(/it was begun by bertune 0\.0\.9, and goes on with \d/);
  expect(notes).toMatch(
    /begun with onnxruntime-node 1\.2\.3, and goes on with onnxruntime-node \d[\d.]+: its bits may differ\./,
  );
  expect(notes).toContain(`begun with node v18.0.0, and goes on with ${process.version}: its bits`);
  expect(notes).toContain('begun with cpu 1 x abacus, and goes on with');
  expect(notes).not.toContain('platform');
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
  await stopAt(train, { ...OPTIONS, seed: 5, force: true, out }, ofStep(2));
  expect(checkpointsOf(out)).toEqual([2]);
  await train({ ...OPTIONS, seed: 5, out, resume: true });
  expect(checkpointsOf(out)).toEqual([]);
});

test('pretrain says the same of versions', async () => {
  const out = join(tempFolder(), 'run');
  const texts = EXAMPLES.map(({ text }) => text);
  const options = { texts, model: TINY, maxLength: 24, threads: 1, maxSteps: 3, batchSize: 4, out };
  const notes: string[] = [];
  const until = async (step: number, resume: boolean): Promise<void> => {
    const controller = new AbortController();
    const onEvent: PretrainOptions['onEvent'] = (event) => {
      if (event.type === 'note') notes.push(event.message);
      if (event.type === 'step' && event.step === step) controller.abort();
    };
    await failureOf(pretrain({ ...options, resume, signal: controller.signal, onEvent }));
  };
  await until(1, false);
  const record = join(out, 'checkpoint-1', 'run.json');
  writeFileSync(
    record,
    readFileSync(record, 'utf8').replace(/onnxruntime-node [^"]+/, 'onnxruntime-node 1.2.3'),
  );
  await renewManifest(join(out, 'checkpoint-1'), ['run.json']);
  await until(2, true);
  expect(notes.join('\n')).toContain('begun with onnxruntime-node 1.2.3, and goes on with');
});
