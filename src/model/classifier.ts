/** An encoder with a linear layer on its pooled output, as `BertForSequenceClassification`. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { ModelError } from '../util/errors.js';
import { buildBert, poolBert, type EncoderInputs, type EncoderOptions, type EncoderOutputs } from './bert.js';
import type { EncoderConfig } from './config.js';
import type { Dropout } from './dropout.js';
import { linear } from './layers.js';
import type { LoraOptions } from './lora.js';
import { Parameters } from './parameters.js';

/** An encoder that bertune can build: a file in this folder and a row in `ARCHITECTURES`. */
export interface Architecture {
  /** Begins the names of the encoder's parameters in a checkpoint that has a head. */
  readonly prefix: string;
  /** `architectures` in config.json. */
  readonly className: string;
  readonly build: (
    parameters: Parameters,
    prefix: string,
    config: EncoderConfig,
    inputs: EncoderInputs,
    options: EncoderOptions,
  ) => EncoderOutputs;
  /** From the [CLS] rows [B, H] to what the head reads, [B, H]. */
  readonly pool: (parameters: Parameters, prefix: string, config: EncoderConfig, rows: Value) => Value;
}

/** Name of the head's linear layer in a checkpoint. */
export const HEAD = 'classifier';

/** By `model_type` in config.json. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  bert: { prefix: 'bert.', className: 'BertForSequenceClassification', build: buildBert, pool: poolBert },
};

/** Throws a `ModelError` that names the supported ones when there is no such architecture. */
export function architectureOf(modelType: string): Architecture {
  if (Object.hasOwn(ARCHITECTURES, modelType)) return ARCHITECTURES[modelType]!;
  const known = Object.keys(ARCHITECTURES).join(', ');
  throw new ModelError(`model_type "${modelType}" is not supported; supported are: ${known}`);
}

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
  readonly pooled: Value; // [B, H]
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
  const { pool, prefix } = architectureOf(spec.modelType);
  return { ...encoder, pooled: pool(encoder.parameters, prefix, spec.config, encoder.last) };
}

/** Adds the inputs and the encoder alone. */
export function buildEncoder(
  graph: Graph,
  { modelType, config, lora }: EncoderSpec,
  options: EncoderOptions,
): EncoderGraph {
  const { build, prefix } = architectureOf(modelType);
  const inputs: EncoderInputs = {
    inputIds: graph.input('input_ids', 'int64', ['B', 'S']),
    attentionMask: graph.input('attention_mask', 'int64', ['B', 'S']),
    tokenTypeIds: graph.input('token_type_ids', 'int64', ['B', 'S']),
  };
  const parameters = new Parameters(graph, lora);
  return { inputs, parameters, ...build(parameters, prefix, config, inputs, options) };
}

/** Dropout and one linear layer: pooled output [B, H] -> logits [B, C]. */
export function buildHead(
  parameters: Parameters,
  { config, numLabels }: Pick<ClassifierSpec, 'config' | 'numLabels'>,
  pooled: Value,
  dropout?: Dropout,
): Value {
  const kept = dropout?.classifier(pooled) ?? pooled;
  return linear(kept, parameters.linear(HEAD, numLabels, config.hiddenSize));
}
