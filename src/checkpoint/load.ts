/** A model's folder: one that bertune saved, or any with Hugging Face's files. */
import { exists, isFolder, readJson } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import { findModelFolder, type FoundModel } from '../hub/model.js';
import { parseModelName } from '../hub/names.js';
import type { HubUse } from '../hub/use.js';
import { parseModelConfig, type ModelConfig } from '../formats/config.js';
import { architectureOf } from '../model/architectures.js';
import type { ClassifierSpec, EncoderSpec } from '../model/classifier.js';
import { isHead, isPooler } from '../model/depth.js';
import { isLora, type LoraOptions } from '../model/lora.js';
import { isMaskedLmHead } from '../model/masked-lm.js';
import type { Step } from '../step/step.js';
import { maskedLmParameters } from '../step/masked.js';
import { forwardStep } from '../step/steps.js';
import { TextTokenizer, type TokenizerSource } from '../tokenizer/tokenizer.js';
import type { TextContract } from '../tokenizer/truncate.js';
import { FileError, ModelError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { ADAPTER_CONFIG_FILE, adapterHeadSize, applyAdapter, readAdapter, type Adapter } from './adapter.js';
import { parseContract, type RunContract } from './contract.js';
import { headSize, withWeights, type WeightsFile } from './open-weights.js';
import { loadWeights, type LoadedWeights, type LoadWeightsOptions, type Need } from './weights.js';

export interface LoadedModel extends LoadedWeights {
  readonly folder: string;
  /** Where it is on the hub, if it is from there. */
  readonly hub: FoundModel['hub'];
  /** Where its tokenizer is: the same, but for an adapter without one. */
  readonly tokenizerFolder: string;
  readonly config: ModelConfig;
  readonly spec: ClassifierSpec;
  /** The graph from ids to logits. */
  readonly forward: Step;
  /** By class id. */
  readonly labels: readonly string[];
  readonly tokenizer: TextTokenizer;
  /** The most tokens that the model and its tokenizer can read. */
  readonly positions: number;
  /** Present when bertune saved the folder. */
  readonly contract: RunContract | undefined;
}

/** The file that holds the tokenizer, and the one with its settings. */
export const TOKENIZER_FILE = 'tokenizer.json';
export const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';

export interface TrainingOptions {
  readonly seed: number;
  /** Adapters to be trained beside the weights. @default none */
  readonly lora?: LoraOptions | undefined;
  readonly hub?: HubUse | undefined;
}

/** Loads a model to be fine-tuned on these labels: from its own head if that has the same labels, else a new one. */
export async function loadForTraining(
  folder: string,
  labels: readonly string[],
  { seed, lora, hub }: TrainingOptions,
): Promise<LoadedModel> {
  const place = await findModel(folder, hub);
  const { id2label: known, modelType } = place.config;
  await place.base.fetchWeights();
  return withWeights(place.base.folder, async (file) => {
    const size = headSizeOf(place, file);
    const sameLabels =
      known?.length === labels.length &&
      size === labels.length &&
      labels.every((label) => known.includes(label));
    // transformers makes the pooler new where a checkpoint, such as one of masked tokens alone, has none.
    const needOf = (name: string): Need => {
      if (isLora(name)) return 'new';
      if (isHead(name, modelType) && (!sameLabels || place.adapter)) return 'new';
      return isPooler(name) && !sameLabels ? 'new if missing' : 'required';
    };
    const model = await load(place, file, sameLabels ? known : labels, { needOf, seed }, lora);
    const takes = (name: string): boolean => sameLabels || !isHead(name, modelType);
    if (place.adapter) applyAdapter(model.layout, model.weights, place.adapter, takes);
    return model;
  });
}

/** Loads a model that already classifies. Throws a `ModelError` when it has no classifier. */
export async function loadForPrediction(folder: string, use?: HubUse): Promise<LoadedModel> {
  const place = await findModel(folder, use);
  await place.base.fetchWeights();
  return withWeights(place.base.folder, async (file) => {
    const size = headSizeOf(place, file);
    const { id2label, modelType } = place.config;
    // transformers names labels this way when nobody did; an adapter may have another head than its original.
    const isNamed = id2label && (!place.adapter || id2label.length === size);
    const labels = isNamed ? id2label : Array.from({ length: size ?? 2 }, (_, id) => `LABEL_${id}`);
    if (size === 1) {
      throw new ModelError(
        `${folder} predicts a number (one output), not classes; this is not supported yet.`,
      );
    }
    const broughtHead =
      place.adapter !== undefined && adapterHeadSize(place.adapter, modelType) !== undefined;
    const needOf = (name: string): Need => (broughtHead && isHead(name, modelType) ? 'new' : 'required');
    const model = await load(place, file, labels, { needOf, seed: 0 });
    if (place.adapter) applyAdapter(model.layout, model.weights, place.adapter);
    return model;
  });
}

/** Where a model's parts are: all in its folder, or beside an adapter in that of the original. */
interface ModelPlace {
  readonly folder: string;
  readonly hub: FoundModel['hub'];
  readonly config: ModelConfig;
  /** The model with the weights. */
  readonly base: FoundModel;
  readonly adapter: Adapter | undefined;
  /** The folder with the tokenizer. */
  readonly tokenizer: string;
}

async function findModel(name: string, use?: HubUse): Promise<ModelPlace> {
  const found = await findModelFolder(name, use);
  const { folder, hub } = found;
  const isAdapter = await exists(`${folder}/${ADAPTER_CONFIG_FILE}`);
  if (isAdapter) await found.fetchWeights();
  const adapter = isAdapter ? await readAdapter(folder, use) : undefined;
  if (!adapter) {
    return { folder, hub, config: await loadConfig(folder), base: found, adapter, tokenizer: folder };
  }
  const { base } = adapter;
  // PEFT saves neither of these.
  const own = await exists(`${folder}/config.json`);
  const ownTokenizer = await exists(`${folder}/${TOKENIZER_FILE}`);
  return {
    ...{ folder, hub, base, adapter, config: await loadConfig(own ? folder : base.folder) },
    tokenizer: ownTokenizer ? folder : base.folder,
  };
}

function headSizeOf({ adapter, config }: ModelPlace, file: WeightsFile): number | undefined {
  return (adapter && adapterHeadSize(adapter, config.modelType)) ?? headSize(file, config.modelType);
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
  const config = await loadConfig(folder);
  await fetchWeights();
  return withWeights(folder, async (file) => {
    const source = await tokenizerSource(folder, config);
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

async function loadConfig(folder: string): Promise<ModelConfig> {
  if (!(await exists(folder))) {
    throw new FileError(
      `no such folder: ${folder}. A model is a folder with config.json and model.safetensors` +
        (parseModelName(folder) ? `, or a name on the hub: for that one hf://${folder}.` : '.'),
    );
  }
  if (!(await isFolder(folder))) {
    throw new FileError(`${folder} is a file, expected a folder with config.json and model.safetensors.`);
  }
  const path = `${folder}/config.json`;
  if (!(await exists(path))) {
    throw new ModelError(
      `${folder} has no config.json, so it is not a model's folder in Hugging Face's format.`,
    );
  }
  return parseModelConfig(await readJson(path), path);
}

async function load(
  place: ModelPlace,
  weightsFile: WeightsFile,
  labels: readonly string[],
  { needOf, seed }: Pick<LoadWeightsOptions, 'needOf' | 'seed'>,
  lora?: LoraOptions,
): Promise<LoadedModel> {
  const { folder, hub, config } = place;
  architectureOf(config.modelType); // refused before anything large is read
  const source = await tokenizerSource(place.tokenizer, config);
  const numLabels = labels.length;
  const spec: ClassifierSpec = { modelType: config.modelType, config, numLabels, ...(lora && { lora }) };
  const contractPath = `${folder}/${RUN_MARK}`;
  const contract = (await exists(contractPath))
    ? parseContract(await readJson(contractPath), contractPath)
    : undefined;
  const forward = forwardStep(spec);
  const reading = loadWeights(weightsFile, spec.modelType, forward.parameters, {
    needOf,
    seed,
    initializerRange: config.initializerRange,
  });
  reading.catch(() => undefined); // it is awaited below, unless the tokenizer's fault comes first
  const tokenizer = makeTokenizer(source, config); // while the weights are read
  const loaded = await reading;
  return {
    ...loaded,
    folder,
    hub,
    tokenizerFolder: place.tokenizer,
    config,
    spec,
    forward,
    labels,
    tokenizer,
    contract,
    positions: positionsOf(config, tokenizer),
  };
}

/** The most tokens that the model and its tokenizer can read. */
function positionsOf(config: ModelConfig, { maxLength }: TextTokenizer): number {
  return Math.min(architectureOf(config.modelType).positions(config), maxLength);
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

async function tokenizerSource(folder: string, { padTokenId }: ModelConfig): Promise<TokenizerSource> {
  const path = `${folder}/${TOKENIZER_FILE}`;
  if (!(await exists(path))) {
    throw new ModelError(
      `${folder} has no ${TOKENIZER_FILE}. Make one in Python: AutoTokenizer.from_pretrained("<folder>").save_pretrained("<folder>")`,
    );
  }
  const config = await readTokenizerSettings(folder);
  return { json: await readJson(path), config, padId: padTokenId, name: path };
}

function makeTokenizer(source: TokenizerSource, { vocabSize }: ModelConfig): TextTokenizer {
  const tokenizer = TextTokenizer.fromSource(source);
  if (tokenizer.vocabularySize > vocabSize) {
    throw new ModelError(
      `${source.name} has ids up to ${tokenizer.vocabularySize - 1}, but config.json says vocab_size ${vocabSize}: ` +
        `the tokenizer is another model's.`,
    );
  }
  return tokenizer;
}

/** How a folder's texts are cut: as its run was trained or, where bertune didn't save it, by what the model can read. */
export function textContractOf({
  contract,
  positions,
}: Pick<LoadedModel, 'contract' | 'positions'>): TextContract {
  return contract ?? { maxLength: positions, truncation: 'head' };
}

/** The length to train at: what is asked for, if the model can read it (else a `UsageError`), or the usual if it can. */
export function maxLengthFor(
  { positions, tokenizer, folder }: LoadedModel,
  asked: number | undefined,
  usual: number,
): number {
  if (asked === undefined) return Math.min(usual, positions);
  const least = tokenizer.specialTokens + 1;
  if (asked < least || asked > positions) {
    throw new UsageError(`--max-length ${asked}: ${folder} reads ${least} to ${positions} tokens.`);
  }
  return asked;
}
