/** `forecast`: what it says, that a run says the same, and what is refused for want of memory. */
import { existsSync, readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { availableMemory } from '../../src/files/memory.js';
import { forecast, train, UsageError, type TrainEvent, type TrainOptions } from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { reviews } from '../support/reviews.js';

const OPTIONS: TrainOptions = {
  ...{ data: reviews(24), model: TINY, maxLength: 8, truncation: 'head', threads: 1, testSplit: 0.25 },
  ...{ epochs: 2, batchSize: 4, gradientAccumulationSteps: 2 },
};

test('says what is known before the first step, and writes nothing', async () => {
  const folder = tempFolder();
  const said = await forecast({ ...OPTIONS, out: join(folder, 'run') });
  expect(readdirSync(folder)).toEqual([]);
  expect(said).toMatchObject({ model: TINY, labels: ['negative', 'positive'], parameters: 15_058 });
  // 18 texts are 5 batches, the last of 2, which are 3 updates an epoch.
  expect(said.plan).toMatchObject({ stepsPerEpoch: 3, totalSteps: 6 });
  expect(said.microBatches).toBe(10);
  expect(said.texts).toMatchObject({ train: 18, test: 6 });
  expect(said.texts.cutTexts).toBeGreaterThan(0);
  expect(said.texts.cutTokens).toBeGreaterThan(0);
  expect(said.seconds).toBeGreaterThan(0);
  const { peak, limit, parts } = said.memory;
  expect(parts.optimizer).toBe(12 * 15_058);
  expect(peak).toBeGreaterThan(process.memoryUsage.rss() / 2);
  expect(peak).toBeLessThan(limit);
});

test('a run says the same at its start, and the time after it', async () => {
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent): void => void events.push(event);
  const folder = tempFolder();
  const { seconds, memory, ...said } = await forecast(OPTIONS);
  await train({ ...OPTIONS, out: join(folder, 'run'), onEvent });
  expect(events[0]).toMatchObject({ type: 'start', ...said, memory: { parts: memory.parts } });
  expect(events[1]).toMatchObject({ type: 'estimate', ...said, memory: { parts: memory.parts } });
  expect(events[1]).toHaveProperty('seconds');
  expect(seconds).toBeGreaterThan(0);
});

describe('memory', () => {
  const REFUSED =
    /^this run needs \d[\d.]* [MG]B of memory, and 5 MB are there\. Neither smaller batches nor shorter texts would make it fit: even one word at a time takes \d/;

  test('a run that needs more than there is, is refused before the first step, and says honestly what would help', async () => {
    const folder = tempFolder();
    const out = join(folder, 'run');
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent): void => void events.push(event);
    const error = await failureOf(train({ ...OPTIONS, out, memory: 5e6, onEvent }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(REFUSED);
    expect(events.map(({ type }) => type)).toEqual(['start']);
    expect(existsSync(out)).toBe(false);
    expect((await failureOf(forecast({ ...OPTIONS, memory: 5e6 }))).message).toMatch(REFUSED);
  });

  test.each([0, -1, NaN])('%d bytes are no memory', async (memory) => {
    const error = await failureOf(forecast({ ...OPTIONS, memory }));
    expect(error.message).toBe(`memory is ${memory}, expected a number of bytes above 0.`);
  });

  test('of the machine there is some, and not more than it has', async () => {
    const available = await availableMemory();
    expect(available).toBeGreaterThan(1e6);
    expect(available).toBeLessThan(totalmem());
  });
});
