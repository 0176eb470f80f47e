/** The graphs that are run: logits of a batch; loss, logits and gradients of a micro-batch; one optimizer update. */
import { addOnto, rowSumOf } from '../graph/accumulate.js';
import { mul } from '../graph/build.js';
import { differentiate } from '../graph/differentiate.js';
import { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { buildClassifier, buildEncoder, buildHead, type ClassifierSpec } from '../model/classifier.js';
import type { DropoutRates } from '../model/config.js';
import { Dropout, type DropoutSite } from '../model/dropout.js';
import { crossEntropySum, squaredErrorSum, type CrossEntropyOptions } from '../model/losses.js';
import { Parameters, type ParameterSpec } from '../model/parameters.js';
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

/** Inputs as those of `forwardStep`. Output: `features` [B, H], the encoder's pooled output: what the head reads. */
export function featureStep(spec: ClassifierSpec): Step {
  const graph = new Graph();
  const { parameters, pooled } = buildEncoder(graph, spec, { training: false });
  graph.output('features', pooled);
  return { graph, onnx: toOnnx(graph, 'bertune_features'), parameters: parameters.specs };
}

/** The name of a parameter's gradient among the outputs of a gradient step, that of this and all earlier steps. */
export const gradientName = (parameter: string): string => `grad:${parameter}`;
/** The name of the input with the sum of the gradients of earlier steps; it may share its memory with the output. */
export const gradientBeforeName = (parameter: string): string => `grad_before:${parameter}`;

/** The name of the output with the rows that a table's gradient consists of. */
export const gradientRowsName = (parameter: string): string => `grad_rows:${parameter}`;

/** A table whose gradient comes as rows: one for each id of an input. */
export interface Lookup {
  readonly parameter: string;
  /** The input whose ids say which row of the table each row belongs to. */
  readonly ids: string;
  /** Elements of a row. */
  readonly width: number;
}

export interface GradientStep extends Step {
  readonly lookups: readonly Lookup[];
  /** In the order of the masks that a run feeds (`dropoutMaskName`); empty when nothing is dropped. */
  readonly dropoutSites: readonly DropoutSite[];
}

export interface GradientOptions {
  readonly loss?: CrossEntropyOptions;
  /** Which parameters are trained. @default all */
  readonly trains?: (parameter: ParameterSpec) => boolean;
  /** For a head alone: reads `features` [B, H] as `featureStep` gives them instead of texts. @default false */
  readonly fromFeatures?: boolean;
}

/**
 * Further inputs: `labels` (int64 [B]; float32 [B] for one output, then the loss is the squared error, as in
 * `transformers`), `loss_scale` (a scalar: 1 / examples in the whole batch), for dropout its masks, and for every
 * parameter that is trained `grad_before:<name>`. Outputs: `loss` (scaled), `logits`, and `grad:<name>`: the gradient
 * added to the one before. For the tables of `lookups` neither of these two but `grad_rows:<name>`, to be added by
 * whoever runs it: half of a small model's parameters are word embeddings, and a batch has but a few of them.
 */
export function gradientStep(
  spec: ClassifierSpec,
  rates: DropoutRates,
  { loss: lossOptions, trains = () => true, fromFeatures = false }: GradientOptions = {},
): GradientStep {
  const graph = new Graph();
  const drops = rates.hidden > 0 || rates.attention > 0 || rates.classifier > 0;
  const dropout = drops ? new Dropout(graph, rates) : undefined;
  const { parameters, logits } = fromFeatures
    ? headOnFeatures(graph, spec, dropout)
    : buildClassifier(graph, spec, { training: true, dropout });
  const regression = spec.numLabels === 1;
  const labels = graph.input('labels', regression ? 'float32' : 'int64', ['B']);
  const scale = graph.input('loss_scale', 'float32', []);
  const sum = regression ? squaredErrorSum(logits, labels) : crossEntropySum(logits, labels, lossOptions);
  const loss = mul(sum, scale);
  const trained = parameters.specs.flatMap((spec, index) =>
    trains(spec) ? [{ spec, value: parameters.values[index]! }] : [],
  );
  const gradients = differentiate(
    graph,
    loss,
    trained.map(({ value }) => value),
  );
  graph.output('loss', loss);
  graph.output('logits', logits);
  const lookups: Lookup[] = [];
  gradients.forEach((gradient, index) => {
    const { name, shape } = trained[index]!.spec;
    const rows = rowSumOf(gradient);
    if (rows) {
      graph.output(gradientRowsName(name), rows.rows);
      lookups.push({ parameter: name, ids: rows.ids.name, width: shape[1]! });
      return;
    }
    const before = graph.input(gradientBeforeName(name), 'float32', shape);
    graph.output(gradientName(name), addOnto(before, gradient));
  });
  return {
    graph,
    onnx: toOnnx(graph, 'bertune_gradient'),
    parameters: parameters.specs,
    lookups,
    dropoutSites: dropout?.sites ?? [],
  };
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
export function optimizerSteps(settings: AdamWSettings): { adamw: Uint8Array; sumOfSquares: Uint8Array } {
  return {
    adamw: toOnnx(buildAdamW(settings), 'bertune_adamw'),
    sumOfSquares: toOnnx(buildSumOfSquares(), 'bertune_sum_of_squares'),
  };
}
