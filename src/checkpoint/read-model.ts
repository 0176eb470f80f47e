/** A classifier's parts from its files, wherever these are; nothing here is Node's. */
import { parseModelConfig, type ModelConfig } from '../formats/config.js';
import type { FoundModel } from '../hub/model.js';
import { architectureOf } from '../model/architectures.js';
import type { ClassifierSpec } from '../model/classifier.js';
import { isHead } from '../model/depth.js';
import type { LoraOptions } from '../model/lora.js';
import type { Step } from '../step/step.js';
import { forwardStep } from '../step/steps.js';
import { TextTokenizer, type TokenizerSource } from '../tokenizer/tokenizer.js';
import { resolveContract, type TextContract } from '../tokenizer/truncate.js';
import { ModelError, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import type { ProblemType } from '../util/problem.js';
import { RUN_MARK } from '../util/run-mark.js';
import { adapterHeadSize, applyAdapter, type Adapter } from './adapter.js';
import { parseContract, type RunContract } from './contract.js';
import { jsonIfThere, type ModelFiles } from './model-files.js';
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
  /** What the labels are. */
  readonly problemType: ProblemType;
  /** By class id; of numbers the name of the one output. */
  readonly labels: readonly string[];
  readonly tokenizer: TextTokenizer;
  /** The most tokens that the model and its tokenizer can read. */
  readonly positions: number;
  /** Present when bertune saved the folder. */
  readonly contract: RunContract | undefined;
}

/** What a classifier has to know of its model, whatever computes it. */
export type ClassifierModel = Pick<
  LoadedModel,
  'folder' | 'problemType' | 'labels' | 'tokenizer' | 'positions' | 'contract'
>;

export const CONFIG_FILE = 'config.json';
/** The file that holds the tokenizer, and the one with its settings. */
export const TOKENIZER_FILE = 'tokenizer.json';
export const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';

/** Where a model's parts are: all in one place, or beside an adapter in that of the original. */
export interface ModelPlace {
  readonly files: ModelFiles;
  readonly hub: FoundModel['hub'];
  readonly config: ModelConfig;
  /** Where the weights are. */
  readonly weights: ModelFiles;
  readonly adapter: Adapter | undefined;
  /** Where the tokenizer is. */
  readonly tokenizer: ModelFiles;
}

/** Reads a model that already classifies. Throws a `ModelError` when it has no classifier. */
export async function readClassifier(place: ModelPlace): Promise<LoadedModel> {
  return withWeights(place.weights, async (file) => {
    const { adapter } = place;
    const { id2label, modelType } = place.config;
    const size = headSizeOf(place, file);
    // transformers names labels this way when nobody did; an adapter may have another head than its original.
    const isNamed = id2label && (!adapter || id2label.length === size);
    const labels = isNamed ? id2label : unnamedLabels(size ?? 2);
    const problemType = problemTypeOf(place.config, labels.length);
    refuseManyNumbers(place.files.name, problemType, labels.length);
    const broughtHead = adapter !== undefined && adapterHeadSize(adapter, modelType) !== undefined;
    const needOf = (name: string): Need => (broughtHead && isHead(name, modelType) ? 'new' : 'required');
    const model = await assemble(place, file, { problemType, labels, needOf, seed: 0 });
    if (adapter) applyAdapter(model.layout, model.weights, adapter);
    return model;
  });
}

/** The names that transformers gives to labels when nobody did. */
export function unnamedLabels(count: number): string[] {
  return Array.from({ length: count }, (_, id) => `LABEL_${id}`);
}

/** What config.json says, or what `transformers` takes where it says nothing: one output is a number. */
export function problemTypeOf(
  { problemType }: { readonly problemType: ProblemType | undefined },
  outputs: number | undefined,
): ProblemType {
  return problemType ?? (outputs === 1 ? 'regression' : 'single_label_classification');
}

export function refuseManyNumbers(name: string, problemType: ProblemType, outputs: number): void {
  if (problemType !== 'regression' || outputs === 1) return;
  throw new ModelError(`${name} predicts ${outputs} numbers for each text; one is what is supported.`);
}

/** Labels of a model's head, or of the one that its adapter brings. */
export function headSizeOf(
  { adapter, config }: Pick<ModelPlace, 'adapter' | 'config'>,
  file: WeightsFile,
): number | undefined {
  return (adapter && adapterHeadSize(adapter, config.modelType)) ?? headSize(file, config.modelType);
}

/** The checked `config.json`. */
export async function readConfig(files: ModelFiles): Promise<ModelConfig> {
  return parseModelConfig(await readConfigJson(files), files.pathOf(CONFIG_FILE));
}

/** The value in `config.json`. */
export async function readConfigJson(files: ModelFiles): Promise<unknown> {
  if (await files.has(CONFIG_FILE)) return files.json(CONFIG_FILE);
  const checkpoint = (await files.list()).find((name) => /^checkpoint-\d+$/.test(name));
  if (checkpoint !== undefined && (await files.has(`${checkpoint}/run.json`))) {
    throw new ModelError(
      `${files.name} is an unfinished run, with ${checkpoint}: "bertune verify ${files.name}" says how to go on with it.`,
    );
  }
  throw new ModelError(
    `${files.name} has no ${CONFIG_FILE}, so it is not a model's folder in Hugging Face's format.`,
  );
}

interface AssemblyOptions
  extends Pick<LoadWeightsOptions, 'needOf' | 'seed'>, Pick<LoadedModel, 'problemType' | 'labels'> {
  readonly lora?: LoraOptions | undefined;
}

/** Reads what `place` has of a classifier with these labels. */
export async function assemble(
  place: ModelPlace,
  weightsFile: WeightsFile,
  { problemType, labels, needOf, seed, lora }: AssemblyOptions,
): Promise<LoadedModel> {
  const { files, config } = place;
  architectureOf(config.modelType); // refused before anything large is read
  const source = await tokenizerSource(place.tokenizer, config);
  const numLabels = labels.length;
  const spec: ClassifierSpec = { modelType: config.modelType, config, numLabels, ...(lora && { lora }) };
  const kept = await jsonIfThere(files, RUN_MARK);
  const contract = kept === undefined ? undefined : parseContract(kept, files.pathOf(RUN_MARK));
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
    folder: files.name,
    hub: place.hub,
    tokenizerFolder: place.tokenizer.name,
    config,
    spec,
    forward,
    problemType,
    labels,
    tokenizer,
    contract,
    positions: positionsOf(config, tokenizer),
  };
}

/** The most tokens that the model and its tokenizer can read. */
export function positionsOf(config: ModelConfig, { maxLength }: TextTokenizer): number {
  return Math.min(architectureOf(config.modelType).positions(config), maxLength);
}

export async function tokenizerSource(
  files: ModelFiles,
  { padTokenId, typeVocabSize }: Pick<ModelConfig, 'padTokenId' | 'typeVocabSize'>,
): Promise<TokenizerSource> {
  if (!(await files.has(TOKENIZER_FILE))) {
    throw new ModelError(
      `${files.name} has no ${TOKENIZER_FILE}. Make one in Python: AutoTokenizer.from_pretrained("<folder>").save_pretrained("<folder>")`,
    );
  }
  const config = await jsonIfThere(files, TOKENIZER_CONFIG_FILE);
  return {
    json: await files.json(TOKENIZER_FILE),
    config: isObject(config) ? config : undefined,
    padId: padTokenId,
    pairTypes: typeVocabSize > 1,
    name: files.pathOf(TOKENIZER_FILE),
  };
}

export function makeTokenizer(
  source: TokenizerSource,
  { vocabSize }: Pick<ModelConfig, 'vocabSize'>,
): TextTokenizer {
  const tokenizer = TextTokenizer.fromSource(source);
  if (tokenizer.vocabularySize > vocabSize) {
    throw new ModelError(
      `${source.name} has ids up to ${tokenizer.vocabularySize - 1}, but config.json says vocab_size ${vocabSize}: ` +
        `the tokenizer is another model's.`,
    );
  }
  return tokenizer;
}

/** What may be said of how texts are read, instead of what a folder says. */
export type ReadingOptions = Partial<TextContract>;

/**
 * How a folder's texts are read: as its run was trained or, where bertune didn't save it, by what the model can read and
 * the side that its tokenizer cuts; and by what is asked for instead. Throws a `UsageError` for what it can't read.
 */
export function textContractOf(model: Readable, asked: ReadingOptions = {}): TextContract {
  const { contract, positions, tokenizer } = model;
  const { maxLength, truncation, headTokens, stride } = asked;
  const own: TextContract = contract ?? {
    maxLength: positions,
    truncation: tokenizer.cutsFront ? 'tail' : 'head',
  };
  // Numbers that go with one length or truncation mean nothing with another.
  const isOther = maxLength !== undefined || truncation !== undefined;
  const rest = isOther ? {} : { headTokens: own.headTokens, stride: own.stride };
  return resolveContract(
    {
      maxLength: maxLength === undefined ? own.maxLength : readableLength(model, maxLength),
      truncation: truncation ?? own.truncation,
      headTokens: headTokens ?? rest.headTokens,
      stride: stride ?? rest.stride,
    },
    tokenizer.specialTokens,
  );
}

/** The length, if the model can read it; else a `UsageError`. */
export function readableLength(
  { positions, tokenizer, folder }: Pick<LoadedModel, 'positions' | 'tokenizer' | 'folder'>,
  asked: number,
): number {
  const least = tokenizer.specialTokens + 1;
  if (!Number.isSafeInteger(asked) || asked < least || asked > positions) {
    throw new UsageError(`--max-length ${asked}: ${folder} reads ${least} to ${positions} tokens.`);
  }
  return asked;
}

/** What says how texts are read. */
type Readable = Pick<LoadedModel, 'contract' | 'positions' | 'tokenizer' | 'folder'>;
