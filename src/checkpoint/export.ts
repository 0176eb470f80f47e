/** A model as others read it: ONNX with its weights, config and tokenizer beside it, or the files of Python's transformers. */
import { isAsWritten } from '../files/manifest.js';
import { exists, readJson } from '../files/read.js';
import { RUN_MARK, type RunFolder } from '../files/run-folder.js';
import { narrowToF16 } from '../formats/float16.js';
import { encodeSafetensorsHeader } from '../formats/safetensors.js';
import { inferenceModel, type InferenceModel } from '../step/inference.js';
import type { ModelDtype } from '../util/dtypes.js';
import { isObject } from '../util/objects.js';
import { VERSION } from '../util/version.js';
import { readRecord, type Threshold } from './contract.js';
import { textContractOf, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, type LoadedModel } from './load.js';
import { modelCard } from './model-card.js';
import { WEIGHTS_FILE } from './open-weights.js';
import { publicContract } from './public-names.js';
import { COMPANIONS, json, saveConfig } from './save.js';
import { tensorsToWrite } from './weights.js';

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
  const { labels, layout, weights, spec, contract, problemType } = model;
  const { maxLength, truncation, headTokens, stride } = textContractOf(model);
  const parameters = new Map(
    layout.parameters.map(({ name, start, end }) => [name, weights.subarray(start, end)]),
  );
  return inferenceModel(spec, parameters, {
    dtype: options.dtype,
    metadata: {
      labels: JSON.stringify(labels),
      problem_type: problemType,
      max_length: String(maxLength),
      truncation,
      ...(headTokens !== undefined && { head_tokens: String(headTokens) }),
      // Not in the graph, whose rows are windows: whoever runs it takes the mean of a text's logits.
      ...(stride !== undefined && { stride: String(stride), pooling: 'mean of the logits of all windows' }),
      clean: contract?.clean ?? 'none',
      ...(contract?.textPair === true && { text_pair: 'true' }),
      ...(contract?.calibration && { temperature: String(contract.calibration.temperature) }),
      ...(contract?.threshold && { threshold: thresholdNote(contract.threshold) }),
    },
    probabilities:
      options.probabilities === true
        ? { temperature: contract?.calibration?.temperature ?? 1, problemType }
        : undefined,
  });
}

/** Without how it was chosen. */
const thresholdNote = ({ score, label }: Threshold): string => JSON.stringify({ score, label });

/** Writes what lies beside the ONNX files, which go by `names`. */
export async function saveBesideOnnx(
  target: RunFolder,
  model: LoadedModel,
  names: readonly string[],
): Promise<void> {
  await saveConfig(target, model);
  for (const file of [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE])
    await target.copyFrom(model.tokenizerFolder, file);
  await target.write(RUN_MARK, json({ ...(await contractToSave(model)), exported: names, golden: [] }));
}

/**
 * Writes a model as Python's `transformers` has it: adapters within the weights, whatever the folder was that it was loaded
 * from. Gives the bytes of the weights.
 */
export async function saveClassifier(
  target: RunFolder,
  model: LoadedModel,
  dtype: 'fp32' | 'fp16' = 'fp32',
): Promise<number> {
  const { layout, weights } = model;
  const isHalf = dtype === 'fp16';
  await saveConfig(target, model, isHalf ? 'float16' : 'float32');
  const header = encodeSafetensorsHeader(tensorsToWrite(layout.parameters, isHalf ? 'F16' : 'F32'));
  const data = isHalf ? narrowToF16(weights, 'the weights') : weights;
  await target.write(WEIGHTS_FILE, [header, data]);
  for (const file of [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE, ...COMPANIONS])
    await target.copyFrom(model.tokenizerFolder, file);
  await target.copyFrom(model.folder, 'eval_results.json');
  await saveCard(target, model);
  const contract = await contractToSave(model);
  // Golden logits are those of the weights as they were trained.
  await target.write(RUN_MARK, json(isHalf ? { ...contract, golden: [] } : contract));
  return header.length + data.byteLength;
}

/** The card of a run as it is true of an export; one that was edited since, or that another program wrote, is copied. */
async function saveCard(target: RunFolder, { folder, config, labels, contract }: LoadedModel): Promise<void> {
  const run = contract && (await readJson(`${folder}/${RUN_MARK}`));
  const isOurs = isObject(run) && isObject(run['data']) && (await isAsWritten(folder, CARD));
  if (!contract || !isOurs || !(await exists(`${folder}/eval_results.json`))) {
    await target.copyFrom(folder, CARD);
    return;
  }
  const evalResults = (await readJson(`${folder}/eval_results.json`)) as Record<string, unknown>;
  const { modelType } = config;
  const record = readRecord(run);
  await target.write(CARD, modelCard({ modelType, labels, contract, record, evalResults, isExport: true }));
}

const CARD = 'README.md';

/** How texts are read and answers are made, as the run says it. */
async function contractToSave(model: LoadedModel): Promise<Record<string, unknown>> {
  const { contract, labels, folder } = model;
  if (contract) {
    return publicContract((await readJson(`${folder}/${RUN_MARK}`)) as Record<string, unknown>);
  }
  const { maxLength, truncation, headTokens, stride } = textContractOf(model);
  return {
    ...{ format: 1, bertune_version: VERSION, labels, max_length: maxLength, truncation },
    ...{ head_tokens: headTokens, stride, clean: 'none', golden: [] },
  };
}
