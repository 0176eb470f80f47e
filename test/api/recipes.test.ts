/** `recipe`: settings that nobody gave, and those that somebody did. */
import { expect, test } from 'vitest';
import { forecast, UsageError, type TrainOptions } from '../../src/index.js';
import { RECIPES } from '../../src/train/recipes.js';
import { SETTINGS } from '../../src/train/settings.js';
import { failureOf } from '../files/temp.js';
import { BUNDLED_MODEL } from '../../src/files/bundled.js';
import { TINY } from '../support/cli.js';
import { reviews } from '../support/reviews.js';

const job: TrainOptions = { data: reviews(24), model: BUNDLED_MODEL, threads: 1 };

test('gives the settings that nothing was said of', async () => {
  const { settings } = await forecast({ ...job, recipe: 'best' });
  expect(settings).toMatchObject({ ...RECIPES.best.settings, maxLength: 512, recipe: 'best' });
});

test('what is given wins, also where it is the default of all', async () => {
  const { epochs } = SETTINGS;
  expect(RECIPES.best.settings.epochs).not.toBe(epochs.default);
  const given = { epochs: epochs.default, maxLength: 64, learningRate: undefined };
  const { settings } = await forecast({ ...job, recipe: 'best', ...given });
  expect(settings).toMatchObject({ epochs: epochs.default, maxLength: 64 });
  expect(settings.learningRate).toBe(RECIPES.best.settings.learningRate ?? SETTINGS.learningRate.default);
});

test('balanced is what nobody asks for', async () => {
  const asked = await forecast({ ...job, recipe: 'balanced' });
  expect((await forecast(job)).settings).toEqual(asked.settings);
});

test('a model that reads fewer tokens than the recipe is read to its end', async () => {
  const { settings } = await forecast({ ...job, model: TINY, recipe: 'best' });
  expect(settings.maxLength).toBe(24); // max_position_embeddings
});

test('another name is refused with those that there are', async () => {
  const error = await failureOf(forecast({ ...job, recipe: 'slow' as 'best' }));
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toBe('--recipe is "slow", expected one of fast, balanced, best.');
});
