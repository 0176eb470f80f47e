/** `train` as a program calls it. */
import { join } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  InterruptedError,
  NumericError,
  train,
  UsageError,
  BertuneError,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
} from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { listing, TINY } from '../support/cli.js';
import { readTensors, relativeError } from '../support/fixtures.js';
import { editConfig, tinyCopy } from '../support/models.js';
import { reviews, sha256 } from '../support/reviews.js';

/** A quick run of the tiny model in a folder of its own, with its events. */
async function quick(
  options: Partial<TrainOptions> = {},
): Promise<{ events: TrainEvent[]; result: TrainResult; folder: string }> {
  const events: TrainEvent[] = [];
  const folder = join(tempFolder(), 'run');
  const result = await train({
    ...{ data: reviews(24), model: TINY, out: folder, maxLength: 24, threads: 1, epochs: 2, batchSize: 16 },
    onEvent: (event) => {
      events.push(event);
    },
    ...options,
  });
  return { events, result, folder };
}

const typesOf = (events: readonly TrainEvent[]): string[] =>
  events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);

function startOf(events: readonly TrainEvent[]): TrainEvent & { type: 'start' } {
  const [first] = events;
  if (first?.type !== 'start') throw new Error('the first event is not start');
  return first;
}

describe('events', () => {
  test('come in order, and agree with the result', async () => {
    const { events, result, folder } = await quick({
      epochs: 3,
      batchSize: 4,
      testSplit: 0.25,
      loggingSteps: 2,
    });
    expect(typesOf(events)).toEqual(['start', 'estimate', 'step', 'evaluating', 'saved']);
    const { plan, texts, labels, settings, parameters, report } = startOf(events);
    expect(plan).toMatchObject({ stepsPerEpoch: 5, totalSteps: 15, warmupSteps: 2 });
    expect(texts).toMatchObject({ train: 18, test: 6, cutTexts: 0, cutTokens: 0 });
    expect(labels).toEqual(['negative', 'positive']);
    expect(settings).toMatchObject({ epochs: 3, batchSize: 4, seed: 42 });
    expect(parameters).toBe(15_058);
    expect(report).toMatchObject({ made: [], unused: [] });
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    for (const event of steps) {
      expect(event.totalSteps).toBe(15);
      expect(event.epoch).toBeCloseTo(event.step / 5, 12);
      expect(event.textsPerSecond).toBeGreaterThan(0);
      expect(event.secondsLeft).toBeGreaterThanOrEqual(0);
    }
    const log = result.training.logHistory;
    expect(log.map(({ step }) => step)).toEqual([2, 4, 6, 8, 10, 12, 14, 15]);
    expect(log[0]!['loss']).toBeCloseTo((steps[0]!.loss + steps[1]!.loss) / 2, 12);
    expect(log[0]!['learning_rate']).toBe(steps[1]!.learningRate);
    expect(log[0]!['grad_norm']).toBe(steps[1]!.gradNorm);
    const evaluated = events.filter((event) => event.type === 'evaluating');
    expect(evaluated.at(-1)).toMatchObject({ done: 6, total: 6 });
    expect(events.at(-1)).toEqual({ type: 'saved', folder });
    expect(result).toMatchObject({ folder, labels: ['negative', 'positive'], metrics: { examples: 6 } });
    expect(result.baseline).toEqual({ label: 'negative', accuracy: 0.5 });
  });

  test('say how much of the texts is cut off', async () => {
    const long = reviews(24).map(({ text, label }) => ({ text: `${text} ${'good '.repeat(18)}`, label }));
    const { events } = await quick({ data: long, test: reviews(4), maxLength: 12, truncation: 'head+tail' });
    const { texts } = startOf(events);
    expect(texts.cutTexts).toBe(24);
    expect(texts.cutTokens).toBeGreaterThan(0.5);
    expect(texts.cutTokens).toBeLessThan(0.75);
  });
});

describe('a head', () => {
  test('for the same labels is trained on, in its order', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    editConfig(model, { id2label: { 0: 'positive', 1: 'negative' }, label2id: { positive: 0, negative: 1 } });
    const { events } = await quick({ model, learningRate: 0, weightDecay: 0 });
    expect(startOf(events)).toMatchObject({ labels: ['positive', 'negative'], report: { made: [] } });
  });

  test('for other labels is made new, from the seed', async () => {
    const other = { data: reviews(24, ['dull', 'fine', 'so-so']), learningRate: 0, weightDecay: 0 };
    const { events, folder } = await quick(other);
    const { report } = startOf(events);
    expect([...report.made].sort()).toEqual(['classifier.bias', 'classifier.weight']);
    expect([...report.unused].sort()).toEqual(['classifier.bias', 'classifier.weight']);
    expect(report.found.length).toBe(39);
    // At a rate of 0 the rest is as it was, and the head as it was made: of deviation initializer_range, bias 0.
    const before = readTensors(join(TINY, 'model.safetensors'));
    const after = readTensors(join(folder, 'model.safetensors'));
    for (const [name, { data }] of before) {
      if (!name.startsWith('classifier')) expect(after.get(name)!.data, name).toEqual(data);
    }
    const head = [...(after.get('classifier.weight')!.data as Float32Array)];
    expect(after.get('classifier.weight')!.shape).toEqual([3, 24]);
    const deviation = Math.sqrt(head.reduce((sum, x) => sum + x * x, 0) / head.length);
    expect(deviation).toBeGreaterThan(0.07); // initializer_range is 0.1, and there are 72 numbers
    expect(deviation).toBeLessThan(0.13);
    expect([...(after.get('classifier.bias')!.data as Float32Array)]).toEqual([0, 0, 0]);
    const again = await quick({ ...other, seed: 7 });
    expect(sha256(again.folder, 'model.safetensors')).not.toBe(sha256(folder, 'model.safetensors'));
  });
});

describe('the weights', () => {
  const weightsOf = (folder: string): string => sha256(folder, 'model.safetensors');

  test('are the same to the last bit for the same options, and others for another seed or order', async () => {
    const options = { epochs: 3, dropout: 0.2, batchSize: 4 };
    const one = weightsOf((await quick(options)).folder);
    expect(weightsOf((await quick(options)).folder)).toBe(one);
    expect(weightsOf((await quick({ ...options, seed: 1 })).folder)).not.toBe(one);
    expect(weightsOf((await quick({ ...options, dropout: 0 })).folder)).not.toBe(one);
    expect(weightsOf((await quick({ ...options, order: 'sequential' })).folder)).not.toBe(one);
  });

  test('after 2 batches of 4 per update are those after batches of 8', async () => {
    const options = {
      ...({ data: reviews(40), test: reviews(4), dropout: 0, order: 'sequential', epochs: 2 } as const),
      learningRate: 1e-3,
    };
    const large = await quick({ ...options, batchSize: 8 });
    const small = await quick({ ...options, batchSize: 4, gradientAccumulationSteps: 2 });
    expect(small.result.training.steps).toBe(large.result.training.steps);
    const steps = (events: readonly TrainEvent[]): (TrainEvent & { type: 'step' })[] =>
      events.filter((event) => event.type === 'step');
    const expectedSteps = steps(large.events);
    steps(small.events).forEach(({ loss, gradNorm }, i) => {
      expect(Math.abs(loss / expectedSteps[i]!.loss - 1)).toBeLessThan(1e-5);
      expect(Math.abs(gradNorm / expectedSteps[i]!.gradNorm - 1)).toBeLessThan(1e-4);
    });
    const expected = readTensors(join(large.folder, 'model.safetensors'));
    for (const [name, { data }] of readTensors(join(small.folder, 'model.safetensors'))) {
      // The true gradient of these is 0: AdamW makes steps of rounding errors (see test/fixtures/README.md).
      if (name.endsWith('attention.self.key.bias')) continue;
      expect(
        relativeError(data as Float32Array, expected.get(name)!.data as Float32Array),
        name,
      ).toBeLessThan(1e-5);
    }
    const before = readTensors(join(TINY, 'model.safetensors')).get('classifier.weight')!;
    const trained = expected.get('classifier.weight')!.data as Float32Array;
    expect(relativeError(trained, before.data as Float32Array)).toBeGreaterThan(1e-3);
  });
});

describe('an AbortSignal', () => {
  /** Aborts at the first event that `when` accepts; gives the error and the events until then. */
  async function abortAt(
    when: (event: TrainEvent) => boolean,
  ): Promise<{ error: Error; events: TrainEvent[]; left: string[] }> {
    const parent = tempFolder();
    const controller = new AbortController();
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent): void => {
      events.push(event);
      if (when(event)) controller.abort();
    };
    const out = join(parent, 'runs', 'x');
    const error = await failureOf(
      quick({ out, onEvent, signal: controller.signal, epochs: 10, batchSize: 4 }),
    );
    return { error, events, left: listing(parent) };
  }

  test('stops after the step under way, and leaves a checkpoint', async () => {
    const { error, events, left } = await abortAt((event) => event.type === 'step' && event.step === 3);
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error).toMatchObject({ code: 'INTERRUPTED', exitCode: 130, name: 'InterruptedError' });
    expect(error.message).toMatch(
      /^stopped after step 3 of 60 \(epoch 0\.50, loss \d\.\d{4}\)\. Saved as .*checkpoint-3; to go on/,
    );
    expect(events.at(-1)).toMatchObject({ type: 'step', step: 3 });
    expect(left.map((line) => line.split(' ')[0]).slice(0, 3)).toEqual([
      'runs',
      'runs/x',
      'runs/x/checkpoint-3',
    ]);
  });

  test.each([
    ['start', /^stopped before the first step/, false],
    [
      'evaluating',
      /^stopped in the evaluation, after all 60 steps and \d of 2 texts\. Saved as .*-60; to go/,
      true,
    ],
  ])('at %s too', async (type, message, leaves) => {
    const { error, left } = await abortAt((event) => event.type === type);
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error.message).toMatch(message);
    expect(left.length > 0).toBe(leaves);
  });

  test('that was aborted before stops before anything is computed', async () => {
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent): void => void events.push(event);
    const error = await failureOf(quick({ signal: AbortSignal.abort(), onEvent }));
    expect(error).toBeInstanceOf(InterruptedError);
    expect(events).toEqual([]);
  });
});

describe('an error', () => {
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['no data', { data: undefined }, 'USAGE', /train needs data/],
    ['an empty list', { data: [] }, 'DATA', /the list of examples is empty/],
    ['an empty test list', { test: [] }, 'DATA', /the list of examples is empty/],
    ['an empty text', { data: [...reviews(4), { text: ' ', label: 'x' }] }, 'DATA', /example 5 has no text/],
    ['a missing label', { data: [...reviews(4), { text: 'a' }] }, 'DATA', /example 5 \("a"\) has no label/],
    ['a text that is none', { data: [{ text: 3, label: 'x' }] }, 'DATA', /example 1: text is not a string/],
    ['one class', { data: reviews(6, ['fine']) }, 'DATA', /the examples has only one class|only one class/],
    ['an unknown label', { test: reviews(3, ['mild']) }, 'DATA', /row 1: unknown label "mild"/],
    [
      'an unknown option',
      { learningrate: 1 },
      'USAGE',
      /there is no setting "learningrate"; did you mean "learningRate"\?/,
    ],
    ['a bad value', { epochs: 0 }, 'USAGE', /--epochs is 0/],
    ['threads', { threads: 0 }, 'USAGE', /--threads is 0, expected a whole number from 1/],
    ['a missing model', { model: 'no/such' }, 'HUB', /no such folder: no\/such/],
    ['a long text limit', { maxLength: 25 }, 'USAGE', /reads 3 to 24 tokens/],
  ])('%s', async (_, options, code, message) => {
    const parent = tempFolder();
    const error = await failureOf(quick({ ...options, out: join(parent, 'x') }));
    expect(error).toBeInstanceOf(BertuneError);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(listing(parent)).toEqual([]);
  });

  test('of the numbers names the step', async () => {
    const parent = tempFolder();
    const spoiling = { learningRate: 1, weightDecay: 10, maxGradNorm: 0, warmupRatio: 0, epochs: 300 };
    const error = await failureOf(quick({ ...spoiling, schedule: 'constant', out: join(parent, 'x') }));
    expect(error).toBeInstanceOf(NumericError);
    expect(error.message).toMatch(/^step \d+: the loss is NaN\..*example \d+, example/);
    expect(listing(parent)).toEqual([]);
  });
});

test('types: options are checked by the compiler, results are known', () => {
  expectTypeOf<TrainOptions['schedule']>().toEqualTypeOf<'linear' | 'cosine' | 'constant' | undefined>();
  // Before it is asked which kind it is, a metric may be of another.
  expectTypeOf<TrainResult['metrics']['roc_auc']>().toEqualTypeOf<number | null | undefined>();
  expectTypeOf<
    Extract<TrainResult['metrics'], { problem_type: 'single_label_classification' }>['roc_auc']
  >().toEqualTypeOf<number | null>();
  // @ts-expect-error -- data must be given
  const withoutData: TrainOptions = { epochs: 1 };
  // @ts-expect-error -- a schedule that there is not
  const unknownSchedule: TrainOptions = { data: 'a.csv', schedule: 'step' };
  expect([withoutData, unknownSchedule]).toHaveLength(2);
  expectTypeOf<UsageError['code']>().toEqualTypeOf<'USAGE'>();
});
