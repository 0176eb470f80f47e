/**
 * An encoder that guesses masked tokens (Devlin et al. 2018, section 3.1), as `BertForMaskedLM`: a dense layer with the
 * encoder's activation, layer normalisation, and a product with the word embeddings, which are so input and output both.
 */
import { gather, gemm, layerNorm } from '../graph/build.js';
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import {
  architectureOf,
  buildEncoder,
  type EncoderGraph,
  type EncoderSpec,
  type GraphOptions,
} from './classifier.js';
import { activate, linear } from './layers.js';

/** Name of the head in a checkpoint. */
export const LM_HEAD = 'cls.predictions';

/** `architectures` in config.json. */
export const MASKED_LM_CLASS = 'BertForMaskedLM';

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
  const encoder = buildEncoder(graph, spec, { ...options, rows: 'all' });
  const { parameters, last } = encoder;
  const positions = graph.input('masked_positions', 'int64', ['M']);
  const rows = gather(last, positions); // [M, H]
  const dense = activate(
    linear(rows, parameters.linear(`${LM_HEAD}.transform.dense`, H, H)),
    config.hiddenAct,
  );
  const norm = parameters.norm(`${LM_HEAD}.transform.LayerNorm`, H);
  const transformed = layerNorm(dense, norm.weight, norm.bias, config.layerNormEps); // [M, H]
  const words = `${architectureOf(modelType).prefix}embeddings.word_embeddings.weight`;
  const table = parameters.values[parameters.specs.findIndex(({ name }) => name === words)]!; // [V, H]
  const bias = parameters.get(`${LM_HEAD}.bias`, [V], 'bias');
  return { ...encoder, positions, logits: gemm(transformed, table, { c: bias, transB: true }) };
}
