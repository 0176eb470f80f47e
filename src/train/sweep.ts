/**
 * Which settings to try, and which to go on with: a grid or a draw from it, and successive halving (Karnin et al. 2013;
 * Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization", algorithm 1).
 */
import { UsageError } from '../util/errors.js';
import { RandomStream, PURPOSE } from '../util/random.js';
import { flagOf, type SettingName, type TrainSettings } from './settings.js';

/** Values to try of each setting. */
export type Space = { readonly [K in SettingName]?: readonly TrainSettings[K][] };

/** Every combination, the last setting's values changing fastest. */
export function gridOf(space: Space): Partial<TrainSettings>[] {
  return Object.entries(space).reduce<Partial<TrainSettings>[]>(
    (all, [name, values]) => {
      if (values.length === 0) throw new UsageError(`${flagOf(name)} has no values to try.`);
      return all.flatMap((settings) => values.map((value) => ({ ...settings, [name]: value })));
    },
    [{}],
  );
}

/** So many different combinations, drawn from the seed, in the order of the grid; all where there are no more. */
export function drawFrom<T>(grid: readonly T[], trials: number, seed: number): T[] {
  if (trials >= grid.length) return [...grid];
  const places = new RandomStream(seed, PURPOSE.sweep).shuffle(grid.map((_, place) => place));
  return places
    .slice(0, trials)
    .sort((a, b) => a - b)
    .map((place) => grid[place]!);
}

/** A round: so many trials, each trained for this share of its updates. */
export interface Rung {
  readonly trials: number;
  readonly share: number;
}

/** No rung trains for less than this share of a run: so little says nothing of the rest. */
const LEAST_SHARE = 1 / 9;

/**
 * Rungs from many trials trained a little to few trained whole: from one to the next, one of `halving` goes on, for `halving`
 * times as long.
 *
 * ```ts
 * rungsOf(9, 3); // [ { trials: 9, share: 1/9 }, { trials: 3, share: 1/3 }, { trials: 1, share: 1 } ]
 * ```
 *
 * @param halving 1 to train all of them whole
 */
export function rungsOf(trials: number, halving: number): Rung[] {
  if (halving <= 1) return [{ trials, share: 1 }];
  let rungs = 1;
  while (halving ** rungs <= trials && halving ** -rungs >= LEAST_SHARE - 1e-9) rungs++;
  return Array.from({ length: rungs }, (_, rung) => ({
    trials: Math.ceil(trials / halving ** rung),
    share: halving ** (rung + 1 - rungs),
  }));
}
