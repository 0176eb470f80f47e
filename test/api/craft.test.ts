/** Evaluations on the way, frozen encoders, averages, class weights and several seeds, as a program asks for them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { balancedWeights } from '../../src/train/class-weights.js';
import { spreadOf } from '../../src/api/seeds.js';
import {
  evaluate,
  forecast,
  train,
  trainSeeds,
  UsageError,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
} from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { BUNDLED_MODEL } from '../../src/files/bundled.js';
import { readTensors } from '../support/fixtures.js';
import { readJsonFile, reviews, sha256 } from '../support/reviews.js';

const [LEARN, CHOOSE, TEST] = [reviews(48).slice(0, 32), reviews(48).slice(32, 40), reviews(48).slice(40)];
const BASE = { data: LEARN, test: TEST, model: TINY, maxLength: 24, threads: 1, epochs: 3, batchSize: 8 };

async function quick(
  options: Partial<TrainOptions> = {},
): Promise<{ events: TrainEvent[]; result: TrainResult; folder: string; weights: string }> {
  const events: TrainEvent[] = [];
  const folder = join(tempFolder(), 'run');
  const result = await train({ ...BASE, out: folder, onEvent: (event) => events.push(event), ...options });
  return { events, result, folder, weights: sha256(folder, 'model.safetensors') };
}

const kindsOf = (events: readonly TrainEvent[]): string => events.map(({ type }) => type[0]).join('');

describe('evaluations on the way', () => {
  test('happen every so many updates and after the last; the best weights are saved', async () => {
    const { events, result, folder } = await quick({
      ...{ validation: CHOOSE, evalSteps: 5, metric: 'loss', learningRate: 0.02, loggingSteps: 4 },
    });
    // 12 updates: (s)tart, estimate, steps with (e)valuated after 5, 10 and 12, then evaluating and saved.
    expect(kindsOf(events.filter(({ type }) => type !== 'evaluating'))).toBe(
      'seSSSSSESSSSSESSEs'.toLowerCase(),
    );
    const { best } = result.training;
    const losses = events.flatMap((event) => (event.type === 'evaluated' ? [event.metrics.loss] : []));
    expect(losses).toHaveLength(3);
    expect(best!.value).toBe(Math.min(...losses));
    // What was saved is what was best, seen by loading it again.
    const again = await evaluate(folder, CHOOSE, { threads: 1 });
    expect(Math.abs(again.loss - best!.value)).toBeLessThan(1e-6);
    const state = readJsonFile(folder, 'trainer_state.json') as {
      log_history: Record<string, number>[];
      [name: string]: unknown;
    };
    expect(state).toMatchObject({ best_global_step: best!.step, best_metric: best!.value, eval_steps: 5 });
    const evaluations = state.log_history.filter((entry) => 'eval_loss' in entry);
    expect(evaluations.map(({ step }) => step)).toEqual([5, 10, 12, 12]);
    expect(evaluations.slice(0, 3).map((entry) => entry['eval_loss'])).toEqual(losses);
  });

  test('the best one is kept also when later ones are worse', async () => {
    // A rate that ruins the model soon after it began.
    const { result, folder } = await quick({
      ...{
        validation: CHOOSE,
        evalSteps: 1,
        metric: 'loss',
        learningRate: 0.5,
        schedule: 'constant',
        warmupSteps: 0,
      },
    });
    const { best } = result.training;
    expect(best!.step).toBeLessThan(12);
    expect(Math.abs((await evaluate(folder, CHOOSE, { threads: 1 })).loss - best!.value)).toBeLessThan(1e-5);
  });

  test('without a better one they stop the run', async () => {
    const { result } = await quick({ validation: CHOOSE, evalSteps: 2, earlyStopping: 3, learningRate: 0 });
    expect(result.training).toMatchObject({ steps: 8, best: { step: 2 } });
  });

  test('their texts are set aside from those to learn from; the test texts stay as they were', async () => {
    const { test: _, ...data } = BASE;
    const [plain, validated] = [
      await quick({ ...data, test: undefined, epochs: 1 }),
      await quick({ ...data, test: undefined, epochs: 1, evalSteps: 100 }),
    ];
    const texts = ({ events }: typeof plain): unknown => {
      const [first] = events;
      return first?.type === 'start' ? first.texts : undefined;
    };
    expect(texts(plain)).toMatchObject({ train: 28, test: 4, validation: 0 });
    expect(texts(validated)).toMatchObject({ train: 26, test: 4, validation: 2 });
  });

  test.each<[string, Partial<TrainOptions>, RegExp]>([
    ['validation texts without evaluations', { validation: CHOOSE }, /--validation needs --eval-steps/],
    [
      'a share of them without evaluations',
      { validationSplit: 0.2 },
      /--validation-split needs --eval-steps/,
    ],
    ['early stopping without evaluations', { earlyStopping: 2 }, /--early-stopping needs --eval-steps/],
    [
      'both a file and a share',
      { validation: CHOOSE, validationSplit: 0.2, evalSteps: 1 },
      /exclude each other/,
    ],
    ['more layers frozen than there are', { freeze: 9 }, /--freeze 9: .* has 2 layers/],
    [
      'a name that is no part of a model',
      { freeze: 'head' as 'all' },
      /--freeze is "head", expected one of none/,
    ],
  ])('%s are refused', async (_, options, message) => {
    const error = await failureOf(quick(options));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
  });
});

describe('the weights that are saved', () => {
  test('the average of the last update alone is that update, of more it is another', async () => {
    const [plain, last, half, again] = [
      await quick(),
      await quick({ averageLast: 0.01 }),
      await quick({ averageLast: 0.5 }),
      await quick({ averageLast: 0.5 }),
    ];
    expect(last.weights).toBe(plain.weights);
    expect(half.weights).not.toBe(plain.weights);
    expect(again.weights).toBe(half.weights);
  });

  test('with the encoder frozen only the classifier is another, and texts are read once', async () => {
    const { events, folder } = await quick({
      freeze: 'all',
      learningRate: 0.05,
      validation: CHOOSE,
      evalSteps: 6,
    });
    expect(kindsOf(events)).toMatch(/^sf+e[se]+$/);
    const read = events.flatMap((event) => (event.type === 'features' ? [event.done] : []));
    expect(read.at(-1)).toBe(LEARN.length + CHOOSE.length);
    const [before, after] = [
      readTensors(`${TINY}/model.safetensors`),
      readTensors(`${folder}/model.safetensors`),
    ];
    const changed = [...before].flatMap(([name, { data }]) =>
      Buffer.from(data.buffer).equals(Buffer.from(after.get(name)!.data.buffer)) ? [] : [name],
    );
    expect(changed.sort()).toEqual(['classifier.bias', 'classifier.weight']);
    // Evaluated from features on the way, on the texts when it is loaded again: the same model.
    const evaluated = events.flatMap((event) =>
      event.type === 'evaluated' ? [event.metrics.accuracy!] : [],
    );
    expect((await evaluate(folder, CHOOSE, { threads: 1 })).accuracy).toBe(Math.max(...evaluated));
  });

  test('with the embeddings frozen they stay, and the rest is trained', async () => {
    const { folder } = await quick({ freeze: 'embeddings' });
    const [before, after] = [
      readTensors(`${TINY}/model.safetensors`),
      readTensors(`${folder}/model.safetensors`),
    ];
    for (const [name, { data }] of before) {
      const same = Buffer.from(data.buffer).equals(Buffer.from(after.get(name)!.data.buffer));
      expect(same, name).toBe(name.includes('.embeddings.'));
    }
  });

  test('each of these settings changes what is trained', async () => {
    const all = await Promise.all(
      [
        ...[{}, { layerDecay: 0.8 }, { headRate: 3 }, { labelSmoothing: 0.1 }],
        { classWeights: 'balanced' as const },
      ].map((options) =>
        // Classes of different size, as otherwise balancing them is nothing.
        quick({ ...options, data: LEARN.filter(({ label }, i) => label === 'positive' || i % 4 === 0) }),
      ),
    );
    expect(new Set(all.map(({ weights }) => weights)).size).toBe(5);
  });

  test('a head learns faster only where nobody trained it, or it is said', async () => {
    const rateOf = async (
      options: Partial<TrainOptions> & { readonly freeze?: 'all' | 1 },
    ): Promise<number> => (await forecast({ ...BASE, ...options })).settings.headRate;
    const bundled = { model: BUNDLED_MODEL, maxLength: 16 };
    expect(await rateOf(bundled)).toBe(10);
    expect(await rateOf({ ...bundled, headRate: 4 })).toBe(4);
    expect(await rateOf({ ...bundled, freeze: 'all' })).toBe(1);
    expect(await rateOf({ ...bundled, freeze: 1 })).toBe(10);
    // Once trained it goes on as the rest does; the tiny model's pooler was trained.
    const { folder } = await quick({ ...bundled, maxSteps: 2 });
    expect(await rateOf({ model: folder, maxLength: 16 })).toBe(1);
    expect(await rateOf({})).toBe(1);
    expect((await quick({ headRate: 1 })).weights).toBe((await quick()).weights);
    const error = await failureOf(rateOf({ headRate: 0 }));
    expect(error.message).toBe('--head-rate is 0, expected a number above 0.');
  });
});

test('balanced weights make each class count the same', () => {
  expect(balancedWeights([0, 0, 0, 1], 2)).toEqual([4 / 6, 2]);
  expect(balancedWeights([0, 2], 3)).toEqual(
    [1 / 3 + 1 / 3, 0, 2 / 3].map((x) => expect.closeTo(x, 12) as number),
  );
});

describe('several seeds', () => {
  test('train into a folder each, on the same texts, and give mean and spread', async () => {
    const folder = join(tempFolder(), 'seeds');
    const seen: number[] = [];
    const result = await trainSeeds({
      ...BASE,
      ...{ test: undefined, testSplit: 0.25, epochs: 1, out: folder, seed: 7, seeds: 3 },
      onRun: (seed) => seen.push(seed),
    });
    expect(seen).toEqual([7, 8, 9]);
    expect(readdirSync(folder).sort()).toEqual(['seed-7', 'seed-8', 'seed-9', 'seeds.json']);
    const accuracies = result.runs.map(({ metrics }) => metrics.accuracy!);
    expect(result.accuracy).toEqual(spreadOf(accuracies));
    expect(
      new Set(result.seeds.map((seed) => sha256(folder, `seed-${seed}`, 'model.safetensors'))).size,
    ).toBe(3);
    const supports = result.runs.map(({ metrics }) => metrics.per_class!.map(({ support }) => support));
    expect(new Set(supports.map(String)).size).toBe(1);
    const document = JSON.parse(readFileSync(join(folder, 'seeds.json'), 'utf8')) as Record<string, unknown>;
    expect(document).toMatchObject({
      accuracy_mean: result.accuracy!.mean,
      accuracy_std: result.accuracy!.std,
    });
    // A second time: refused before anything is trained.
    const error = await failureOf(trainSeeds({ ...BASE, out: folder, seed: 9, seeds: 2 }));
    expect(error.message).toMatch(/seed-9/);
    expect(readdirSync(folder)).not.toContain('seed-10');
  });

  test('mean and standard deviation of the sample', () => {
    expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      mean: 5,
      std: expect.closeTo(Math.sqrt(32 / 7), 12) as number,
    });
  });

  test.each([1, 1.5, 101])('%d seeds are refused', async (seeds) => {
    expect(await failureOf(trainSeeds({ ...BASE, seeds }))).toBeInstanceOf(UsageError);
  });
});
