/** Saving a run's folder: the ecosystem's files, and `bertune.json` beside them. */
import { readJson } from '../files/read.js';
import { RUN_MARK, type RunFolder } from '../files/run-folder.js';
import { writeModelConfig } from '../formats/config.js';
import { encodeSafetensorsHeader } from '../formats/safetensors.js';
import { architectureOf } from '../model/architectures.js';
import type { TextContract } from '../tokenizer/truncate.js';
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  adapterConfig,
  adapterTensors,
  withoutAdapters,
} from './adapter.js';
import { requireFinite } from './finite.js';
import { writeContract, type RunContract, type RunRecord } from './contract.js';
import {
  readTokenizerSettings,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
  type LoadedMaskedLm,
  type LoadedModel,
} from './load.js';
import { modelCard, pretrainedCard } from './model-card.js';
import { WEIGHTS_FILE } from './open-weights.js';
import { tensorsToWrite, type LoadedWeights } from './weights.js';

/** Files of a tokenizer that are copied as they are. */
export const COMPANIONS = ['vocab.txt', 'special_tokens_map.json'];

export interface RunFiles {
  /** The model as it was loaded, its weights trained since. */
  readonly model: LoadedModel;
  readonly contract: RunContract;
  readonly record: RunRecord;
  readonly trainerState: Record<string, unknown>;
  readonly evalResults: Readonly<Record<string, unknown>>;
  /** Files beside these, by their names: the report, and what it is made from. */
  readonly others: Readonly<Record<string, string>>;
  /** For adapters: the original that they are saved beside, or that they are saved within its weights. */
  readonly adapters: { readonly base: string } | 'merged';
}

/** Writes all files of a run; `bertune.json`, which makes the folder a run, comes last. */
export async function saveRun(run: RunFolder, files: RunFiles): Promise<void> {
  const { model, contract, record } = files;
  requireFinite(model.layout, model.weights, 'after training');
  await saveConfig(run, model);
  await saveWeights(run, files);
  await saveTokenizer(run, model, contract);
  await run.write('trainer_state.json', json(files.trainerState));
  await run.write('eval_results.json', json(files.evalResults));
  const { modelType } = model.config;
  await run.write(
    'README.md',
    modelCard({ ...files, modelType, labels: model.labels, adapterBase: adapterBaseOf(files) }),
  );
  for (const [name, text] of Object.entries(files.others)) await run.write(name, text);
  await run.write(RUN_MARK, json(writeContract(contract, record)));
  await run.writeManifest();
}

/** The original of the adapter that is saved; `undefined` where weights are saved whole. */
function adapterBaseOf({ model, adapters }: RunFiles): string | undefined {
  return model.spec.lora && adapters !== 'merged' ? adapters.base : undefined;
}

/** The config of a classifier. */
export async function saveConfig(
  run: RunFolder,
  { config, spec, labels, problemType }: LoadedModel,
  dtype: 'float32' | 'float16' = 'float32',
): Promise<void> {
  const { className } = architectureOf(spec.modelType);
  const head = { className, id2label: labels, problemType, dtype };
  await run.write('config.json', json(writeModelConfig(config, head)));
}

/** All parameters as one safetensors file. */
async function saveWhole(
  run: RunFolder,
  { layout, weights }: Pick<LoadedWeights, 'layout' | 'weights'>,
): Promise<void> {
  await run.write(WEIGHTS_FILE, [encodeSafetensorsHeader(tensorsToWrite(layout.parameters)), weights]);
}

async function saveWeights(run: RunFolder, files: RunFiles): Promise<void> {
  const { model } = files;
  const { lora } = model.spec;
  const base = adapterBaseOf(files);
  if (lora && base !== undefined) {
    const tensors = adapterTensors(model);
    await run.write(ADAPTER_CONFIG_FILE, json(adapterConfig(lora, model.spec.modelType, base)));
    await run.write(ADAPTER_WEIGHTS_FILE, [
      encodeSafetensorsHeader(tensors.map(({ name, shape }) => ({ name, dtype: 'F32' as const, shape }))),
      ...tensors.map(({ data }) => data),
    ]);
    return;
  }
  const { layout, weights } = lora ? withoutAdapters(model, lora) : model;
  await saveWhole(run, { layout, weights });
}

/** The original's tokenizer, but cut at this run's length: its own may be for another use, such as 128 for search. */
async function saveTokenizer(run: RunFolder, model: LoadedModel, contract: TextContract): Promise<void> {
  const tokenizer = (await readJson(`${model.tokenizerFolder}/${TOKENIZER_FILE}`)) as Record<string, unknown>;
  // `tokenizers` knows no head+tail: who reads the file elsewhere gets the head. Windows it can be asked for.
  const direction = contract.truncation === 'tail' ? 'Left' : 'Right';
  const { maxLength: max_length, stride = 0 } = contract;
  const truncation = { direction, max_length, strategy: 'LongestFirst', stride };
  await run.write(TOKENIZER_FILE, JSON.stringify({ ...tokenizer, truncation, padding: null }));
  const settings = (await readTokenizerSettings(model.tokenizerFolder)) ?? {
    tokenizer_class: 'BertTokenizer',
  };
  const side = direction === 'Left' ? 'left' : 'right';
  const written = { ...settings, model_max_length: contract.maxLength, truncation_side: side };
  await run.write(TOKENIZER_CONFIG_FILE, json(written));
  for (const name of COMPANIONS) await run.copyFrom(model.tokenizerFolder, name);
}

export interface PretrainedFiles {
  /** The model as it was loaded, its weights trained since. */
  readonly model: LoadedMaskedLm;
  readonly record: RunRecord;
  readonly contract: RunContract;
  readonly trainerState: Record<string, unknown>;
  readonly evalResults: Readonly<Record<string, unknown>>;
}

/** Writes an encoder with its head for masked tokens, as `BertForMaskedLM`, and its tokenizer as it was. */
export async function savePretrained(run: RunFolder, files: PretrainedFiles): Promise<void> {
  const { model, contract, record } = files;
  requireFinite(model.layout, model.weights, 'after training');
  await run.write(
    'config.json',
    json(
      writeModelConfig(model.config, { className: architectureOf(model.spec.modelType).maskedLm.className }),
    ),
  );
  await saveWhole(run, model);
  for (const name of [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE, ...COMPANIONS])
    await run.copyFrom(model.folder, name);
  await run.write('trainer_state.json', json(files.trainerState));
  await run.write('eval_results.json', json(files.evalResults));
  await run.write('README.md', pretrainedCard(files));
  await run.write(RUN_MARK, json(writeContract(contract, record)));
  await run.writeManifest();
}

/** As the files of a run are written. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
