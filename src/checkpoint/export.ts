/** A folder that transformers.js, Optimum or any ONNX engine reads: the graph with its weights, config and tokenizer. */
import { RUN_MARK, type RunFolder } from '../files/run-folder.js';
import { inferenceModel, type InferenceModel } from '../step/inference.js';
import type { ModelDtype } from '../util/dtypes.js';
import { VERSION } from '../util/version.js';
import { textContractOf, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, type LoadedModel } from './load.js';
import { json, saveConfig } from './save.js';

/** What transformers.js and Optimum call a model's file. */
const ONNX_NAMES: Readonly<Record<ModelDtype, string>> = {
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  int8: 'model_quantized.onnx',
};

/** Where a model's file lies in a folder for transformers.js, or else for any engine. */
export function onnxName(dtype: ModelDtype, isForTransformers: boolean): string {
  return `${isForTransformers ? 'onnx/' : ''}${ONNX_NAMES[dtype]}`;
}

/** A loaded classifier as an ONNX file, with notes of its labels and of how texts are read. */
export function onnxOf(
  model: LoadedModel,
  options: { readonly dtype: ModelDtype; readonly probabilities?: boolean | undefined },
): InferenceModel {
  const { labels, layout, weights, spec, contract } = model;
  const { maxLength, truncation, headTokens, stride } = textContractOf(model);
  const parameters = new Map(
    layout.parameters.map(({ name, start, end }) => [name, weights.subarray(start, end)]),
  );
  return inferenceModel(spec, parameters, {
    dtype: options.dtype,
    metadata: {
      labels: JSON.stringify(labels),
      max_length: String(maxLength),
      truncation,
      ...(headTokens !== undefined && { head_tokens: String(headTokens) }),
      // Not in the graph, whose rows are windows: whoever runs it takes the mean of a text's logits.
      ...(stride !== undefined && { stride: String(stride), pooling: 'mean of the logits of all windows' }),
      clean: contract?.clean ?? 'none',
    },
    probabilities: options.probabilities === true ? { temperature: 1 } : undefined,
  });
}

/** Writes what lies beside the ONNX files, which go by `names`. */
export async function saveBesideOnnx(
  target: RunFolder,
  model: LoadedModel,
  names: readonly string[],
): Promise<void> {
  const { maxLength, truncation, headTokens, stride } = textContractOf(model);
  await saveConfig(target, model);
  for (const file of [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE])
    await target.copyFrom(model.tokenizerFolder, file);
  const { labels, contract } = model;
  const clean = contract?.clean ?? 'none';
  await target.write(
    RUN_MARK,
    json({
      ...{ bertune_version: VERSION, exported: names, labels, max_length: maxLength, truncation },
      ...{ head_tokens: headTokens, stride, clean },
    }),
  );
}
