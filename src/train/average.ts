/**
 * The mean of the weights after each of the last updates of a run, as in stochastic weight averaging (Izmailov et al. 2018,
 * arXiv 1803.05407, with the schedule's falling rate instead of a constant one).
 */

export class WeightAverage {
  /** The mean so far, in the layout of the weights. */
  readonly weights: Float32Array;
  #count = 0;

  /** @param parts the stretches that are trained; the rest stays as it is in `start` */
  constructor(
    readonly parts: readonly { readonly start: number; readonly end: number }[],
    start: Float32Array,
  ) {
    this.weights = start.slice();
  }

  get count(): number {
    return this.#count;
  }

  /** Goes on from the mean of so many weights. */
  restore(mean: Float32Array, count: number): void {
    this.weights.set(mean);
    this.#count = count;
  }

  /** Takes the weights after an update into the mean. */
  add(weights: Float32Array): void {
    this.#count++;
    const share = 1 / this.#count;
    const mean = this.weights;
    for (const { start, end } of this.parts) {
      // mean + (x - mean) / n: exact for equal weights, and no sum that grows.
      for (let i = start; i < end; i++) mean[i]! += (weights[i]! - mean[i]!) * share;
    }
  }
}

/** Whether a run keeps a mean of weights: of its last updates, or of where its branches end. */
export function keepsMean({ averageLast, branches }: { averageLast: number; branches: number }): boolean {
  return averageLast > 0 || branches > 1;
}

/** The first update (counted from 1) whose weights count: the last `share` of all, at least one. */
export function averageFrom(share: number, totalSteps: number): number {
  return totalSteps - Math.max(1, Math.round(share * totalSteps)) + 1;
}
