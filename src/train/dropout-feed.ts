/** What a training step is fed for dropout: pools of factors, drawn once, and offsets, drawn for each step. */
import { DROPOUT_OFFSETS, dropoutPoolName, type DropoutSite } from '../model/dropout.js';
import { elementCount } from '../graph/shape.js';
import { float32, int64, type Tensor } from '../runtime/runtime.js';
import { PURPOSE, RandomStream } from '../util/random.js';

/** Offsets are drawn from this many places, whatever the batch's shape. */
const OFFSETS = 1 << 22;

export class DropoutFeed {
  readonly #pools: Record<string, Tensor> = {};

  /** @param largest the largest micro-batch of the run, for the pools' sizes */
  constructor(
    readonly sites: readonly DropoutSite[],
    largest: { readonly B: number; readonly S: number },
    readonly seed: number,
  ) {
    for (const rate of new Set(sites.map((site) => site.rate))) {
      const counts = sites
        .filter((site) => site.rate === rate)
        .map((site) => elementCount(site.shape, largest));
      const pool = drawPool(Math.max(...counts) + OFFSETS, rate, seed);
      this.#pools[dropoutPoolName(rate)] = float32([pool.length], pool);
    }
  }

  /** The inputs for one micro-batch of one step. */
  at(step: number, microBatch: number): Record<string, Tensor> {
    if (this.sites.length === 0) return {};
    const random = new RandomStream(this.seed, PURPOSE.dropoutOffset, step, microBatch);
    const offsets = BigInt64Array.from(this.sites, () => BigInt(random.below(OFFSETS)));
    return { ...this.#pools, [DROPOUT_OFFSETS]: int64([offsets.length], offsets) };
  }
}

/** Factors that keep an element (scaled up so that the mean stays) or drop it. */
export function drawPool(size: number, rate: number, seed: number): Float32Array {
  const random = new RandomStream(seed, PURPOSE.dropoutPool);
  const threshold = Math.round(rate * 0x1_0000_0000);
  const kept = 1 / (1 - rate);
  const pool = new Float32Array(size);
  for (let i = 0; i < size; i++) pool[i] = random.uint32() < threshold ? 0 : kept;
  return pool;
}
