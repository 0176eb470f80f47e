/** How deep in the network a parameter lies, by its name in the checkpoint. */
import { HEAD } from './classifier.js';

/** Embeddings are 0, the encoder's layers 1 to L from the input up, and what stands on them (pooler, head) L + 1. */
export function depthOf(name: string, numHiddenLayers: number): number {
  if (/(?:^|\.)embeddings\./.test(name)) return 0;
  const layer = /\.layer\.(\d+)\./.exec(name);
  return layer ? Number(layer[1]) + 1 : numHiddenLayers + 1;
}

/** Whether a parameter belongs to the classification head. */
export function isHead(name: string): boolean {
  return name.startsWith(`${HEAD}.`);
}

/** Whether a parameter belongs to the pooler, between the encoder and its head. */
export function isPooler(name: string): boolean {
  return name.includes('.pooler.');
}
