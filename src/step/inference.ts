/** A classifier with its weights as one ONNX file, of ONNX's own operators alone. */
import { mul, softmax } from '../graph/build.js';
import { Graph } from '../graph/graph.js';
import { buildClassifier, type ClassifierSpec } from '../model/classifier.js';
import { isHead, isPooler } from '../model/depth.js';
import type { ModelDtype } from '../util/dtypes.js';
import { asInt8 } from './int8.js';
import { asFloat16, asFloat32, type Storage } from './storage.js';
import { neededNodes, toOnnx } from './to-onnx.js';

export interface InferenceOptions {
  /** How weights are kept: see `storage.ts` and `int8.ts`. */
  readonly dtype: ModelDtype;
  /** Notes in the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Adds the output `probabilities` [B, C]: softmax of the logits divided by the temperature. @default none */
  readonly probabilities?: { readonly temperature: number } | undefined;
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
    const { temperature } = probabilities;
    graph.output('probabilities', softmax(temperature === 1 ? logits : mul(logits, 1 / temperature)));
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
