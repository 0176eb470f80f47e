/** The graphs of masked-language-model training. */
import { mul } from '../graph/build.js';
import { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { architectureOf } from '../model/architectures.js';
import type { EncoderSpec } from '../model/classifier.js';
import type { DropoutRates } from '../model/config.js';
import { Dropout } from '../model/dropout.js';
import { crossEntropySum } from '../model/losses.js';
import { buildMaskedLm, type MaskedLmGraph } from '../model/masked-lm.js';
import type { ParameterSpec } from '../model/parameters.js';
import { outputGradients, type GradientStep } from './gradient.js';
import type { Step } from './step.js';
import { toOnnx } from './to-onnx.js';

/**
 * Inputs: texts as for `forwardStep`; `masked_positions` (int64 [M], places in the flat [B * S]), `labels` (int64 [M],
 * the ids that were there), `loss_scale` (a scalar: 1 / masked tokens of the whole batch), for dropout its masks, and what
 * `outputGradients` adds. Outputs: `loss` (scaled) and the gradients.
 */
export function maskedGradientStep(spec: EncoderSpec, rates: DropoutRates): GradientStep {
  const graph = new Graph();
  const dropout = rates.hidden > 0 || rates.attention > 0 ? new Dropout(graph, rates) : undefined;
  const built = buildMaskedLm(graph, spec, { training: true, dropout });
  const lookups = outputGradients(graph, lossOf(graph, built), built.parameters);
  return {
    graph,
    onnx: toOnnx(graph, 'bertune_masked_gradient'),
    parameters: built.parameters.specs,
    lookups,
    dropoutSites: dropout?.sites ?? [],
  };
}

/** The same inputs, without masks of dropout. Output: `loss`. */
export function maskedLossStep(spec: EncoderSpec): Step {
  const graph = new Graph();
  const built = buildMaskedLm(graph, spec, { training: false });
  graph.output('loss', lossOf(graph, built));
  return { graph, onnx: toOnnx(graph, 'bertune_masked_loss'), parameters: built.parameters.specs };
}

function lossOf(graph: Graph, { logits }: MaskedLmGraph): Value {
  const labels = graph.input('labels', 'int64', ['M']);
  return mul(crossEntropySum(logits, labels), graph.input('loss_scale', 'float32', []));
}

/**
 * What a checkpoint to be pre-trained has: the parameters of `maskedLossStep`, and what a classifier has beside its last
 * layer (such as BERT's pooler), to be kept where it is there.
 */
export function maskedLmParameters(spec: EncoderSpec): ParameterSpec[] {
  const graph = new Graph();
  const { parameters } = buildMaskedLm(graph, spec, { training: false });
  const rows = graph.input('rows', 'float32', ['B', spec.config.hiddenSize]);
  architectureOf(spec.modelType).pool?.(parameters, spec.config, rows);
  return parameters.specs;
}
