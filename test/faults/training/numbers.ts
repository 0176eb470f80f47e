/** Numbers that go wrong in the middle of a run, and an engine that fails there; how often is said by who runs it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  EngineError,
  NumericError,
  train,
  verifyRun,
  type TrainEvent,
  type TrainOptions,
} from '../../../src/index.js';
import { TINY } from '../../support/cli.js';
import { readTensors } from '../../support/fixtures.js';
import { reviews } from '../../support/reviews.js';
import { setFaults, type Faults, type GraphName, type GraphRun } from './engine.js';
import { checkpointsOf, fingerprint } from './killed.js';

const STEPS = 9;
/** With all that could average a bad number away: accumulation, a mean of the weights, the best of several evaluations. */
export const OPTIONS: Omit<TrainOptions, 'out'> = {
  ...{ data: reviews(48), model: TINY, maxLength: 24, threads: 1, maxSteps: STEPS, batchSize: 4 },
  ...{ gradientAccumulationSteps: 2, averageLast: 0.5, evalSteps: 4, loggingSteps: 2, baseline: false },
  ...{ saveSteps: 2, keep: 2 },
};
/** Graphs of gradients in one update: a micro-batch for each batch. */
const MICRO = 2;

/** Sets faults once the engine is made and timed, so that runs are counted from the first step on. */
async function trainWith(options: TrainOptions, faults: Faults): Promise<unknown> {
  const onEvent = (event: TrainEvent): void => {
    if (event.type === 'estimate') setFaults(faults);
  };
  try {
    return await train({ ...options, onEvent });
  } catch (error) {
    return error;
  } finally {
    setFaults();
  }
}

/** Where a bad number is put. */
export type Place =
  'the loss' | 'an unused embedding' | 'exp_avg' | 'exp_avg_sq' | `gradient ${string}` | `weight ${string}`;

/** One of each kind of tensor. */
const TENSORS = [
  'bert.embeddings.word_embeddings.weight',
  'bert.encoder.layer.0.attention.self.query.weight',
  'bert.encoder.layer.1.intermediate.dense.bias',
  'bert.encoder.layer.1.output.LayerNorm.weight',
] as const;

export const PLACES: readonly Place[] = [
  'the loss',
  ...TENSORS.map((name) => `gradient ${name}` as const),
  ...TENSORS.map((name) => `weight ${name}` as const),
  'an unused embedding',
  'exp_avg',
  'exp_avg_sq',
];

/** Puts a number at a place while the gradient of this step is computed. */
function poison(place: Place, value: number, step: number): Faults {
  const data = (tensors: GraphRun['feeds'], name: string): Float32Array => tensors[name]!.data as Float32Array; // prettier-ignore
  const isNow = ({ graph, count }: GraphRun): boolean => graph === 'gradient' && count === MICRO * step;
  /** A chunk's moments, as the last update was given them. */
  let moments: GraphRun['feeds'] | undefined;
  const seen = new Set<number>();
  return {
    before: (run) => {
      if (run.graph === 'update') moments ??= run.feeds;
      if (run.graph === 'gradient') {
        for (const id of run.feeds['input_ids']!.data as BigInt64Array) seen.add(Number(id));
      }
      if (!isNow(run)) return;
      if (place === 'exp_avg') data(moments!, 'first')[1] = value;
      if (place === 'exp_avg_sq') data(moments!, 'second')[1] = value;
      const [what, name = ''] = place.split(' ');
      if (what === 'weight') {
        const weights = data(run.feeds, name);
        // Of the embeddings the row of [CLS], which every text has.
        weights[/word_embeddings/.test(name) ? usedElement(run, weights) : 1] = value;
      }
      if (place === 'an unused embedding') {
        const weights = data(run.feeds, TENSORS[0]);
        const row = Array.from({ length: rowsOf(run) }, (_, id) => id).find((id) => !seen.has(id))!;
        weights[row * (weights.length / rowsOf(run))] = value;
      }
    },
    after: (run) => {
      if (!isNow(run)) return;
      if (place === 'the loss') data(run.results, 'loss')[0] = value;
      if (!place.startsWith('gradient')) return;
      const name = place.split(' ')[1]!;
      // The embeddings' come row by row, under a name of their own.
      const found = Object.keys(run.results).find((each) => each.includes(name) && each !== name);
      expect(found, `${name} among ${Object.keys(run.results).join(', ')}`).toBeDefined();
      data(run.results, found!)[1] = value;
    },
  };
}

function rowsOf({ feeds }: GraphRun): number {
  return (feeds[TENSORS[0]] as unknown as { dims: number[] }).dims[0]!;
}

function usedElement(run: GraphRun, weights: Float32Array): number {
  const id = Number((run.feeds['input_ids']!.data as BigInt64Array)[0]);
  return id * (weights.length / rowsOf(run));
}

/** Every number of every checkpoint is finite, and every file as it was written. */
async function expectWhole(run: string): Promise<void> {
  expect((await verifyRun(run)).ok).toBe(true);
  for (const step of checkpointsOf(run)) {
    const folder = join(run, `checkpoint-${step}`);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.safetensors'))) {
      for (const [name, { data }] of readTensors(join(folder, file)))
        expect((data as Float32Array).every(Number.isFinite), `${step} ${file} ${name}`).toBe(true);
    }
  }
}

/** One bad number in one run. */
export async function stopsAt(
  out: string,
  place: Place,
  value: number,
  { step = 6, more = {} }: { step?: number; more?: Partial<TrainOptions> } = {},
): Promise<'before' | 'in'> {
  const error = await trainWith({ ...OPTIONS, ...more, out }, poison(place, value, step));
  const where = `${value} in ${place}`;
  expect(error, where).toBeInstanceOf(NumericError);
  const { message, exitCode } = error as NumericError;
  expect(exitCode).toBe(1);
  expect(message, where).toMatch(
    new RegExp(
      `^step ${step}: .*\\. Stopped (?:before the update, so the weights are those of step ${step - 1}|in the update); ` +
        `nothing was saved\\. The texts were: example \\d+(?:, example \\d+){7}\\. .*` +
        `The last checkpoint is .*checkpoint-${2 * Math.floor((step - 1) / 2)}\\.$`,
    ),
  );
  await expectWhole(out);
  expect(existsSync(join(out, 'model.safetensors'))).toBe(false);
  rmSync(out, { recursive: true });
  return message.includes('Stopped before') ? 'before' : 'in';
}

/** Gradients that are finite, whose squares are not. */
export async function stopsAtOverflow(out: string): Promise<void> {
  const error = await trainWith(
    { ...OPTIONS, out },
    poison('gradient bert.encoder.layer.0.attention.self.query.weight', 1e20, 6),
  );
  expect(error).toBeInstanceOf(NumericError);
  expect((error as Error).message).toMatch(/^step 6: the gradient's norm is Infinity\. Stopped before/);
  await expectWhole(out);
  rmSync(out, { recursive: true });
}

/** Where the engine fails. */
export interface Failure {
  readonly graph: GraphName;
  readonly step: number;
  /** Which of this graph's runs in that step, as a share. */
  readonly at: number;
}

/** Runs of each graph in one step. */
export async function runsInAStep(out: string): Promise<Record<GraphName, number>> {
  const seen: Record<GraphName, number> = { gradient: 0, norm: 0, update: 0, evaluation: 0 };
  const counted = { ...OPTIONS, maxSteps: 1, saveSteps: 0, evalSteps: 0 };
  await trainWith({ ...counted, out }, { before: ({ graph }) => seen[graph]++ });
  rmSync(out, { recursive: true });
  return seen;
}

/** The run that nothing disturbs. */
export async function undisturbedLibrary(out: string): Promise<object> {
  await train({ ...OPTIONS, out });
  return fingerprint(out);
}

/**
 * A run whose engine fails once, and goes on: the same bits. Says whether the step before the failure was saved, an earlier
 * checkpoint was there, or none.
 */
export async function failsAndGoesOn(
  out: string,
  expected: object,
  runs: Record<GraphName, number>,
  { graph, step, at }: Failure,
): Promise<'step before' | 'checkpoint' | 'nothing'> {
  const perStep = runs[graph];
  // Evaluations come after every fourth step and the last one, each with as many runs; the last ones are of the test texts.
  const count =
    graph === 'evaluation'
      ? step
      : (step - 1) * perStep + 1 + Math.min(perStep - 1, Math.floor(at * perStep));
  const error = await trainWith(
    { ...OPTIONS, out },
    {
      before: (run) => {
        if (run.graph === graph && run.count === count) throw new Error('std::bad_alloc');
      },
    },
  );
  const where = `${graph} ${count}`;
  expect(error, where).toBeInstanceOf(EngineError);
  const { message, exitCode } = error as EngineError;
  expect(exitCode).toBe(1);
  expect(message, where).toContain('the engine failed: std::bad_alloc. ');
  if (graph !== 'evaluation') expect(message).toMatch(new RegExp(`^step ${step}: `));
  const saved = existsSync(out) ? checkpointsOf(out) : [];
  if (saved.length === 0) {
    expect(message).toMatch(/Nothing was saved, and nothing that was there before was changed\.$/);
    expect(step).toBeLessThanOrEqual(2);
    await train({ ...OPTIONS, out });
  } else {
    expect(message).toMatch(/checkpoint-\d+; to go on: bertune train --resume /);
    expect(message).toContain(`checkpoint-${Math.max(...saved)};`);
    await expectWhole(out);
    await train({ ...OPTIONS, out, resume: true });
  }
  expect(fingerprint(out), where).toEqual(expected);
  rmSync(out, { recursive: true });
  return saved.length === 0 ? 'nothing' : message.includes('Saved as') ? 'step before' : 'checkpoint';
}
