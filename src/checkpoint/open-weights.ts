/** A folder's safetensors: one file, or several with an index that says which tensor is in which. */
import { exists, listFolder, readJson, withOpenFile, type OpenFile } from '../files/read.js';
import {
  parseSafetensorsHeader,
  safetensorsHeaderSize,
  type SafetensorsHeader,
  type TensorInfo,
} from '../formats/safetensors.js';
import { HOW_TO_CONVERT } from '../formats/sniff.js';
import { architectureOf } from '../model/architectures.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';

export const WEIGHTS_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/** Enough for the name of another kind of file to be seen in an error. */
const SNIFFED_BYTES = 512;

/** A tensor, and the open file that it is in. */
export interface StoredTensor extends TensorInfo {
  readonly file: OpenFile;
  readonly path: string;
  /** Which of the files it is, from 0. */
  readonly shard: number;
}

/** A folder's open weights, their headers read and checked. */
export interface WeightsFile {
  /** The file, or the index of several. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Opens a folder's weights for as long as `use` takes. A `ModelError` says what to do when they are missing or unfit. */
export async function withWeights<T>(folder: string, use: (weights: WeightsFile) => Promise<T>): Promise<T> {
  const whole = `${folder}/${WEIGHTS_FILE}`;
  const index = `${folder}/${INDEX_FILE}`;
  if (await exists(whole)) return withFiles([whole], (tensors) => use({ path: whole, tensors }));
  if (!(await exists(index))) throw await missingWeights(folder);
  const places = await readIndex(index);
  const names = [...new Set(places.values())].sort();
  return withFiles(
    names.map((name) => `${folder}/${name}`),
    (tensors) => {
      for (const [tensor, name] of places) {
        const found = tensors.get(tensor);
        if (found?.path === `${folder}/${name}`) continue;
        throw new ModelError(`${index} says that tensor "${tensor}" is in ${name}, which doesn't have it.`);
      }
      return use({ path: index, tensors });
    },
  );
}

/** Opens the files one after another, and all are open when `use` is called. */
async function withFiles<T>(
  paths: readonly string[],
  use: (tensors: ReadonlyMap<string, StoredTensor>) => Promise<T>,
  opened: readonly (readonly [string, StoredTensor])[] = [],
  shard = 0,
): Promise<T> {
  const [path, ...rest] = paths;
  if (path === undefined) return use(new Map(opened));
  return withOpenFile(path, async (file) => {
    const { tensors } = await readHeader(file, path);
    const stored = [...tensors].map(([name, info]) => [name, { ...info, file, path, shard }] as const);
    return withFiles(rest, use, [...opened, ...stored], shard + 1);
  });
}

/** Which tensor is in which file. The names of files must be no more than names: an index may come from anywhere. */
async function readIndex(path: string): Promise<Map<string, string>> {
  const json = await readJson(path);
  const map = isObject(json) ? json['weight_map'] : undefined;
  if (!isObject(map) || Object.keys(map).length === 0) {
    throw new ModelError(`${path} has no "weight_map" of tensors to files.`);
  }
  return new Map(
    Object.entries(map).map(([tensor, name]) => {
      if (typeof name !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(name)) {
        throw new ModelError(
          `${path}: "${tensor}" is in ${JSON.stringify(name)}, expected the name of a .safetensors file beside it.`,
        );
      }
      return [tensor, name];
    }),
  );
}

async function missingWeights(folder: string): Promise<ModelError> {
  const files = await listFolder(folder);
  const pickled = files.find((file) => /\.(?:bin|pt|pth|pkl|ckpt)$/.test(file));
  if (pickled !== undefined) {
    return new ModelError(
      `${folder} has only ${pickled}, a pickle file, which can run code when it is opened: bertune never does. ` +
        HOW_TO_CONVERT,
    );
  }
  return new ModelError(
    `${folder} has no ${WEIGHTS_FILE}. A model is a folder with config.json, ${WEIGHTS_FILE} and tokenizer.json` +
      (files.length === 0 ? '; this one is empty.' : `; there is ${files.slice(0, 8).join(', ')}.`),
  );
}

/** Whether the weights include a classification head, and of how many labels. */
export function headSize({ tensors }: WeightsFile, modelType: string): number | undefined {
  const { output } = architectureOf(modelType);
  return tensors.has(`${output}.bias`) ? tensors.get(`${output}.weight`)?.shape[0] : undefined;
}

async function readHeader(file: OpenFile, path: string): Promise<SafetensorsHeader> {
  const start = await file.read(0, Math.min(SNIFFED_BYTES, file.size));
  const size = safetensorsHeaderSize(start, file.size, path);
  return parseSafetensorsHeader(await file.read(0, size), file.size, path);
}
