/** A model's folder: one that bertune saved, or any with Hugging Face's files. */
import { exists, isFolder, readJson } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import { parseModelConfig, type ModelConfig } from '../formats/config.js';
import { architectureOf, type ClassifierSpec, type EncoderSpec } from '../model/classifier.js';
import { isHead, isPooler } from '../model/depth.js';
import { LM_HEAD } from '../model/masked-lm.js';
import type { Step } from '../step/step.js';
import { maskedLmParameters } from '../step/masked.js';
import { forwardStep } from '../step/steps.js';
import { TextTokenizer, type TokenizerSource } from '../tokenizer/tokenizer.js';
import type { TextContract } from '../tokenizer/truncate.js';
import { FileError, ModelError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { parseContract, type RunContract } from './contract.js';
import {
  headSize,
  loadWeights,
  withWeights,
  type LoadedWeights,
  type LoadWeightsOptions,
  type Need,
  type WeightsFile,
} from './weights.js';

export interface LoadedModel extends LoadedWeights {
  readonly folder: string;
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

/** Loads a model to be fine-tuned on these labels: from its own head if that has the same labels, else a new one. */
export async function loadForTraining(
  folder: string,
  labels: readonly string[],
  options: { seed: number },
): Promise<LoadedModel> {
  const config = await loadConfig(folder);
  const known = config.id2label;
  return withWeights(folder, (file) => {
    const sameLabels =
      known?.length === labels.length &&
      headSize(file) === labels.length &&
      labels.every((label) => known.includes(label));
    // transformers makes the pooler new where a checkpoint, such as one of masked tokens alone, has none.
    const needOf = (name: string): Need => {
      if (sameLabels) return 'required';
      if (isPooler(name)) return 'new if missing';
      return isHead(name) ? 'new' : 'required';
    };
    return load(folder, config, file, sameLabels ? known : labels, { needOf, seed: options.seed });
  });
}

/** Loads a model that already classifies. Throws a `ModelError` when it has no classifier. */
export async function loadForPrediction(folder: string): Promise<LoadedModel> {
  const config = await loadConfig(folder);
  return withWeights(folder, (file) => {
    const size = headSize(file);
    // transformers names labels this way when nobody did.
    const labels = config.id2label ?? Array.from({ length: size ?? 2 }, (_, id) => `LABEL_${id}`);
    if (size === 1) {
      throw new ModelError(
        `${folder} predicts a number (one output), not classes; this is not supported yet.`,
      );
    }
    return load(folder, config, file, labels, { needOf: () => 'required', seed: 0 });
  });
}

/** A model that guesses masked tokens. */
export interface LoadedMaskedLm extends LoadedWeights {
  readonly folder: string;
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
export async function loadForPretraining(folder: string, options: { seed: number }): Promise<LoadedMaskedLm> {
  const config = await loadConfig(folder);
  return withWeights(folder, async (file) => {
    const source = await tokenizerSource(folder, config);
    const spec: EncoderSpec = { modelType: config.modelType, config };
    const loaded = await loadWeights(file, spec.modelType, maskedLmParameters(spec), {
      needOf: (name) => {
        if (isPooler(name)) return 'left out if missing';
        return name.startsWith(`${LM_HEAD}.`) ? 'new if missing' : 'required';
      },
      seed: options.seed,
      initializerRange: config.initializerRange,
    });
    const tokenizer = makeTokenizer(source, config);
    const positions = Math.min(config.maxPositionEmbeddings, tokenizer.maxLength);
    return { ...loaded, folder, config, spec, tokenizer, positions };
  });
}

async function loadConfig(folder: string): Promise<ModelConfig> {
  if (!(await exists(folder))) {
    throw new FileError(
      `no such folder: ${folder}. A model is a folder with config.json and model.safetensors.`,
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
  folder: string,
  config: ModelConfig,
  weightsFile: WeightsFile,
  labels: readonly string[],
  { needOf, seed }: Pick<LoadWeightsOptions, 'needOf' | 'seed'>,
): Promise<LoadedModel> {
  architectureOf(config.modelType); // refused before anything large is read
  const source = await tokenizerSource(folder, config);
  const spec: ClassifierSpec = { modelType: config.modelType, config, numLabels: labels.length };
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
    config,
    spec,
    forward,
    labels,
    tokenizer,
    contract,
    positions: Math.min(config.maxPositionEmbeddings, tokenizer.maxLength),
  };
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

/** Tokens of a text that are read when nobody says. */
const USUAL_MAX_LENGTH = 192;

/** The length to train at: what is asked for, if the model can read it (else a `UsageError`), or the usual. */
export function maxLengthFor(
  { positions, tokenizer, folder }: LoadedModel,
  asked: number | undefined,
): number {
  if (asked === undefined) return Math.min(USUAL_MAX_LENGTH, positions);
  const least = tokenizer.specialTokens + 1;
  if (asked < least || asked > positions) {
    throw new UsageError(`--max-length ${asked}: ${folder} reads ${least} to ${positions} tokens.`);
  }
  return asked;
}
