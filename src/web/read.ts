/** A classifier's parts from its files, as one ONNX model: the one that was exported, or one that is built here of weights. */
import { ADAPTER_CONFIG_FILE } from '../checkpoint/adapter.js';
import { findExported, lacksExported, readExported, type ExportedModel } from '../checkpoint/exported.js';
import { jsonIfThere, type ModelFiles } from '../checkpoint/model-files.js';
import { INDEX_FILE, WEIGHTS_FILE } from '../checkpoint/open-weights.js';
import { readClassifier, readConfig } from '../checkpoint/read-model.js';
import { inferenceModel } from '../step/inference.js';
import type { ModelDtype } from '../util/dtypes.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { RUN_MARK } from '../util/run-mark.js';

/** @param dtype which of the models; where none is asked for, weights go before ONNX files */
export async function readModel(files: ModelFiles, dtype: ModelDtype | undefined): Promise<ExportedModel> {
  const exported = await exportedNames(files);
  // Names that are known are not asked for one by one: each that a server doesn't have is an error in the console.
  const has = exported ? (file: string) => Promise.resolve(exported.includes(file)) : files.has;
  const hasWeights = !exported && dtype === undefined && (await offersWeights(files));
  const file = hasWeights ? undefined : await findExported(has, dtype);
  if (file !== undefined) return readExported(files, file);
  if (dtype !== undefined && dtype !== 'fp32') throw await lacksExported(files, dtype);
  return buildFromWeights(files);
}

/** The ONNX files that an export of bertune says it has. */
async function exportedNames(files: ModelFiles): Promise<readonly unknown[] | undefined> {
  const kept = await jsonIfThere(files, RUN_MARK);
  const names = isObject(kept) ? kept['exported'] : undefined;
  return Array.isArray(names) ? (names as unknown[]) : undefined;
}

async function offersWeights(files: ModelFiles): Promise<boolean> {
  return (await files.has(WEIGHTS_FILE)) || files.has(INDEX_FILE);
}

/** The graph is made here, and the weights are put into it: fed as inputs they would be copied for each batch. */
async function buildFromWeights(files: ModelFiles): Promise<ExportedModel> {
  if (!(await offersWeights(files)) && (await files.has(ADAPTER_CONFIG_FILE))) {
    throw new ModelError(
      `${files.name} is an adapter without its model: write both as one, bertune export <run>, or train with --lora-merge.`,
    );
  }
  const config = await readConfig(files);
  const place = { files, weights: files, tokenizer: files, config, hub: undefined, adapter: undefined };
  const { layout, weights, spec, ...model } = await readClassifier(place);
  const parameters = new Map(
    layout.parameters.map(({ name, start, end }) => [name, weights.subarray(start, end)]),
  );
  const { onnx } = inferenceModel(spec, parameters, { dtype: 'fp32', metadata: {} });
  const { folder, problemType, labels, tokenizer, positions, contract } = model;
  const file = files.pathOf(WEIGHTS_FILE);
  return { folder, problemType, labels, tokenizer, positions, contract, onnx, file };
}
