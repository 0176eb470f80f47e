/**
 * Low-rank adapters (Hu et al. 2021, arXiv 2106.09685, section 4.1): beside a frozen weight W stands a product B A of rank r,
 * scaled by alpha / r, and only A and B are trained. Named and made as PEFT does, so that its users can load them.
 */
import { add, gemm } from '../graph/build.js';
import type { Value } from '../graph/types.js';

export interface LoraOptions {
  /** r: rows of A, columns of B. */
  readonly rank: number;
  /** B A is multiplied by alpha / rank. */
  readonly alpha: number;
}

/** Parts of an adapter's names: `<layer>.lora_A.weight`, [rank, in], and `<layer>.lora_B.weight`, [out, rank]. */
export const LORA_A = 'lora_A';
export const LORA_B = 'lora_B';

/** Whether the linear layer of that name gets an adapter: `targets` are last parts of names. */
export function isLoraTarget(layer: string, targets: readonly string[]): boolean {
  return targets.some((target) => layer.endsWith(`.${target}`));
}

/** Whether a parameter belongs to an adapter. */
export function isLora(name: string): boolean {
  return name.endsWith(`.${LORA_A}.weight`) || name.endsWith(`.${LORA_B}.weight`);
}

/** W + (alpha / rank) B A: [out, in]. */
export function adapted(weight: Value, a: Value, b: Value, { rank, alpha }: LoraOptions): Value {
  return add(weight, gemm(b, a, { alpha: alpha / rank }));
}
