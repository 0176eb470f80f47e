/**
 * What a training step is fed for dropout. A pool of factors is drawn once from the seed for each rate; a site's mask is
 * a window of it, whose start is drawn anew for each step and site. So masks are views, and depend on nothing but
 * (seed, step, micro-batch, site).
 */
import { elementCount } from '../graph/shape.js';
import { dropoutMaskName, type DropoutSite } from '../model/dropout.js';
import { float32, type Tensor } from '../runtime/runtime.js';
import { PURPOSE, RandomStream } from '../util/random.js';

/** Offsets are drawn from this many places, whatever the batch's shape. */
const OFFSETS = 1 << 22;

/** A pool that grows to what the largest batch needs; what was drawn stays as it is. */
class Pool {
  factors = new Float32Array(0);
  readonly #random: RandomStream;

  constructor(
    readonly rate: number,
    seed: number,
  ) {
    this.#random = new RandomStream(seed, PURPOSE.dropoutPool);
  }

  growTo(size: number): void {
    const old = this.factors;
    if (size <= old.length) return;
    this.factors = new Float32Array(size);
    this.factors.set(old);
    drawFactors(this.factors.subarray(old.length), this.rate, this.#random);
  }
}

export class DropoutFeed {
  readonly #pools: ReadonlyMap<number, Pool>;

  constructor(
    readonly sites: readonly DropoutSite[],
    readonly seed: number,
  ) {
    this.#pools = new Map(sites.map(({ rate }) => [rate, new Pool(rate, seed)]));
  }

  /** The masks for one micro-batch of one step, of B texts of S tokens. */
  at(
    step: number,
    microBatch: number,
    sizes: { readonly B: number; readonly S: number },
  ): Record<string, Tensor> {
    const random = new RandomStream(this.seed, PURPOSE.dropoutOffset, step, microBatch);
    return Object.fromEntries(
      this.sites.map(({ rate, shape }, site) => {
        const dims = shape.map((dim) => elementCount([dim], sizes));
        const start = random.below(OFFSETS);
        const end = start + elementCount(shape, sizes);
        const pool = this.#pools.get(rate)!;
        // To where the last window could end, so that the pool grows with the batches and not with the offsets.
        pool.growTo(OFFSETS + end - start);
        return [dropoutMaskName(site), float32(dims, pool.factors.subarray(start, end))];
      }),
    );
  }
}

/** Elements of all pools together, once a micro-batch of such a size has been fed. */
export function poolElements(sites: readonly DropoutSite[], sizes: { B: number; S: number }): number {
  const largest = new Map<number, number>();
  for (const { rate, shape } of sites) {
    largest.set(rate, Math.max(largest.get(rate) ?? 0, elementCount(shape, sizes)));
  }
  return [...largest.values()].reduce((sum, size) => sum + OFFSETS + size, 0);
}

/** Factors that drop an element (0) or keep it, scaled up so that the mean stays. */
export function drawFactors(out: Float32Array, rate: number, random: RandomStream): void {
  const threshold = Math.round(rate * 0x1_0000_0000);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < out.length; i++) out[i] = random.uint32() < threshold ? 0 : kept;
}
