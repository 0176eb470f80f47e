/** A classifier with its weights as one ONNX file, of ONNX's own operators alone. */
import { add, div, exp, fill, mul, neg, softmax } from '../graph/build.js';
import { Graph } from '../graph/graph.js';
import type { Value } from '../graph/types.js';
import { buildClassifier, type ClassifierSpec } from '../model/classifier.js';
import { isHead, isPooler } from '../model/depth.js';
import type { ModelDtype } from '../util/dtypes.js';
import type { ProblemType } from '../util/problem.js';
import { asInt8 } from './int8.js';
import { asFloat16, asFloat32, type Storage } from './storage.js';
import { neededNodes, toOnnx } from './to-onnx.js';

export interface InferenceOptions {
  /** How weights are kept: see `storage.ts` and `int8.ts`. */
  readonly dtype: ModelDtype;
  /** Notes in the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Adds the output `probabilities` [B, C]: softmax of the logits divided by the temperature; of several labels the sigmoid
   * of each. @default none
   */
  readonly probabilities?: { readonly temperature: number; readonly problemType?: ProblemType } | undefined;
}

export interface InferenceModel {
  readonly onnx: Uint8Array;
  /** The inputs that it has. */
  readonly inputs: readonly string[];
}

/**
 * Inputs: `input_ids`, `attention_mask` and, where the model reads them, `token_type_ids`, int64 [B, S]. Output: `logits`
 * [B, C].
 */
export function inferenceModel(
  spec: ClassifierSpec,
  parameters: ReadonlyMap<string, Float32Array>,
  { dtype, metadata, probabilities }: InferenceOptions,
): InferenceModel {
  const graph = new Graph();
  const { logits } = buildClassifier(graph, spec, { training: false });
  graph.output('logits', logits);
  if (probabilities) {
    const { temperature, problemType } = probabilities;
    const scaled = temperature === 1 ? logits : mul(logits, 1 / temperature);
    const isMany = problemType === 'multi_label_classification';
    graph.output('probabilities', isMany ? sigmoid(scaled) : softmax(scaled));
  }
  const read = new Set(neededNodes(graph).flatMap((node) => node.inputs));
  return {
    onnx: toOnnx(graph, 'bertune_classifier', {
      ...{ parameters, metadata, portable: true },
      storage: storageOf(dtype, parameters, spec),
    }),
    inputs: graph.inputs.filter((x) => read.has(x) && !parameters.has(x.name)).map(({ name }) => name),
  };
}

/** 1 / (1 + exp(-x)); where exp is infinite it is 0, as it should be. */
const sigmoid = (x: Value): Value => div(fill(x.graph, x.shape, 1), add(exp(neg(x)), 1));

function storageOf(
  dtype: ModelDtype,
  parameters: ReadonlyMap<string, Float32Array>,
  { modelType }: ClassifierSpec,
): Storage {
  if (dtype === 'fp32') return asFloat32;
  if (dtype === 'fp16') return asFloat16;
  // What stands on the encoder reads one row of each text: it costs no time, and answers are made of it.
  return asInt8(parameters, (name) => isHead(name, modelType) || isPooler(name));
}
