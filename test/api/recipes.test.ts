/** `recipe`: settings that nobody gave, and those that somebody did. */
import { expect, test } from 'vitest';
import { forecast, UsageError, type TrainOptions } from '../../src/index.js';
import { MANY_TEXTS, RECIPES } from '../../src/train/recipes.js';
import { failureOf } from '../files/temp.js';
import { BUNDLED_MODEL } from '../../src/files/bundled.js';
import { TINY } from '../support/cli.js';
import { reviews } from '../support/reviews.js';

const job: TrainOptions = { data: reviews(24), model: BUNDLED_MODEL, threads: 1 };

test('gives the settings that nothing was said of', async () => {
  const { settings } = await forecast({ ...job, recipe: 'best' });
  const { settings: own, few } = RECIPES.best;
  // 24 texts are so few that each is seen twenty times on the way to each of three branches: 20 / (0.28 + 0.72 / 3).
  expect(settings).toMatchObject({ ...own, maxLength: 512, recipe: 'best', ...few, epochs: 39 });
});

test('how much of texts is seen, and how often, hangs on how many there are', async () => {
  const [few, many] = [MANY_TEXTS - 1, MANY_TEXTS].map((count) => reviews(count));
  const small: Partial<TrainOptions> = { model: TINY, test: reviews(4), recipe: 'best' };
  const seen = async (data: TrainOptions['data']): Promise<object> =>
    (await forecast({ ...job, ...small, data })).settings;
  expect(RECIPES.best.few).not.toEqual(RECIPES.best.many);
  expect(await seen(few!)).toMatchObject(RECIPES.best.few);
  expect(await seen(many!)).toMatchObject(RECIPES.best.many);
});

test('very few texts are seen until 2,400 were seen, or twenty times', async () => {
  const small: Partial<TrainOptions> = { model: TINY, test: reviews(4) };
  const planned = async (
    texts: number,
    given: Partial<TrainOptions> = {},
  ): Promise<(number | undefined)[]> => {
    const { settings, plan } = await forecast({ ...job, ...small, data: reviews(texts), ...given });
    return [settings.epochs, plan.totalSteps];
  };
  expect(RECIPES.balanced.few.epochs).toBe(1.5);
  expect(await planned(2000)).toEqual([1.5, 188]);
  expect(await planned(1600)).toEqual([1.5, 150]);
  expect(await planned(1599)).toEqual([2, 200]);
  expect(await planned(400)).toEqual([6, 150]);
  expect(await planned(400, { batchSize: 4, gradientAccumulationSteps: 2 })).toEqual([6, 300]);
  expect(await planned(16)).toEqual([20, 20]);
  expect(await planned(16, { epochs: 1 })).toEqual([1, 1]);
  // As many on the way to each branch: 75 updates before it and 75 of its own.
  expect(await planned(400, { shortFirst: 0.25, branches: 3 })).toEqual([12, 300]);
  expect(await planned(16, { shortFirst: 0.25, branches: 3 })).toEqual([40, 40]);
});

test('what is given wins, also where it is what the default recipe says', async () => {
  const { epochs } = RECIPES.balanced.few;
  expect(RECIPES.best.few.epochs).not.toBe(epochs);
  const given = { epochs, maxLength: 64, learningRate: undefined, batchSize: 16 };
  const { settings } = await forecast({ ...job, recipe: 'best', ...given });
  expect(settings).toMatchObject({ epochs, maxLength: 64, batchSize: 16, learningRate: 7e-5 });
});

test('with adapters nothing else is frozen', async () => {
  expect(RECIPES.fast.settings.freeze).toBe(2);
  const { settings } = await forecast({ ...job, recipe: 'fast', loraRank: 2 });
  expect(settings.freeze).toBe('none');
});

test('with the encoder frozen nothing is read short first, and no run parts', async () => {
  expect(RECIPES.fast.few.shortFirst).toBeGreaterThan(0);
  const { settings, plan } = await forecast({ ...job, model: TINY, recipe: 'fast', freeze: 'all' });
  expect([settings.shortFirst, plan.shortSteps]).toEqual([0, 0]);
  const best = await forecast({ ...job, model: TINY, recipe: 'best', freeze: 'all' });
  expect([best.settings.branches, best.plan.branches]).toEqual([1, 1]);
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
