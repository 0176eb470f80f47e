/**
 * An encoder that guesses masked tokens (Devlin et al. 2018, section 3.1), as `BertForMaskedLM` and its like: a dense layer with the
 * encoder's activation, layer normalisation, and a product with the word embeddings, which are so input and output both.
 */
import { gather, gemm, layerNorm } from '../graph/build.js';
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { architectureOf } from './architectures.js';
import { buildEncoder, type EncoderGraph, type EncoderSpec, type GraphOptions } from './classifier.js';
import { activate, linear } from './layers.js';

export interface MaskedLmGraph extends EncoderGraph {
  /** int64 [M]: the places in [T] that are to be guessed. */
  readonly positions: Value;
  /** For each of them, one for each token of the vocabulary: [M, V]. */
  readonly logits: Value;
}

/** Adds inputs, encoder and head to an empty graph. Logits are computed for the masked places alone. */
export function buildMaskedLm(graph: Graph, spec: EncoderSpec, options: GraphOptions): MaskedLmGraph {
  const { config, modelType } = spec;
  const { hiddenSize: H, vocabSize: V } = config;
  const { maskedLm: names, prefix } = architectureOf(modelType);
  const encoder = buildEncoder(graph, spec, { ...options, rows: 'all' });
  const { parameters, last } = encoder;
  const positions = graph.input('masked_positions', 'int64', ['M']);
  const rows = gather(last, positions); // [M, H]
  const dense = activate(linear(rows, parameters.linear(names.dense, H, H)), config.hiddenAct);
  const norm = parameters.norm(names.norm, H);
  const transformed = layerNorm(dense, norm.weight, norm.bias, config.layerNormEps); // [M, H]
  const words = `${prefix}embeddings.word_embeddings.weight`;
  const table = parameters.values[parameters.specs.findIndex(({ name }) => name === words)]!; // [V, H]
  const bias = parameters.get(names.bias, [V], 'bias');
  return { ...encoder, positions, logits: gemm(transformed, table, { c: bias, transB: true }) };
}

/** Whether a parameter belongs to the head, which a checkpoint may lack. */
export function isMaskedLmHead(name: string, modelType: string): boolean {
  const { dense, norm, bias } = architectureOf(modelType).maskedLm;
  return name === bias || [dense, norm].some((part) => name.startsWith(`${part}.`));
}
