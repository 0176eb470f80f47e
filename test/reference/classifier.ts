/**
 * A whole training graph of a fixture's model, as `gradientStep` puts it together, with the graph at hand: for the
 * reference, and for looking at single values.
 */
import { mul } from '../../src/graph/build.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph } from '../../src/graph/graph.js';
import type { Value } from '../../src/graph/types.js';
import { buildClassifier } from '../../src/model/classifier.js';
import type { DropoutRates } from '../../src/model/config.js';
import { Dropout, type DropoutSite } from '../../src/model/dropout.js';
import { crossEntropySum } from '../../src/model/losses.js';
import type { BertFixture } from '../support/fixtures.js';
import type { Feeds } from './evaluate.js';
import { generate, int64s, tensor, type Tensor64 } from './tensor.js';

export interface TrainingGraph {
  readonly graph: Graph;
  readonly loss: Value;
  readonly logits: Value;
  /** By the parameter's name. */
  readonly parameters: ReadonlyMap<string, Value>;
  readonly gradients: ReadonlyMap<string, Value>;
  readonly sites: readonly DropoutSite[];
}

/** For a model with two or more classes. */
export function trainingGraph({ spec }: BertFixture, rates?: DropoutRates): TrainingGraph {
  const graph = new Graph();
  const dropout = rates && new Dropout(graph, rates);
  const { parameters, logits } = buildClassifier(graph, spec, { training: true, dropout });
  const labels = graph.input('labels', 'int64', ['B']);
  const loss = mul(crossEntropySum(logits, labels), graph.input('loss_scale', 'float32', []));
  const gradients = differentiate(graph, loss, parameters.values);
  const names = parameters.specs.map(({ name }) => name);
  return {
    graph,
    loss,
    logits,
    parameters: new Map(names.map((name, index) => [name, parameters.values[index]!])),
    gradients: new Map(names.map((name, index) => [name, gradients[index]!])),
    sites: dropout?.sites ?? [],
  };
}

/** The fixture's parameters, as the reference takes them. */
export function parameterFeeds({ weights }: BertFixture): Feeds {
  return Object.fromEntries([...weights].map(([name, { shape, data }]) => [name, toReference(shape, data)]));
}

export interface Texts {
  /** [B, S] */
  readonly ids: readonly (readonly number[])[];
  /** Tokens of each text; the rest of its row is padding. */
  readonly lengths: readonly number[];
  readonly labels: readonly number[];
}

export function textFeeds({ ids, lengths, labels }: Texts): Feeds {
  const [B, S] = [ids.length, ids[0]!.length];
  return {
    input_ids: int64s([B, S], ids.flat()),
    attention_mask: generate([B, S], (i) => (i % S < lengths[Math.floor(i / S)]! ? 1 : 0), 'int64'),
    token_type_ids: generate([B, S], () => 0, 'int64'),
    labels: int64s([B], labels),
    loss_scale: tensor([], [1 / B]),
  };
}

/** float32 or int64 data as the reference's numbers. */
export function toReference(shape: readonly number[], data: Float32Array | BigInt64Array): Tensor64 {
  return data instanceof Float32Array ? tensor(shape, data) : int64s(shape, Array.from(data, Number));
}
