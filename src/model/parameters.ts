/** The parameters of a model: declared where they are used, named and shaped as in the checkpoint. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { adapted, isLoraTarget, LORA_A, LORA_B, type LoraOptions } from './lora.js';

/** How a parameter that a checkpoint doesn't have is made, and whether weight decay applies to it. */
export type ParameterKind = 'weight' | 'bias' | 'norm';

export interface ParameterSpec {
  /** Name in the checkpoint, such as `bert.pooler.dense.weight`. */
  readonly name: string;
  /** PyTorch's layout: a linear layer's weight is [out, in]. */
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** How it is made where it is new. @default by its kind: normal, 0, 1 */
  readonly init?: 'uniform' | 'zeros';
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** Collects the parameters of a graph as its layers ask for them. */
export class Parameters {
  readonly specs: ParameterSpec[] = [];
  readonly values: Value[] = [];

  /** @param lora adapters beside the linear layers that get one */
  constructor(
    readonly graph: Graph,
    readonly lora?: LoraOptions & { readonly targets: readonly string[] },
  ) {}

  /** Declares a parameter as an input of the graph. */
  get(name: string, shape: readonly number[], kind: ParameterKind, init?: ParameterSpec['init']): Value {
    const value = this.graph.input(name, 'float32', shape);
    this.specs.push({ name, shape, kind, ...(init && { init }) });
    this.values.push(value);
    return value;
  }

  /** Weight [out, in] and bias [out] of a linear layer, the weight with its adapter where there is one. */
  linear(name: string, out: number, input: number): { weight: Value; bias: Value } {
    const weight = this.get(`${name}.weight`, [out, input], 'weight');
    const bias = this.get(`${name}.bias`, [out], 'bias');
    if (!this.lora || !isLoraTarget(name, this.lora.targets)) return { weight, bias };
    const a = this.get(`${name}.${LORA_A}.weight`, [this.lora.rank, input], 'weight', 'uniform');
    const b = this.get(`${name}.${LORA_B}.weight`, [out, this.lora.rank], 'weight', 'zeros');
    return { weight: adapted(weight, a, b, this.lora), bias };
  }

  /** Weight and bias of a layer normalisation. */
  norm(name: string, size: number): { weight: Value; bias: Value } {
    return {
      weight: this.get(`${name}.weight`, [size], 'norm'),
      bias: this.get(`${name}.bias`, [size], 'bias'),
    };
  }
}
