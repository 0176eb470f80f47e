/** A folder's safetensors: one file, or several with an index that says which tensor is in which. */
import type { OpenFile } from '../files/read.js';
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
import { quote, show } from '../util/show.js';
import type { ModelFiles } from './model-files.js';

export const WEIGHTS_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

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

/** Opens a model's weights for as long as `use` takes. A `ModelError` says what to do when they are missing or unfit. */
export async function withWeights<T>(
  files: ModelFiles,
  use: (weights: WeightsFile) => Promise<T>,
): Promise<T> {
  const whole = files.pathOf(WEIGHTS_FILE);
  if (await files.has(WEIGHTS_FILE)) {
    return withFiles(files, [WEIGHTS_FILE], (tensors) => use({ path: whole, tensors }));
  }
  const index = files.pathOf(INDEX_FILE);
  if (!(await files.has(INDEX_FILE))) throw await missingWeights(files);
  const places = await readIndex(files, index);
  const names = [...new Set(places.values())].sort();
  return withFiles(files, names, (tensors) => {
    for (const [tensor, name] of places) {
      if (tensors.get(tensor)?.path === files.pathOf(name)) continue;
      throw new ModelError(
        `${index} says that tensor ${quote(tensor)} is in ${name}, which doesn't have it.`,
      );
    }
    return use({ path: index, tensors });
  });
}

/** Opens the files one after another, and all are open when `use` is called. */
async function withFiles<T>(
  files: ModelFiles,
  names: readonly string[],
  use: (tensors: ReadonlyMap<string, StoredTensor>) => Promise<T>,
  opened: readonly (readonly [string, StoredTensor])[] = [],
  shard = 0,
): Promise<T> {
  const [name, ...rest] = names;
  if (name === undefined) return use(new Map(opened));
  return files.open(name, async (file) => {
    const path = files.pathOf(name);
    const { tensors } = await readHeader(file, path);
    const stored = [...tensors].map(([tensor, info]) => [tensor, { ...info, file, path, shard }] as const);
    return withFiles(files, rest, use, [...opened, ...stored], shard + 1);
  });
}

/** Which tensor is in which file. The names of files must be no more than names: an index may come from anywhere. */
async function readIndex(files: ModelFiles, path: string): Promise<Map<string, string>> {
  const json = await files.json(INDEX_FILE);
  const map = isObject(json) ? json['weight_map'] : undefined;
  if (!isObject(map) || Object.keys(map).length === 0) {
    throw new ModelError(`${path} has no "weight_map" of tensors to files.`);
  }
  return new Map(
    Object.entries(map).map(([tensor, name]) => {
      if (typeof name !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(name)) {
        throw new ModelError(
          `${path}: ${quote(tensor)} is in ${show(name)}, expected the name of a .safetensors file beside it.`,
        );
      }
      return [tensor, name];
    }),
  );
}

async function missingWeights(place: ModelFiles): Promise<ModelError> {
  const { name } = place;
  const files = await place.list();
  const pickled = files.find((file) => /\.(?:bin|pt|pth|pkl|ckpt)$/.test(file));
  if (pickled !== undefined) {
    return new ModelError(
      `${name} has only ${pickled}, a pickle file, which can run code when it is opened: bertune never does. ` +
        HOW_TO_CONVERT,
    );
  }
  return new ModelError(
    `${name} has no ${WEIGHTS_FILE}. A model is a folder with config.json, ${WEIGHTS_FILE} and tokenizer.json` +
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
