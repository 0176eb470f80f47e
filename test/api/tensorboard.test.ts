/** Logs for TensorBoard: a run that is refused leaves none. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { train, type TrainEvent, type TrainOptions } from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { reviews } from '../support/reviews.js';

const OPTIONS: TrainOptions = {
  ...{ data: reviews(24), model: TINY, maxLength: 8, threads: 1, maxSteps: 1, baseline: false },
  tensorboard: true,
};

/** What stands in a folder, at every depth. */
const listing = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String).sort();

const stopped = AbortSignal.abort();
test.each<[string, Partial<TrainOptions>]>([
  ['bad data', { data: [{ text: 'a', label: 'x' }, { text: 'b', label: 'x' }] }],
  ['a file that is not there', { data: 'nowhere.csv' }],
  ['settings that do not fit the model', { freeze: 99 }],
  ['a metric of another kind of problem', { evalSteps: 1, metric: 'r2' }],
  ['too little memory', { memory: 5e6 }],
  ['a signal before the first step', { signal: stopped }],
])('%s: neither a file nor a folder', async (_, wrong) => {
  const folder = tempFolder();
  const notes: string[] = [];
  const onEvent = (event: TrainEvent): void => {
    if (event.type === 'note') notes.push(event.message);
  };
  await failureOf(train({ ...OPTIONS, ...wrong, onEvent, out: join(folder, 'runs', 'x') }));
  expect(listing(folder).filter((name) => name !== 'runs')).toEqual([]);
  expect(notes.join('\n')).not.toContain('tensorboard');
}); // prettier-ignore

test('what others have put into the same folder stays', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'logs'));
  writeFileSync(join(folder, 'logs', 'mine.txt'), 'mine');
  await failureOf(
    train({ ...OPTIONS, tensorboard: join(folder, 'logs'), freeze: 99, out: join(folder, 'x') }),
  );
  expect(listing(folder)).toEqual(['logs', join('logs', 'mine.txt')]);
});

test('a run that is not refused says where its curves are', async () => {
  const folder = tempFolder();
  const notes: string[] = [];
  const onEvent = (event: TrainEvent): void => {
    if (event.type === 'note') notes.push(event.message);
  };
  await train({ ...OPTIONS, onEvent, out: join(folder, 'x') });
  expect(notes).toContain(`to see its curves: tensorboard --logdir ${join(folder, 'tensorboard')}`);
  expect(readdirSync(join(folder, 'tensorboard', 'x'))).toHaveLength(1);
});
