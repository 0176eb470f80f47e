/** What to change about a run that takes more memory than there is. */
import type { RunSettings } from './settings.js';

/** The settings that a run's memory depends on. */
export type SizeSettings = Pick<RunSettings, 'batchSize' | 'gradientAccumulationSteps'> & {
  readonly maxLength: number;
};

/** Texts are not cut shorter than this to save memory: little would be left to learn from. */
const LEAST_LENGTH = 16;
/** Proposed lengths are multiples of this. */
const LENGTH_STEP = 8;

/**
 * Up to two changes that make a run fit: smaller batches, more of them in an update, so that each update sees the same
 * texts, and shorter texts. Where smaller batches alone are not enough, they come with the longest texts that fit.
 * Empty when nothing helps.
 *
 * @param fits whether a run with these settings fits
 */
export function changesThatFit(
  settings: SizeSettings,
  fits: (changed: SizeSettings) => boolean,
): SizeSettings[] {
  const smaller = smallerBatches(settings);
  const shorter = longestThatFits(settings, fits);
  const batches = smaller.find(fits) ?? longestThatFits(smaller.at(-1) ?? settings, fits);
  if (!batches || batches.maxLength === shorter?.maxLength) return shorter ? [shorter] : [];
  // Texts of half the length are another task; where less must go, that is no choice.
  const worthwhile = shorter && shorter.maxLength >= batches.maxLength / 2;
  return worthwhile ? [batches, shorter] : [batches];
}

/** Batches that a batch can be cut into without rest, the largest first. */
function smallerBatches(settings: SizeSettings): SizeSettings[] {
  const { batchSize, gradientAccumulationSteps } = settings;
  return Array.from({ length: batchSize - 1 }, (_, index) => batchSize - 1 - index)
    .filter((size) => batchSize % size === 0)
    .map((size) => ({
      ...settings,
      batchSize: size,
      gradientAccumulationSteps: (gradientAccumulationSteps * batchSize) / size,
    }));
}

/** By bisection, as shorter texts never take more. */
function longestThatFits(
  settings: SizeSettings,
  fits: (changed: SizeSettings) => boolean,
): SizeSettings | undefined {
  const at = (steps: number): SizeSettings => ({ ...settings, maxLength: steps * LENGTH_STEP });
  let low = LEAST_LENGTH / LENGTH_STEP;
  let high = Math.ceil(settings.maxLength / LENGTH_STEP) - 1;
  if (high < low || !fits(at(low))) return undefined;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(at(middle))) low = middle;
    else high = middle - 1;
  }
  return at(low);
}
