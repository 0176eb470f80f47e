/** The graphs that are run: logits of a batch; loss, logits and gradients of a micro-batch; one optimizer update. */
import { mul } from '../graph/build.js';
import { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { buildClassifier, buildHead, buildPooled, type ClassifierSpec } from '../model/classifier.js';
import type { DropoutRates } from '../model/config.js';
import { Dropout } from '../model/dropout.js';
import {
  binaryCrossEntropySum,
  crossEntropySum,
  squaredErrorSum,
  type CrossEntropyOptions,
} from '../model/losses.js';
import { Parameters, type ParameterSpec } from '../model/parameters.js';
import { buildAdamW, buildSumOfSquares, type AdamWSettings } from '../optim/adamw.js';

import { outputGradients, type GradientStep } from './gradient.js';
import type { Step } from './step.js';
import { toOnnx } from './to-onnx.js';
import type { ProblemType } from '../util/problem.js';

/** Inputs: `input_ids`, `attention_mask`, `token_type_ids` int64 [B, S]. Output: `logits` [B, C]. */
export function forwardStep(spec: ClassifierSpec): Step {
  const graph = new Graph();
  const { parameters, logits } = buildClassifier(graph, spec, { training: false });
  graph.output('logits', logits);
  return { graph, onnx: toOnnx(graph, 'bertune_forward'), parameters: parameters.specs };
}

/** Input: `features` [B, H]. Output: `logits` [B, C]. */
export function headStep(spec: ClassifierSpec): Step {
  const graph = new Graph();
  const { parameters, logits } = headOnFeatures(graph, spec, undefined);
  graph.output('logits', logits);
  return { graph, onnx: toOnnx(graph, 'bertune_head'), parameters: parameters.specs };
}

/** Inputs as those of `forwardStep`. Output: `features` [B, H], the encoder's pooled output: what the head reads. */
export function featureStep(spec: ClassifierSpec): Step {
  const graph = new Graph();
  const { parameters, pooled } = buildPooled(graph, spec, { training: false });
  graph.output('features', pooled);
  return { graph, onnx: toOnnx(graph, 'bertune_features'), parameters: parameters.specs };
}

/** The input with a factor on the loss of each example. */
export const LOSS_WEIGHTS = 'loss_weights';

export interface GradientOptions {
  /** What the labels are. @default as `transformers` takes it: a number for one output, else a class */
  readonly problemType?: ProblemType;
  readonly loss?: Omit<CrossEntropyOptions, 'exampleWeights'>;
  /** Whether there is a factor on the loss of each example: the input `loss_weights`, float32 [B]. @default false */
  readonly weighted?: boolean;
  /** Which parameters are trained. @default all */
  readonly trains?: (parameter: ParameterSpec) => boolean;
  /** For a head alone: reads `features` [B, H] as `featureStep` gives them instead of texts. @default false */
  readonly fromFeatures?: boolean;
}

/**
 * Further inputs: `labels` (int64 [B] for the cross-entropy of classes, float32 [B, C] for the binary one of several labels,
 * float32 [B] for the squared error of a number), `loss_scale` (a scalar: 1 / examples in the whole batch), for dropout its masks, and what
 * `outputGradients` adds. Outputs: `loss` (scaled), `logits`, and the gradients.
 */
export function gradientStep(
  spec: ClassifierSpec,
  rates: DropoutRates,
  {
    problemType = spec.numLabels === 1 ? 'regression' : 'single_label_classification',
    loss: lossOptions,
    trains = () => true,
    fromFeatures = false,
    weighted = false,
  }: GradientOptions = {},
): GradientStep {
  const graph = new Graph();
  const drops = rates.hidden > 0 || rates.attention > 0 || rates.classifier > 0;
  const dropout = drops ? new Dropout(graph, rates) : undefined;
  const { parameters, logits } = fromFeatures
    ? headOnFeatures(graph, spec, dropout)
    : buildClassifier(graph, spec, { training: true, dropout });
  const exampleWeights = weighted ? graph.input(LOSS_WEIGHTS, 'float32', ['B']) : undefined;
  const sum = lossSum(graph, problemType, logits, {
    ...lossOptions,
    ...(exampleWeights && { exampleWeights }),
  });
  const loss = mul(sum, graph.input('loss_scale', 'float32', []));
  graph.output('logits', logits);
  const lookups = outputGradients(graph, loss, parameters, trains);
  return {
    graph,
    onnx: toOnnx(graph, 'bertune_gradient'),
    parameters: parameters.specs,
    lookups,
    dropoutSites: dropout?.sites ?? [],
  };
}

/** Adds the labels, and the loss of each kind of problem: a sum over examples. */
function lossSum(graph: Graph, problemType: ProblemType, logits: Value, options: CrossEntropyOptions): Value {
  switch (problemType) {
    case 'single_label_classification':
      return crossEntropySum(logits, graph.input('labels', 'int64', ['B']), options);
    case 'multi_label_classification':
      return binaryCrossEntropySum(logits, graph.input('labels', 'float32', logits.shape), options);
    case 'regression':
      return squaredErrorSum(logits, graph.input('labels', 'float32', ['B']), options.exampleWeights);
  }
}

function headOnFeatures(
  graph: Graph,
  spec: ClassifierSpec,
  dropout: Dropout | undefined,
): { parameters: Parameters; logits: Value } {
  const parameters = new Parameters(graph);
  const features = graph.input('features', 'float32', ['B', spec.config.hiddenSize]);
  return { parameters, logits: buildHead(parameters, spec, features, dropout) };
}

/** One chunk's AdamW update and the sum of squares of one chunk's gradient: see `optim/adamw.ts`. */
export function optimizerSteps(
  settings: AdamWSettings,
  checked = false,
): { adamw: Uint8Array; sumOfSquares: Uint8Array } {
  return {
    adamw: toOnnx(buildAdamW(settings, checked), 'bertune_adamw'),
    sumOfSquares: toOnnx(buildSumOfSquares(), 'bertune_sum_of_squares'),
  };
}
