/** The graphs that are run: logits of a batch; loss, logits and gradients of a micro-batch; one optimizer update. */
import { addOnto } from '../graph/accumulate.js';
import { mul } from '../graph/build.js';
import { differentiate } from '../graph/differentiate.js';
import { Graph } from '../graph/graph.js';
import { buildClassifier, type ClassifierSpec } from '../model/classifier.js';
import type { DropoutRates } from '../model/config.js';
import { Dropout, type DropoutSite } from '../model/dropout.js';
import { crossEntropySum, squaredErrorSum } from '../model/losses.js';
import type { ParameterSpec } from '../model/parameters.js';
import { buildAdamW, buildSumOfSquares, type AdamWSettings } from '../optim/adamw.js';
import { toOnnx } from './to-onnx.js';

/** A graph ready to run, and the parameters that are fed to it by their names. */
export interface Step {
  /** What `onnx` says, for questions about it. */
  readonly graph: Graph;
  readonly onnx: Uint8Array;
  readonly parameters: readonly ParameterSpec[];
}

/** Inputs: `input_ids`, `attention_mask`, `token_type_ids` int64 [B, S]. Output: `logits` [B, C]. */
export function forwardStep(spec: ClassifierSpec): Step {
  const graph = new Graph();
  const { parameters, logits } = buildClassifier(graph, spec, { training: false });
  graph.output('logits', logits);
  return { graph, onnx: toOnnx(graph, 'bertune_forward'), parameters: parameters.specs };
}

/** The name of a parameter's gradient among the outputs of a gradient step, that of this and all earlier steps. */
export const gradientName = (parameter: string): string => `grad:${parameter}`;
/** The name of the input with the sum of the gradients of earlier steps; it may share its memory with the output. */
export const gradientBeforeName = (parameter: string): string => `grad_before:${parameter}`;

export interface GradientStep extends Step {
  /** In the order of the masks that a run feeds (`dropoutMaskName`); empty when nothing is dropped. */
  readonly dropoutSites: readonly DropoutSite[];
}

/**
 * Further inputs: `labels` (int64 [B]; float32 [B] for one output, then the loss is the squared error, as in
 * `transformers`), `loss_scale` (a scalar: 1 / examples in the whole batch), for dropout its masks, and for every
 * parameter `grad_before:<name>`. Outputs: `loss` (scaled), `logits`, and `grad:<name>`: the gradient added to the one
 * before.
 */
export function gradientStep(spec: ClassifierSpec, rates: DropoutRates): GradientStep {
  const graph = new Graph();
  const drops = rates.hidden > 0 || rates.attention > 0 || rates.classifier > 0;
  const dropout = drops ? new Dropout(graph, rates) : undefined;
  const { parameters, logits } = buildClassifier(graph, spec, { training: true, dropout });
  const regression = spec.numLabels === 1;
  const labels = graph.input('labels', regression ? 'float32' : 'int64', ['B']);
  const scale = graph.input('loss_scale', 'float32', []);
  const loss = mul(regression ? squaredErrorSum(logits, labels) : crossEntropySum(logits, labels), scale);
  const gradients = differentiate(graph, loss, parameters.values);
  graph.output('loss', loss);
  graph.output('logits', logits);
  gradients.forEach((gradient, index) => {
    const { name, shape } = parameters.specs[index]!;
    const before = graph.input(gradientBeforeName(name), 'float32', shape);
    graph.output(gradientName(name), addOnto(before, gradient));
  });
  return {
    graph,
    onnx: toOnnx(graph, 'bertune_gradient'),
    parameters: parameters.specs,
    dropoutSites: dropout?.sites ?? [],
  };
}

/** One chunk's AdamW update and the sum of squares of one chunk's gradient: see `optim/adamw.ts`. */
export function optimizerSteps(settings: AdamWSettings): { adamw: Uint8Array; sumOfSquares: Uint8Array } {
  return {
    adamw: toOnnx(buildAdamW(settings), 'bertune_adamw'),
    sumOfSquares: toOnnx(buildSumOfSquares(), 'bertune_sum_of_squares'),
  };
}
