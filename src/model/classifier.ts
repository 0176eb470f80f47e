/** An encoder with a linear layer on its pooled output, as `BertForSequenceClassification` and its like. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { architectureOf } from './architectures.js';
import type { EncoderConfig } from './config.js';
import type { Dropout } from './dropout.js';
import type { LoraOptions } from './lora.js';
import { Parameters } from './parameters.js';
import { buildEncoderOf, type EncoderInputs, type EncoderOptions, type EncoderOutputs } from './post-norm.js';

export interface EncoderSpec {
  /** `model_type` in config.json. */
  readonly modelType: string;
  readonly config: EncoderConfig;
  /** Adapters, where these are what is trained. */
  readonly lora?: LoraOptions;
}

export interface ClassifierSpec extends EncoderSpec {
  readonly numLabels: number;
}

export interface EncoderGraph extends EncoderOutputs {
  readonly inputs: EncoderInputs;
  readonly parameters: Parameters;
}

export interface PooledGraph extends EncoderGraph {
  /** [B, H]: what the head reads. */
  readonly pooled: Value;
}

export interface ClassifierGraph extends PooledGraph {
  readonly logits: Value; // [B, C]
}

/** What may be said of a graph that reads texts; the rows that it needs are its own business. */
export type GraphOptions = Omit<EncoderOptions, 'rows'>;

/** Adds inputs, encoder and head to an empty graph. */
export function buildClassifier(graph: Graph, spec: ClassifierSpec, options: GraphOptions): ClassifierGraph {
  const pooled = buildPooled(graph, spec, options);
  return { ...pooled, logits: buildHead(pooled.parameters, spec, pooled.pooled, options.dropout) };
}

/** The same without the head. */
export function buildPooled(graph: Graph, spec: EncoderSpec, options: GraphOptions): PooledGraph {
  const encoder = buildEncoder(graph, spec, { ...options, rows: 'cls' });
  const { pool } = architectureOf(spec.modelType);
  return { ...encoder, pooled: pool?.(encoder.parameters, spec.config, encoder.last) ?? encoder.last };
}

/** Adds the inputs and the encoder alone. */
export function buildEncoder(
  graph: Graph,
  { modelType, config, lora }: EncoderSpec,
  options: EncoderOptions,
): EncoderGraph {
  const { family, prefix, loraTargets } = architectureOf(modelType);
  const inputs: EncoderInputs = {
    inputIds: graph.input('input_ids', 'int64', ['B', 'S']),
    attentionMask: graph.input('attention_mask', 'int64', ['B', 'S']),
    tokenTypeIds: graph.input('token_type_ids', 'int64', ['B', 'S']),
  };
  const parameters = new Parameters(graph, lora && { ...lora, targets: loraTargets });
  return { inputs, parameters, ...buildEncoderOf(family, parameters, prefix, config, inputs, options) };
}

/** The head alone, on what the encoder made of each text: [B, H] -> logits [B, C]. */
export function buildHead(
  parameters: Parameters,
  { modelType, config, numLabels }: ClassifierSpec,
  pooled: Value,
  dropout?: Dropout,
): Value {
  return architectureOf(modelType).buildHead(parameters, config, pooled, numLabels, dropout);
}
