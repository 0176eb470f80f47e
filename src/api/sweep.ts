/** Trying settings: which train best, decided on validation texts. */
import { basename, resolve } from 'node:path';
import type { Example } from '../data/example.js';
import { makeFolder, writeFileAtomic } from '../files/atomic.js';
import { withFolder } from '../files/claim.js';
import { exists, readJson } from '../files/read.js';
import { stepsOf } from '../train/plan.js';
import { forTexts } from '../train/recipes.js';
import { checkSetting, type SettingName, type TrainSettings } from '../train/settings.js';
import { drawFrom, gridOf, rungsOf, type Rung, type Space } from '../train/sweep.js';
import { FileError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { dataName, hashesOf, shortName } from './data.js';
import { inMemory } from './folds.js';
import { withHubData } from './hub-data.js';
import { requireClasses } from './kinds.js';
import { prepare, readParts } from './prepare.js';
import { trainAndEvaluate } from './train.js';
import { splitOptions, stopWhenAsked, type TrainJob, type TrainOptions } from './train-options.js';

export interface SweepOptions extends TrainOptions {
  /** The values to try of each setting. */
  readonly space: Space;
  /** Every trial is trained with each, and its score is the mean. @default the one of `seed` */
  readonly seeds?: readonly number[];
  /** Combinations to draw from the grid. @default all */
  readonly trials?: number;
  /** One of so many trials goes on after each round, for so many times as long; 1 trains all whole. @default 3 */
  readonly halving?: number;
  /** Called before each training. */
  readonly onTrial?: (trial: number, rung: number, rungs: readonly Rung[]) => void;
}

/** What a trial reached on the validation texts, at the end of a rung: the mean over seeds. */
export interface TrialScore {
  readonly rung: number;
  /** Of its updates. */
  readonly share: number;
  readonly accuracy: number;
  readonly f1: number;
  readonly loss: number;
  readonly seconds: number;
}

export interface Trial {
  /** Counted from 1. */
  readonly trial: number;
  readonly settings: Partial<TrainSettings>;
  readonly scores: readonly TrialScore[];
}

/** The fields are those of `bertune sweep --json`. */
export interface SweepResult {
  readonly folder: string;
  /** The path of a page of the trials. */
  readonly report: string;
  readonly rungs: readonly Rung[];
  readonly train_examples: number;
  readonly validation_examples: number;
  /** The best first: those of the last rung by their score, then those of the rung before, and so on. */
  readonly trials: readonly Trial[];
  readonly best: Trial;
}

/**
 * Trains with different settings and ranks them by validation texts. Test texts are set aside as `train` does and never
 * looked at. Each score is written to `<out>/sweep.json` as soon as it is there: the same call goes on where it was stopped.
 * At the end `<out>/sweep.html` shows them.
 *
 * ```ts
 * const { best } = await sweep({ data: 'reviews.csv', space: { learningRate: [5e-5, 1e-4, 2e-4], epochs: [1, 2, 3] } });
 * console.log(best.settings, best.scores.at(-1)?.accuracy); // { learningRate: 0.0001, epochs: 3 } 0.889
 * ```
 *
 * @throws what `train` throws; `FileError` where `out` holds another sweep
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const folder = options.out ?? `runs/${shortName(options.data)}-sweep`;
  return withFolder(folder, () => sweepInto(folder, options));
}

async function sweepInto(folder: string, options: SweepOptions): Promise<SweepResult> {
  const { space, seeds: givenSeeds, trials: asked, halving = 3, onTrial, ...rest } = options;
  const { settings, job: given } = splitOptions({ ...rest, calibrate: true });
  const seeds = givenSeeds ?? [settings.seed];
  checkSpace(space, seeds, asked, halving);
  const job = await withHubData(given);
  const name = dataName(job.data);
  const { train, validation, problem } = await readParts(job, settings, name);
  requireClasses(name, problem.problemType, 'only for classes are settings tried');
  const chosen = drawFrom(gridOf(space), asked ?? Infinity, settings.seed);
  const rungs = rungsOf(chosen.length, halving);
  const what = {
    settings,
    space,
    seeds,
    chosen,
    rungs,
    model: job.model ?? null,
    data: await hashesOf(job.data),
  };
  const state = await openState(folder, JSON.stringify(what), job.force ?? false);
  const table = chosen.map((each, i) => ({
    trial: i + 1,
    settings: each,
    scores: [...(state.scores[i] ?? [])],
  }));
  let going = [...table];
  for (const [rung, { share, trials }] of rungs.entries()) {
    going = going.slice(0, trials);
    for (const each of going) {
      if (each.scores.some((score) => score.rung === rung)) continue;
      stopWhenAsked(job.signal, `before trial ${each.trial}; the same command goes on from here`);
      onTrial?.(each.trial, rung, rungs);
      const score = await scoreOf(job, { ...settings, ...each.settings }, train, validation, {
        seeds,
        share,
      });
      each.scores.push({ rung, share, ...score });
      await state.save(table.map(({ scores }) => scores));
    }
    going.sort(better);
  }
  const ranked = [...table].sort((a, b) => b.scores.length - a.scores.length || better(a, b));
  const counts = { train_examples: train.length, validation_examples: validation.length };
  const report = `${folder}/sweep.html`;
  const { renderSweep } = await import('../report/sweep.js');
  await writeFileAtomic(
    report,
    await renderSweep({ name: basename(resolve(folder)), trials: ranked, ...counts }),
  );
  return { ...{ folder, report, rungs, trials: ranked, best: ranked[0]! }, ...counts };
}

/** By the last accuracy, of equal ones by the loss, then the earlier one. */
function better(a: Trial, b: Trial): number {
  const [x, y] = [a.scores.at(-1)!, b.scores.at(-1)!];
  return y.accuracy - x.accuracy || x.loss - y.loss || a.trial - b.trial;
}

/** The mean over seeds of a training for a share of its updates, with the validation texts as its test. */
async function scoreOf(
  job: TrainJob,
  settings: TrainSettings,
  train: readonly Example[],
  validation: readonly Example[],
  { seeds, share }: { readonly seeds: readonly number[]; readonly share: number },
): Promise<Omit<TrialScore, 'rung' | 'share'>> {
  const { totalSteps } = stepsOf(train.length, forTexts(settings, train.length));
  const trial: TrainJob = {
    ...job,
    data: inMemory(train),
    test: inMemory(validation),
    validation: undefined,
  };
  const sums = { accuracy: 0, f1: 0, loss: 0, seconds: 0 };
  for (const seed of seeds) {
    const { written: _, ...prepared } = await prepare(trial, {
      ...{ ...settings, seed, maxSteps: Math.max(1, Math.ceil(share * totalSteps)) },
      // They were cleaned when they were read, and nothing is set aside of them.
      ...{ problemType: 'single_label_classification', clean: 'none', calibrate: false },
    });
    const { result } = await trainAndEvaluate(prepared, undefined, trial);
    const { metrics, training } = result;
    if (metrics.problem_type !== 'single_label_classification')
      throw new UsageError('a sweep is for classes.');
    sums.accuracy += metrics.accuracy / seeds.length;
    sums.f1 += metrics.f1 / seeds.length;
    sums.loss += metrics.loss / seeds.length;
    sums.seconds += training.seconds;
  }
  return sums;
}

function checkSpace(
  space: Space,
  seeds: readonly number[],
  trials: number | undefined,
  halving: number,
): void {
  for (const [name, values] of Object.entries(space)) {
    for (const value of values) checkSetting(name as SettingName, value);
  }
  if (
    space.seed ||
    space.evalSteps ||
    space.earlyStopping ||
    space.calibrate ||
    space.clean ||
    space.problemType
  ) {
    throw new UsageError(
      'a sweep tries how to train: --seeds has the seeds, and what the texts are stays the same.',
    );
  }
  for (const seed of seeds) checkSetting('seed', seed);
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  if (trials !== undefined && !isCount(trials))
    throw new UsageError(`--trials is ${trials}, expected 1 or more.`);
  if (!isCount(halving))
    throw new UsageError(`--halving is ${halving}, expected a whole number from 1 up, such as 3.`);
}

const FORMAT = 1;

interface State {
  /** [trials][rungs that are done] */
  readonly scores: readonly (readonly TrialScore[])[];
  save(scores: readonly (readonly TrialScore[])[]): Promise<void>;
}

/** What an earlier call of the same sweep left. */
async function openState(folder: string, what: string, force: boolean): Promise<State> {
  const path = `${folder}/sweep.json`;
  const found: unknown = !force && (await exists(path)) ? await readJson(path) : undefined;
  if (
    found !== undefined &&
    (!isObject(found) || found['what'] !== what || !Array.isArray(found['scores']))
  ) {
    throw new FileError(
      `${path} is of another sweep, or of other data: choose another --out or pass --force`,
    );
  }
  const save: State['save'] = async (scores) => {
    await makeFolder(folder);
    await writeFileAtomic(path, `${JSON.stringify({ format: FORMAT, what, scores }, null, 2)}\n`);
  };
  return { scores: (found as State | undefined)?.scores ?? [], save };
}
