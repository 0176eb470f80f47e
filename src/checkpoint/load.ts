/** A model's folder: one that bertune saved, or any with Hugging Face's files. */
import { availableMemory } from '../files/memory.js';
import { exists, isFolder, readJson } from '../files/read.js';
import { findModelFolder, type FoundModel } from '../hub/model.js';
import { parseModelName } from '../hub/names.js';
import type { HubUse } from '../hub/use.js';
import type { ModelConfig } from '../formats/config.js';
import type { EncoderSpec } from '../model/classifier.js';
import { isHead, isPooler } from '../model/depth.js';
import { isLora, type LoraOptions } from '../model/lora.js';
import { isMaskedLmHead } from '../model/masked-lm.js';
import { sizeOf } from '../model/parameters.js';
import { maskedLmParameters } from '../step/masked.js';
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import { MODEL_DTYPES, type ModelDtype } from '../util/dtypes.js';
import { FileError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { gigabytes } from '../util/wording.js';
import type { ProblemType } from '../util/problem.js';
import { ADAPTER_CONFIG_FILE, applyAdapter } from './adapter.js';
import { findExported, lacksExported, readExported, type ExportedModel } from './exported.js';
import { folderFiles } from './folder.js';
import type { ModelFiles } from './model-files.js';
import { INDEX_FILE, WEIGHTS_FILE, withWeights, type WeightsFile } from './open-weights.js';
import { readAdapter } from './read-adapter.js';
import {
  assemble,
  CONFIG_FILE,
  headSizeOf,
  makeTokenizer,
  positionsOf,
  problemTypeOf,
  readableLength,
  readClassifier,
  readConfig,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
  tokenizerSource,
  type LoadedModel,
  type ModelPlace,
} from './read-model.js';
import { loadWeights, type LoadedWeights, type Need } from './weights.js';

export { textContractOf, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, type LoadedModel } from './read-model.js';

export interface TrainingOptions {
  /** @default single_label_classification */
  readonly problemType?: ProblemType;
  readonly seed: number;
  /** Adapters to be trained beside the weights. @default none */
  readonly lora?: LoraOptions | undefined;
  readonly hub?: HubUse | undefined;
}

/** Loads a model to be fine-tuned on these labels: from its own head if that has the same labels, else a new one. */
export async function loadForTraining(
  folder: string,
  labels: readonly string[],
  { problemType = 'single_label_classification', seed, lora, hub }: TrainingOptions,
): Promise<LoadedModel> {
  const place = await findModel(folder, hub);
  const { id2label: known, modelType } = place.config;
  await place.base.fetchWeights();
  return withWeights(place.weights, async (file) => {
    await requireRoom(file);
    const size = headSizeOf(place, file);
    const sameLabels =
      known?.length === labels.length &&
      size === labels.length &&
      problemTypeOf(place.config, size) === problemType &&
      labels.every((label) => known.includes(label));
    // transformers makes the pooler new where a checkpoint, such as one of masked tokens alone, has none.
    const needOf = (name: string): Need => {
      if (isLora(name)) return 'new';
      if (isHead(name, modelType) && (!sameLabels || place.adapter)) return 'new';
      return isPooler(name) && !sameLabels ? 'new if missing' : 'required';
    };
    const names = sameLabels ? known : labels;
    const model = await assemble(place, file, { problemType, labels: names, needOf, seed, lora });
    const takes = (name: string): boolean => sameLabels || !isHead(name, modelType);
    if (place.adapter) applyAdapter(model.layout, model.weights, place.adapter, takes);
    return model;
  });
}

/** Loads a model that already classifies. Throws a `ModelError` when it has no classifier. */
export async function loadForPrediction(folder: string, use?: HubUse): Promise<LoadedModel> {
  return loadWeighted(await findModelFolder(folder, use), use);
}

async function loadWeighted(found: FoundModel, use?: HubUse): Promise<LoadedModel> {
  const place = await placeOf(found, use);
  await place.base.fetchWeights();
  return readClassifier(place);
}

/** What to load, and from where. */
export interface LoadOptions extends HubUse {
  /** Which of a folder's models. @default its weights; where there are none, an ONNX file that it has */
  readonly dtype?: ModelDtype | undefined;
}

/**
 * Loads a classifier from whatever is given: a run, a folder of Hugging Face's format or an export of one, the ONNX file
 * itself, or a name on the hub.
 */
export async function loadClassifier(
  name: string,
  { dtype, ...use }: LoadOptions,
): Promise<LoadedModel | ExportedModel> {
  if (dtype !== undefined && !MODEL_DTYPES.includes(dtype)) {
    throw new UsageError(`dtype is ${JSON.stringify(dtype)}, expected one of ${MODEL_DTYPES.join(', ')}.`);
  }
  if (/\.onnx$/i.test(name) && !(await isFolder(name))) return loadOnnxFile(name);
  const found = await findModelFolder(name, use);
  const hasWeights = await offersWeights(found);
  if (hasWeights && dtype === undefined) return loadWeighted(found, use);
  const file = await findExported(found.offers, dtype);
  if (file !== undefined) {
    await found.fetch(file);
    return readExported(folderFiles(found.folder), file);
  }
  // fp32 is what weights are computed in; and who has neither is told of weights.
  if (dtype === 'fp32' || dtype === undefined) return loadWeighted(found, use);
  await loadConfig(folderFiles(found.folder));
  throw await lacksExported(folderFiles(found.folder), dtype);
}

async function offersWeights({ offers }: FoundModel): Promise<boolean> {
  for (const file of [WEIGHTS_FILE, INDEX_FILE, ADAPTER_CONFIG_FILE]) if (await offers(file)) return true;
  return false;
}

/** A model by its ONNX file, whose config and tokenizer are beside it or, as transformers.js has it, one folder up. */
async function loadOnnxFile(path: string): Promise<ExportedModel> {
  const [, folder = '.', file = path] = /^(.*)[/\\]([^/\\]*)$/.exec(path) ?? [];
  const beside = folderFiles(folder);
  const [, above = '.', name = folder] = /^(.*)[/\\]([^/\\]*)$/.exec(folder) ?? [];
  if ((await beside.has(CONFIG_FILE)) || !(await exists(`${above}/${CONFIG_FILE}`))) {
    if (!(await beside.has(file))) await beside.bytes(file); // which says what is amiss
    return readExported(beside, file);
  }
  return readExported(folderFiles(above), `${name}/${file}`);
}

async function findModel(name: string, use?: HubUse): Promise<ModelPlace & { readonly base: FoundModel }> {
  return placeOf(await findModelFolder(name, use), use);
}

async function placeOf(found: FoundModel, use?: HubUse): Promise<ModelPlace & { readonly base: FoundModel }> {
  const { folder, hub } = found;
  const files = folderFiles(folder);
  const isAdapter = await files.has(ADAPTER_CONFIG_FILE);
  if (isAdapter) await found.fetchWeights();
  const adapter = isAdapter ? await readAdapter(folder, use) : undefined;
  if (!adapter) {
    const config = await loadConfig(files);
    return { files, hub, config, base: found, weights: files, adapter, tokenizer: files };
  }
  const { base } = adapter;
  const weights = folderFiles(base.folder);
  // PEFT saves neither of these.
  const own = await files.has(CONFIG_FILE);
  const ownTokenizer = await files.has(TOKENIZER_FILE);
  return {
    ...{ files, hub, base, weights, adapter, config: await loadConfig(own ? files : weights) },
    tokenizer: ownTokenizer ? files : weights,
  };
}

/** A model that guesses masked tokens. */
export interface LoadedMaskedLm extends LoadedWeights {
  readonly folder: string;
  readonly hub: FoundModel['hub'];
  readonly config: ModelConfig;
  readonly spec: EncoderSpec;
  readonly tokenizer: TextTokenizer;
  /** The most tokens that the model can read. */
  readonly positions: number;
}

/**
 * Loads an encoder to be pre-trained further. Its head for masked tokens is made new where the checkpoint has none; what
 * else the checkpoint has of the encoder, such as the pooler, is kept as it is.
 */
export async function loadForPretraining(
  name: string,
  options: { readonly seed: number; readonly hub?: HubUse | undefined },
): Promise<LoadedMaskedLm> {
  const { folder, hub, fetchWeights } = await findModelFolder(name, options.hub);
  const files = folderFiles(folder);
  const config = await loadConfig(files);
  await fetchWeights();
  return withWeights(files, async (file) => {
    await requireRoom(file);
    const source = await tokenizerSource(files, config);
    const spec: EncoderSpec = { modelType: config.modelType, config };
    const loaded = await loadWeights(file, spec.modelType, maskedLmParameters(spec), {
      needOf: (name) => {
        if (isPooler(name)) return 'left out if missing';
        return isMaskedLmHead(name, config.modelType) ? 'new if missing' : 'required';
      },
      seed: options.seed,
      initializerRange: config.initializerRange,
    });
    const tokenizer = makeTokenizer(source, config);
    return { ...loaded, folder, hub, config, spec, tokenizer, positions: positionsOf(config, tokenizer) };
  });
}

/** What reading texts takes, and then the runtime; measured (test/faults/memory.long.test.ts), as a run is killed with less. */
const BESIDE_WEIGHTS = 140e6;

/** Refuses weights that won't fit into memory even by themselves, before they are read; what training takes is known later. */
async function requireRoom({ path, tensors }: WeightsFile): Promise<void> {
  let elements = 0;
  for (const { shape } of tensors.values()) elements += sizeOf(shape);
  const [need, there] = [4 * elements + BESIDE_WEIGHTS, await availableMemory()];
  if (need <= there) return;
  throw new UsageError(
    `the weights in ${path} take ${gigabytes(need)} of memory together with what computes with them, and ${gigabytes(there)} are there. ` +
      'A smaller --model would fit, or a larger machine.',
  );
}

async function loadConfig(files: ModelFiles): Promise<ModelConfig> {
  const folder = files.name;
  if (!(await exists(folder))) {
    throw new FileError(
      `no such folder: ${folder}. A model is a folder with config.json and model.safetensors` +
        (parseModelName(folder) ? `, or a name on the hub: for that one hf://${folder}.` : '.'),
    );
  }
  if (!(await isFolder(folder))) {
    throw new FileError(`${folder} is a file, expected a folder with config.json and model.safetensors.`);
  }
  return readConfig(files);
}

/** A model's tokenizer, and the most tokens that it can read, without its weights. */
export async function loadTokenizer(
  folder: string,
  use?: HubUse,
): Promise<{ tokenizer: TextTokenizer; positions: number }> {
  const { config, tokenizer: place } = await findModel(folder, use);
  const tokenizer = makeTokenizer(await tokenizerSource(place, config), config);
  return { tokenizer, positions: positionsOf(config, tokenizer) };
}

/** The object of tokenizer_config.json; `undefined` where there is none. */
export async function readTokenizerSettings(folder: string): Promise<Record<string, unknown> | undefined> {
  const path = `${folder}/${TOKENIZER_CONFIG_FILE}`;
  const settings = (await exists(path)) ? await readJson(path) : undefined;
  return isObject(settings) ? settings : undefined;
}

/** The length to train at: what is asked for, if the model can read it (else a `UsageError`), or the usual if it can. */
export function maxLengthFor(model: LoadedModel, asked: number | undefined, usual: number): number {
  return asked === undefined ? Math.min(usual, model.positions) : readableLength(model, asked);
}
