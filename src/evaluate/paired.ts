/** How far the difference of two classifiers may be off by the choice of texts: the bootstrap over texts, both on the same. */
import { PURPOSE, RandomStream } from '../util/random.js';
import { middle, type BootstrapOptions, type Interval } from './bootstrap.js';
import { countText, headlineF1, noCounts } from './metrics.js';

export interface Differences {
  readonly accuracy: Interval;
  readonly f1: Interval;
}

/**
 * 95 % intervals of the second's metrics less the first's. Texts are drawn with replacement, again and again, and both are
 * measured on each draw: what makes a text hard for both cancels out.
 *
 * @param first the classes that the first gives
 * @param second those that the second gives
 * @param labelIds the true classes
 * @param classes how many there are
 */
export function differenceIntervals(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  labelIds: ArrayLike<number>,
  classes: number,
  { seed = 42, resamples = 2000 }: BootstrapOptions = {},
): Differences {
  const random = new RandomStream(seed, PURPOSE.bootstrap);
  const samples = { accuracy: [] as number[], f1: [] as number[] };
  const texts = labelIds.length;
  for (let resample = 0; resample < resamples; resample++) {
    const [a, b] = [noCounts(classes), noCounts(classes)];
    let difference = 0;
    for (let draw = 0; draw < texts; draw++) {
      const i = random.below(texts);
      const label = labelIds[i]!;
      countText(a, label, first[i]!);
      countText(b, label, second[i]!);
      difference += (second[i] === label ? 1 : 0) - (first[i] === label ? 1 : 0);
    }
    samples.accuracy.push(difference / texts);
    samples.f1.push(headlineF1(b) - headlineF1(a));
  }
  return { accuracy: middle(samples.accuracy), f1: middle(samples.f1) };
}
