/** Which settings are tried and kept, and that a sweep goes on where it was stopped. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileError, InterruptedError, sweep, type SweepOptions } from '../../src/index.js';
import { drawFrom, gridOf, rungsOf } from '../../src/train/sweep.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { bertune, ON_TINY, TINY } from '../support/cli.js';
import { seen } from '../support/page.js';
import { reviews, writeReviews } from '../support/reviews.js';

test('the grid is every combination, and a draw from it the same for a seed', () => {
  const grid = gridOf({ learningRate: [1, 2], epochs: [3, 4] });
  expect(grid).toEqual([
    ...[{ learningRate: 1, epochs: 3 }, { learningRate: 1, epochs: 4 }],
    ...[{ learningRate: 2, epochs: 3 }, { learningRate: 2, epochs: 4 }],
  ]); // prettier-ignore
  expect(drawFrom(grid, 9, 1)).toEqual(grid);
  const drawn = drawFrom(grid, 3, 1);
  expect(drawn).toHaveLength(3);
  expect(drawFrom(grid, 3, 1)).toEqual(drawn);
  expect(grid.filter((each) => drawn.includes(each))).toEqual(drawn);
});

test('rungs go from many trials trained a little to one trained whole', () => {
  expect(rungsOf(9, 3)).toEqual([
    ...[{ trials: 9, share: 1 / 9 }, { trials: 3, share: 1 / 3 }, { trials: 1, share: 1 }],
  ]); // prettier-ignore
  expect(rungsOf(4, 2)).toEqual([
    ...[{ trials: 4, share: 1 / 4 }, { trials: 2, share: 1 / 2 }, { trials: 1, share: 1 }],
  ]); // prettier-ignore
  expect(rungsOf(2, 3)).toEqual([{ trials: 2, share: 1 }]);
  expect(rungsOf(7, 1)).toEqual([{ trials: 7, share: 1 }]);
  expect(rungsOf(1000, 3)).toHaveLength(3); // none is trained for less than a ninth
});

test('one of three goes on, and a sweep that was stopped ends as one that was not', async () => {
  const folder = tempFolder();
  const controller = new AbortController();
  const options = (out: string, more: Partial<SweepOptions> = {}): SweepOptions => ({
    ...{ data: reviews(60), model: TINY, maxLength: 24, threads: 1, batchSize: 8, epochs: 3 },
    ...{ space: { learningRate: [1e-6, 1e-2, 1e-5] }, out: join(folder, out), ...more },
  });
  const order: string[] = [];
  const onTrial = (trial: number, rung: number): void => {
    order.push(`${trial}.${rung}`);
  };
  const whole = await sweep(options('a', { onTrial }));
  expect(order).toEqual(['1.0', '2.0', '3.0', `${whole.best.trial}.1`]);
  expect(whole.best.settings).toEqual({ learningRate: 1e-2 });
  expect(whole.best.scores.map(({ share }) => share)).toEqual([1 / 3, 1]);
  expect([whole.train_examples, whole.validation_examples]).toEqual([48, 6]); // 60 less 6 for the test and 6 to decide by

  const stopped = await failureOf(
    sweep(
      options('b', {
        signal: controller.signal,
        onTrial: (trial) => {
          if (trial === 2) controller.abort();
        },
      }),
    ),
  );
  expect(stopped).toBeInstanceOf(InterruptedError);
  order.length = 0;
  const again = await sweep(options('b', { onTrial }));
  expect(order).toEqual(['2.0', '3.0', '2.1']);
  const withoutTime = ({ trials }: typeof whole): unknown =>
    trials.map(({ scores, ...rest }) => ({
      ...rest,
      scores: scores.map(({ seconds: _, ...score }) => score),
    }));
  expect(withoutTime(again)).toEqual(withoutTime(whole));

  const other = await failureOf(sweep(options('b', { space: { learningRate: [1] } })));
  expect(other).toBeInstanceOf(FileError);
  expect(other.message).toMatch(/sweep\.json is of another sweep, or of other data/);
});

test('the command prints a table and the best command line', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(40));
  const apart = ['--test-split', '0.25', '--validation-split', '0.2'];
  const args = [
    'sweep',
    'a.csv',
    ...ON_TINY.filter((_, i) => i < 6),
    '--learning-rate',
    '1e-6,1e-2',
    '--max-steps',
    '3',
  ];
  const { code, stdout, stderr } = await bertune([...args, '--seeds', '1,2', '--out', 'x', ...apart], {
    cwd,
  });
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^trial +learning-rate.* +trained +accuracy +F1 +loss/m);
  expect(stdout).toMatch(/^Best {7}bertune train a\.csv .*--learning-rate (?:0\.01|0\.000001|1e-6)/m);
  expect(stdout).toMatch(/^Best .* --test-split 0\.25 --validation-split 0\.2\b/m);
  expect(stdout).toMatch(/^Report {5}x\/sweep\.html$/m);
  const accuracy = /^ *\d .*100 % +(\d+\.\d+) %/m.exec(stdout)![1]!;
  const page = seen(readFileSync(join(cwd, 'x', 'sweep.html'), 'utf8'));
  expect(page).toContain(`The best of 2 trials is right on ${Number(accuracy).toFixed(1)} % of`);
  expect(page).toContain('What each setting did');
  expect(page).not.toContain('From round to round'); // two trials are trained whole at once
  expect(page).not.toMatch(/undefined|NaN|\[object|Infinity/);
  const path = join(cwd, 'x', 'sweep.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"scores"', '"other"'));
  expect((await bertune([...args, '--seeds', '1,2', '--out', 'x'], { cwd })).code).toBe(2);
  const bad = await bertune(['sweep', 'a.csv', '--learning-rate', '1e-4,fast'], { cwd });
  expect(bad).toMatchObject({ code: 2, stdout: '' });
  expect(bad.stderr).toMatch(/--learning-rate is .*expected a number from 0 to 1/);
});
