/** The same run with several seeds: how much of an accuracy is luck. */
import { writeFileAtomic } from '../files/atomic.js';
import { RunFolder } from '../files/run-folder.js';
import { numbersOf } from '../evaluate/measure.js';
import { SETTINGS } from '../train/settings.js';
import type { ProblemType } from '../util/problem.js';
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
  readonly loss: Spread;
  /** Of classes. */
  readonly accuracy?: Spread;
  readonly f1?: Spread;
  /** The same of those metrics that are told of each kind of problem, by their names. */
  readonly spreads: Readonly<Record<string, Spread>>;
}

/** The metrics whose spread is told; the first is told first. */
const TOLD = {
  single_label_classification: ['accuracy', 'f1', 'loss'],
  multi_label_classification: ['f1_micro', 'f1_macro', 'subset_accuracy', 'loss'],
  regression: ['pearson', 'spearman', 'mae', 'loss'],
} as const satisfies Readonly<Record<ProblemType, readonly string[]>>;

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
  const numbers = runs.map(({ metrics }) => numbersOf(metrics));
  const over = (name: string): Spread => spreadOf(numbers.flatMap((each) => each[name] ?? []));
  const spreads = Object.fromEntries(
    TOLD[runs[0]!.metrics.problem_type].map((name) => [name, over(name)] as const),
  );
  const { accuracy, f1 } = spreads;
  const result = {
    ...{ folder, seeds, runs, spreads, loss: over('loss') },
    ...(accuracy && { accuracy }),
    ...(f1 && { f1 }),
  };
  await writeFileAtomic(`${folder}/seeds.json`, `${JSON.stringify(seedsDocument(result), null, 2)}\n`);
  return result;
}

/** What `seeds.json` holds, and `bertune train --seeds --json` prints. */
export function seedsDocument({ folder, seeds, runs, spreads }: SeedsResult): object {
  return {
    folder,
    ...Object.fromEntries(
      Object.entries(spreads).flatMap(([name, { mean, std }]) => [
        [`${name}_mean`, mean],
        [`${name}_std`, std],
      ]),
    ),
    runs: runs.map(({ folder: run, metrics }, i) => {
      const numbers = numbersOf(metrics);
      const told = Object.keys(spreads).map((name) => [name, numbers[name]] as const);
      return { seed: seeds[i], folder: run, ...Object.fromEntries(told) };
    }),
  };
}

/** Exported for its test. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
