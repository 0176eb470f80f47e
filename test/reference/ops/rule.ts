import type { OpAttributes, OpName } from '../../../src/graph/types.js';
import type { Sizes, Tensor64 } from '../tensor.js';

/** What an operator computes: all its outputs from its inputs. */
export type Reference<K extends OpName> = (
  inputs: readonly Tensor64[],
  attributes: OpAttributes[K],
  sizes: Sizes,
) => readonly Tensor64[];
