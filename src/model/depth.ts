/** How deep in the network a parameter lies, and which part it belongs to, by its name in the checkpoint. */
import { architectureOf } from './architectures.js';

/** Embeddings are 0, the encoder's layers 1 to L from the input up, and what stands on them (pooler, head) L + 1. */
export function depthOf(name: string, numHiddenLayers: number): number {
  if (/(?:^|\.)embeddings\./.test(name)) return 0;
  const layer = /\.layer\.(\d+)\./.exec(name);
  return layer ? Number(layer[1]) + 1 : numHiddenLayers + 1;
}

/** Whether a parameter belongs to the classification head, which a checkpoint may lack. */
export function isHead(name: string, modelType: string): boolean {
  return architectureOf(modelType).head.some((start) => name.startsWith(start));
}

/** Whether a parameter belongs to BERT's pooler, between the encoder and its head. */
export function isPooler(name: string): boolean {
  return name.includes('.pooler.');
}
