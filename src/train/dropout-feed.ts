/** What a training step is fed for dropout: pools of factors, drawn from the seed, and offsets, drawn for each step. */
import { elementCount } from '../graph/shape.js';
import { DROPOUT_OFFSETS, dropoutPoolName, type DropoutSite } from '../model/dropout.js';
import { float32, int64, type Tensor } from '../runtime/runtime.js';
import { PURPOSE, RandomStream } from '../util/random.js';

/** Offsets are drawn from this many places, whatever the batch's shape. */
const OFFSETS = 1 << 22;

/** A pool that grows to what the largest batch needs; what was drawn stays as it is. */
class Pool {
  tensor: Tensor = float32([0], new Float32Array(0));
  readonly #random: RandomStream;

  constructor(
    readonly rate: number,
    seed: number,
  ) {
    this.#random = new RandomStream(seed, PURPOSE.dropoutPool);
  }

  growTo(size: number): void {
    const old = this.tensor.data as Float32Array;
    if (size <= old.length) return;
    const factors = new Float32Array(size);
    factors.set(old);
    drawFactors(factors.subarray(old.length), this.rate, this.#random);
    this.tensor = float32([size], factors);
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

  /** The inputs for one micro-batch of one step, of B texts of S tokens. */
  at(
    step: number,
    microBatch: number,
    sizes: { readonly B: number; readonly S: number },
  ): Record<string, Tensor> {
    if (this.sites.length === 0) return {};
    for (const { rate, shape } of this.sites) {
      this.#pools.get(rate)!.growTo(OFFSETS + elementCount(shape, sizes));
    }
    const random = new RandomStream(this.seed, PURPOSE.dropoutOffset, step, microBatch);
    const offsets = BigInt64Array.from(this.sites, () => BigInt(random.below(OFFSETS)));
    const feed: Record<string, Tensor> = { [DROPOUT_OFFSETS]: int64([offsets.length], offsets) };
    for (const [rate, pool] of this.#pools) feed[dropoutPoolName(rate)] = pool.tensor;
    return feed;
  }
}

/** Factors that drop an element (0) or keep it, scaled up so that the mean stays. */
export function drawFactors(out: Float32Array, rate: number, random: RandomStream): void {
  const threshold = Math.round(rate * 0x1_0000_0000);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < out.length; i++) out[i] = random.uint32() < threshold ? 0 : kept;
}
