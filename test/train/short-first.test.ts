/** `--short-first`: the first updates read less of each text. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  forecast,
  InterruptedError,
  train,
  UsageError,
  type TrainOptions,
  type TrainResult,
} from '../../src/index.js';
import { loadTokenizer } from '../../src/checkpoint/load.js';
import { resolveContract, shortContract, type TextContract } from '../../src/tokenizer/truncate.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { reviews, sha256 } from '../support/reviews.js';
import { ofStep, stopAt } from '../support/stopping.js';

const MORE = ' and the film is a bad and boring mess but i loved the music and every scene of it, a gem';
/** Every other text is too long. */
const TEXTS = reviews(32).map(({ text, label }, i) => ({ text: i % 4 < 2 ? text : text + MORE, label }));
const BASE = { data: TEXTS, test: TEXTS.slice(0, 4), model: TINY, threads: 1, baseline: false };
const WHOLE = { ...BASE, maxLength: 24, epochs: 2, batchSize: 8 };
/** A quarter of 24. */
const SHORT = 8;

async function run(options: Partial<TrainOptions>): Promise<{ weights: string; result: TrainResult }> {
  const out = options.out ?? join(tempFolder(), 'run');
  const result = await train({ ...WHOLE, out, ...options });
  return { result, weights: sha256(out, 'model.safetensors') };
}

describe('what they read', () => {
  test.each<[TextContract, object]>([
    [
      { maxLength: 512, truncation: 'head+tail' },
      { maxLength: 128, truncation: 'head+tail', headTokens: 32 },
    ],
    [
      { maxLength: 512, truncation: 'head+tail', headTokens: 510 },
      { maxLength: 128, headTokens: 126 },
    ],
    [
      { maxLength: 192, truncation: 'head' },
      { maxLength: 48, truncation: 'head' },
    ],
    [
      { maxLength: 256, truncation: 'windows' },
      { maxLength: 64, truncation: 'head+tail' },
    ],
    [
      { maxLength: 24, truncation: 'tail' },
      { maxLength: SHORT, truncation: 'tail' },
    ],
    [
      { maxLength: 6, truncation: 'tail' },
      { maxLength: 6, truncation: 'tail' },
    ],
  ])('of %j', (contract, short) => {
    expect(shortContract(resolveContract(contract, 2), 2)).toMatchObject(short);
  });

  test('is part of what is read later', async () => {
    const { tokenizer } = await loadTokenizer(TINY);
    for (const truncation of ['head', 'tail', 'head+tail'] as const) {
      const contract = resolveContract({ maxLength: 24, truncation }, 2);
      const read = (each: TextContract): readonly number[] =>
        tokenizer.read(TEXTS[2]!.text, each).windows[0]!;
      const [whole, short] = [read(contract), read(shortContract(contract, 2))];
      expect([whole.length, short.length]).toEqual([24, SHORT]);
      // Found one after another.
      let from = 0;
      for (const id of short) from = 1 + whole.indexOf(id, from);
      expect(from).toBe(24); // [SEP], the last one
    }
  });
});

describe('training', () => {
  const shuffled = { order: 'shuffled' } as const; // groups hang on the lengths

  test('on nothing but short texts is training with a quarter of the length, bit for bit', async () => {
    const [all, quarter, none] = [
      await run({ ...shuffled, shortFirst: 1 }),
      await run({ ...shuffled, maxLength: SHORT }),
      await run({ ...shuffled }),
    ];
    expect(all.weights).toBe(quarter.weights);
    expect(all.result.training.tokensSeen).toBe(quarter.result.training.tokensSeen);
    expect(all.weights).not.toBe(none.weights);
  });

  test('reads each text as often as without, and is told what it takes', async () => {
    const [whole, short, half] = [
      await run({}),
      await run({ maxLength: SHORT }),
      await run({ shortFirst: 0.5 }),
    ];
    const tokens = ({ result }: typeof whole): number => result.training.tokensSeen;
    // One pass of two.
    expect(tokens(half)).toBe((tokens(whole) + tokens(short)) / 2);
    expect(half.weights).not.toBe(whole.weights);
    const { plan, microBatches } = await forecast({ ...WHOLE, shortFirst: 0.5 });
    expect(plan).toMatchObject({ totalSteps: 8, shortSteps: 4, totalTokens: tokens(half) });
    expect(microBatches).toBe(8);
    expect((await forecast(WHOLE)).plan.shortSteps).toBe(0);
  });

  test('that is stopped, before or after the texts get longer, goes on to the same bits', async () => {
    const settings = { shortFirst: 0.5, dropout: 0.2 };
    const { weights } = await run(settings);
    for (const update of [2, 6]) {
      const out = join(tempFolder(), 'run');
      const error = await stopAt(run, { ...settings, out }, ofStep(update));
      expect(error).toBeInstanceOf(InterruptedError);
      expect((await run({ ...settings, out, resume: true })).weights, `after ${update}`).toBe(weights);
    }
  });

  test('in windows begins with one of each text', async () => {
    const windows = { truncation: 'windows', maxLength: 16 } as const;
    const { plan } = await forecast({ ...WHOLE, ...windows, shortFirst: 1 });
    expect(plan.totalTokens).toBe((await forecast({ ...WHOLE, maxLength: SHORT })).plan.totalTokens);
    const [whole, half] = [await run(windows), await run({ ...windows, shortFirst: 0.5 })];
    expect(half.weights).not.toBe(whole.weights);
  });

  test('of pairs shortens both texts', async () => {
    const pairs = TEXTS.map((each, i) => ({ ...each, textPair: TEXTS[31 - i]!.text }));
    const { plan } = await forecast({ ...WHOLE, data: pairs, test: pairs.slice(0, 4), shortFirst: 1 });
    expect(plan.totalTokens).toBe(2 * 32 * (6 + 3));
  });

  test('of a classifier on a frozen encoder has no such thing', async () => {
    const error = await failureOf(run({ shortFirst: 0.5, freeze: 'all' }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/--short-first has no meaning with --freeze all/);
  });
});
