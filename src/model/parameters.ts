/** The parameters of a model: declared where they are used, named and shaped as in the checkpoint. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';

/** How a parameter that a checkpoint doesn't have is made, and whether weight decay applies to it. */
export type ParameterKind = 'weight' | 'bias' | 'norm';

export interface ParameterSpec {
  /** Name in the checkpoint, such as `bert.pooler.dense.weight`. */
  readonly name: string;
  /** PyTorch's layout: a linear layer's weight is [out, in]. */
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** Collects the parameters of a graph as its layers ask for them. */
export class Parameters {
  readonly specs: ParameterSpec[] = [];
  readonly values: Value[] = [];

  constructor(readonly graph: Graph) {}

  /** Declares a parameter as an input of the graph. */
  get(name: string, shape: readonly number[], kind: ParameterKind): Value {
    const value = this.graph.input(name, 'float32', shape);
    this.specs.push({ name, shape, kind });
    this.values.push(value);
    return value;
  }

  /** Weight [out, in] and bias [out] of a linear layer. */
  linear(name: string, out: number, input: number): { weight: Value; bias: Value } {
    return {
      weight: this.get(`${name}.weight`, [out, input], 'weight'),
      bias: this.get(`${name}.bias`, [out], 'bias'),
    };
  }

  /** Weight and bias of a layer normalisation. */
  norm(name: string, size: number): { weight: Value; bias: Value } {
    return {
      weight: this.get(`${name}.weight`, [size], 'norm'),
      bias: this.get(`${name}.bias`, [size], 'bias'),
    };
  }
}
