/** An encoder with a linear layer on its pooled output, as `BertForSequenceClassification`. */
import type { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { ModelError } from '../util/errors.js';
import { buildBert, type EncoderInputs, type EncoderOptions, type EncoderOutputs } from './bert.js';
import type { EncoderConfig } from './config.js';
import type { Dropout } from './dropout.js';
import { linear } from './layers.js';
import { Parameters } from './parameters.js';

/** An encoder that bertune can build: a file in this folder and a row in `ARCHITECTURES`. */
export interface Architecture {
  /** Begins the names of the encoder's parameters in a checkpoint that has a head. */
  readonly prefix: string;
  /** `architectures` in config.json. */
  readonly className: string;
  build(
    parameters: Parameters,
    prefix: string,
    config: EncoderConfig,
    inputs: EncoderInputs,
    options: EncoderOptions,
  ): EncoderOutputs;
}

/** Name of the head's linear layer in a checkpoint. */
export const HEAD = 'classifier';

/** By `model_type` in config.json. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  bert: { prefix: 'bert.', className: 'BertForSequenceClassification', build: buildBert },
};

/** Throws a `ModelError` that names the supported ones when there is no such architecture. */
export function architectureOf(modelType: string): Architecture {
  if (Object.hasOwn(ARCHITECTURES, modelType)) return ARCHITECTURES[modelType]!;
  const known = Object.keys(ARCHITECTURES).join(', ');
  throw new ModelError(`model_type "${modelType}" is not supported; supported are: ${known}`);
}

export interface ClassifierSpec {
  readonly modelType: string;
  readonly config: EncoderConfig;
  readonly numLabels: number;
}

export interface EncoderGraph extends EncoderOutputs {
  readonly inputs: EncoderInputs;
  readonly parameters: Parameters;
}

export interface ClassifierGraph extends EncoderGraph {
  readonly logits: Value; // [B, C]
}

/** Adds inputs, encoder and head to an empty graph. */
export function buildClassifier(
  graph: Graph,
  spec: ClassifierSpec,
  options: EncoderOptions,
): ClassifierGraph {
  const encoder = buildEncoder(graph, spec, options);
  return { ...encoder, logits: buildHead(encoder.parameters, spec, encoder.pooled, options.dropout) };
}

/** The same without the head. */
export function buildEncoder(
  graph: Graph,
  { modelType, config }: Pick<ClassifierSpec, 'modelType' | 'config'>,
  options: EncoderOptions,
): EncoderGraph {
  const { build, prefix } = architectureOf(modelType);
  const inputs: EncoderInputs = {
    inputIds: graph.input('input_ids', 'int64', ['B', 'S']),
    attentionMask: graph.input('attention_mask', 'int64', ['B', 'S']),
    tokenTypeIds: graph.input('token_type_ids', 'int64', ['B', 'S']),
  };
  const parameters = new Parameters(graph);
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
