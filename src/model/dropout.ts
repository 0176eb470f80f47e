/**
 * Dropout (Srivastava et al. 2014) without drawing numbers in the graph: each site of the network multiplies by a mask
 * of keep-or-drop factors (0 or 1 / (1 - rate)) that is an input. What is fed there are windows of one pool of factors,
 * in place (`train/dropout-feed.ts`): a mask costs one product forward, one back, and no memory of its own.
 */
import { mul } from '../graph/build.js';
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

/** The graph's input for the mask of a site. */
export const dropoutMaskName = (site: number): string => `dropout_mask_${site}`;

/** Applies dropout and keeps a list of where. A graph without it, as for evaluation, simply has none. */
export class Dropout {
  readonly sites: DropoutSite[] = [];

  constructor(
    readonly graph: Graph,
    readonly rates: DropoutRates,
  ) {}

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
    this.sites.push({ rate, shape });
    return this.graph.input(dropoutMaskName(this.sites.length - 1), 'float32', shape);
  }
}
