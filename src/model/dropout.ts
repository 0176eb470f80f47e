/**
 * Dropout (Srivastava et al. 2014) without drawing numbers in the graph: a pool of keep-or-drop factors (0 or
 * 1 / (1 - rate)) is drawn once from the seed, and each site of the network multiplies by a window of it. Where a
 * window starts is drawn anew for each step and site. So masks are exact multiples, cost one copy and one product,
 * run on all threads, and depend on nothing but (seed, step, site).
 */
import { mul, window } from '../graph/build.js';
import type { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import type { Value } from '../graph/types.js';
import type { DropoutRates } from './config.js';

/** One place of the network where activations are dropped. */
export interface DropoutSite {
  readonly rate: number;
  /** The shape of the mask; `B` and `S` are known when a batch is. */
  readonly shape: Shape;
}

/** Names of the graph's inputs for dropout. */
export const DROPOUT_OFFSETS = 'dropout_offsets';
export const dropoutPoolName = (rate: number): string => `dropout_pool_${rate}`;

/** Applies dropout and keeps a list of where. A graph without it, as for evaluation, simply has none. */
export class Dropout {
  readonly sites: DropoutSite[] = [];
  readonly #pools = new Map<number, Value>();
  readonly #offsets: Value;

  constructor(
    readonly graph: Graph,
    readonly rates: DropoutRates,
  ) {
    this.#offsets = graph.input(DROPOUT_OFFSETS, 'int64', ['sites']);
  }

  /** Drops elements of the encoder's activations. */
  hidden(x: Value): Value {
    return this.#apply(x, this.rates.hidden);
  }

  /** Drops elements of the pooled output. */
  classifier(x: Value): Value {
    return this.#apply(x, this.rates.classifier);
  }

  /** The mask for attention probabilities of this shape; `undefined` when none are dropped. */
  attentionMask(shape: Shape): Value | undefined {
    return this.#mask(shape, this.rates.attention);
  }

  #apply(x: Value, rate: number): Value {
    const mask = this.#mask(x.shape, rate);
    return mask ? mul(x, mask) : x;
  }

  #mask(shape: Shape, rate: number): Value | undefined {
    if (rate === 0) return undefined;
    let pool = this.#pools.get(rate);
    if (!pool) {
      pool = this.graph.input(dropoutPoolName(rate), 'float32', [`pool_${this.#pools.size}`]);
      this.#pools.set(rate, pool);
    }
    this.sites.push({ rate, shape });
    return window(pool, this.#offsets, this.sites.length - 1, shape);
  }
}
