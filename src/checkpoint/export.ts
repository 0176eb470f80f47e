/** A folder that transformers.js, Optimum or any ONNX engine reads: the graph with its weights, config and tokenizer. */
import { RUN_MARK, type RunFolder } from '../files/run-folder.js';
import { inferenceModel } from '../step/steps.js';
import { VERSION } from '../util/version.js';
import { textContractOf, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, type LoadedModel } from './load.js';
import { json, saveConfig } from './save.js';

/** Writes all files; the ONNX file goes by `name`. Gives its bytes. */
export async function saveForTransformers(
  target: RunFolder,
  model: LoadedModel,
  name: string,
): Promise<number> {
  const { labels, layout, weights, spec, contract, tokenizerFolder } = model;
  const { maxLength, truncation } = textContractOf(model);
  const parameters = new Map(
    layout.parameters.map(({ name: parameter, start, end }) => [parameter, weights.subarray(start, end)]),
  );
  const onnx = inferenceModel(spec, parameters, {
    labels: JSON.stringify(labels),
    max_length: String(maxLength),
    truncation,
    clean: contract?.clean ?? 'none',
  });
  await saveConfig(target, model);
  await target.write(name, onnx);
  for (const file of [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE]) await target.copyFrom(tokenizerFolder, file);
  await target.write(
    RUN_MARK,
    json({ bertune_version: VERSION, exported: name, labels, max_length: maxLength, truncation }),
  );
  return onnx.length;
}
