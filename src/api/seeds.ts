/** The same run with several seeds: how much of an accuracy is luck. */
import { writeFileAtomic } from '../files/atomic.js';
import { RunFolder } from '../files/run-folder.js';
import { SETTINGS } from '../train/settings.js';
import { UsageError } from '../util/errors.js';
import { shortName } from './data.js';
import type { TrainOptions, TrainResult } from './train-options.js';
import { train } from './train.js';

/** Mean, and standard deviation of the sample (n - 1). */
export interface Spread {
  readonly mean: number;
  readonly std: number;
}

export interface SeedsResult {
  /** The folder that holds a folder for each run, and `seeds.json`. */
  readonly folder: string;
  readonly seeds: readonly number[];
  readonly runs: readonly TrainResult[];
  readonly accuracy: Spread;
  readonly f1: Spread;
  readonly loss: Spread;
}

export interface SeedsOptions extends TrainOptions {
  /** How many runs; their seeds are `seed`, `seed` + 1 and so on. */
  readonly seeds: number;
  /** Called before each run. */
  readonly onRun?: (seed: number, index: number) => void;
}

/**
 * Trains once for each of several seeds, into `<out>/seed-<n>`, and writes `<out>/seeds.json`. All runs learn from and
 * are evaluated on the same texts: those that the first seed sets aside, where there is no `test`.
 *
 * ```ts
 * const { accuracy } = await trainSeeds({ data: 'reviews.csv', seeds: 3 });
 * console.log(accuracy.mean, accuracy.std); // 0.887 0.004
 * ```
 *
 * @throws what `train` throws; the runs that were finished by then stay.
 */
export async function trainSeeds({ seeds: count, onRun, ...options }: SeedsOptions): Promise<SeedsResult> {
  if (!Number.isSafeInteger(count) || count < 2 || count > 100) {
    throw new UsageError(`--seeds is ${String(count)}, expected a whole number from 2 to 100.`);
  }
  const folder = options.out ?? `runs/${shortName(options.data)}`;
  const first = options.seed ?? SETTINGS.seed.default;
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  const place = (seed: number): string => `${folder}/seed-${seed}`;
  // An earlier run in the last of the folders is no news to get after hours.
  for (const seed of seeds) {
    await (await RunFolder.create(place(seed), { force: options.force ?? false })).discard();
  }
  const runs: TrainResult[] = [];
  for (const [index, seed] of seeds.entries()) {
    onRun?.(seed, index);
    runs.push(await train({ ...options, seed, splitSeed: first, out: place(seed) }));
  }
  const over = (name: 'accuracy' | 'f1' | 'loss'): Spread =>
    spreadOf(runs.map(({ metrics }) => metrics[name]));
  const result = { folder, seeds, runs, accuracy: over('accuracy'), f1: over('f1'), loss: over('loss') };
  await writeFileAtomic(`${folder}/seeds.json`, `${JSON.stringify(seedsDocument(result), null, 2)}\n`);
  return result;
}

/** What `seeds.json` holds, and `bertune train --seeds --json` prints. */
export function seedsDocument({ folder, seeds, runs, accuracy, f1, loss }: SeedsResult): object {
  return {
    folder,
    ...{ accuracy_mean: accuracy.mean, accuracy_std: accuracy.std, f1_mean: f1.mean, f1_std: f1.std },
    ...{ loss_mean: loss.mean, loss_std: loss.std },
    runs: runs.map(({ folder: run, metrics }, i) => ({
      seed: seeds[i],
      folder: run,
      ...{ accuracy: metrics.accuracy, f1: metrics.f1, loss: metrics.loss },
    })),
  };
}

/** Exported for its test. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
