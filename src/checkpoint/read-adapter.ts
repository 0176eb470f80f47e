/** Reading of LoRA adapters from the folders that PEFT saves. */
import { exists, readFileBytes, readJson } from '../files/read.js';
import { parseSafetensorsHeader, readTensorAsFloat32 } from '../formats/safetensors.js';
import { findModelFolder, type FoundModel } from '../hub/model.js';
import type { HubUse } from '../hub/use.js';
import { HubError, ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { quote, show } from '../util/show.js';
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_PREFIX,
  ADAPTER_WEIGHTS_FILE,
  type Adapter,
  type AdapterTensor,
} from './adapter.js';

/** The adapter in a folder; `undefined` where there is none. Throws a `ModelError` for kinds that are not supported. */
export async function readAdapter(folder: string, use?: HubUse): Promise<Adapter | undefined> {
  const path = `${folder}/${ADAPTER_CONFIG_FILE}`;
  if (!(await exists(path))) return undefined;
  const config = await readJson(path);
  if (!isObject(config)) throw new ModelError(`${path} is not a JSON object.`);
  const fail = (key: string, expected: string): never => {
    throw new ModelError(`${path}: ${key} is ${show(config[key])}, expected ${expected}.`);
  };
  if (config['peft_type'] !== 'LORA') fail('peft_type', '"LORA", the only kind that is supported');
  for (const key of ['use_dora', 'fan_in_fan_out', 'lora_bias', 'use_qalora']) {
    if (config[key] !== undefined && config[key] !== null && config[key] !== false) fail(key, 'false');
  }
  if ((config['bias'] ?? 'none') !== 'none') fail('bias', '"none"');
  for (const key of ['rank_pattern', 'alpha_pattern']) {
    if (isObject(config[key]) && Object.keys(config[key]).length > 0) fail(key, 'none');
  }
  const { r, lora_alpha: alpha } = config;
  if (typeof r !== 'number' || !Number.isSafeInteger(r) || r < 1)
    return fail('r', 'a whole number from 1 up');
  if (typeof alpha !== 'number' || !Number.isFinite(alpha)) return fail('lora_alpha', 'a number');
  const scale = alpha / (config['use_rslora'] === true ? Math.sqrt(r) : r);
  return { base: await findBase(config, path, use), scale, tensors: await readTensors(folder) };
}

async function findBase(
  config: Record<string, unknown>,
  path: string,
  use: HubUse | undefined,
): Promise<FoundModel> {
  const name = config['base_model_name_or_path'];
  const missing = (why: string, cause?: unknown): ModelError =>
    new ModelError(
      `${path} is an adapter for ${show(name)}, which ${why}. Put the model there, or write its ` +
        `folder or its name on the hub into base_model_name_or_path.`,
      { cause },
    );
  if (typeof name !== 'string') throw missing('is no name');
  const found = await findModelFolder(name, use).catch((error: unknown) => {
    throw error instanceof HubError
      ? missing(`can't be had: ${error.message.replace(/\.$/, '')}`, error)
      : error;
  });
  if (await exists(`${found.folder}/config.json`)) return found;
  throw missing('is no folder here');
}

async function readTensors(folder: string): Promise<Map<string, AdapterTensor>> {
  const path = `${folder}/${ADAPTER_WEIGHTS_FILE}`;
  if (!(await exists(path)))
    throw new ModelError(`${folder} has ${ADAPTER_CONFIG_FILE} but no ${ADAPTER_WEIGHTS_FILE}.`);
  const bytes = await readFileBytes(path);
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, path);
  return new Map(
    [...tensors].map(([name, { dtype, shape, start, end }]) => {
      const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
      readTensorAsFloat32(bytes.subarray(start, end), dtype, data, `${path}: tensor ${quote(name)}`);
      return [name.startsWith(ADAPTER_PREFIX) ? name.slice(ADAPTER_PREFIX.length) : name, { shape, data }];
    }),
  );
}
