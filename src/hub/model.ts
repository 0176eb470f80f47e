/** A model by its folder or its name on the hub. */
import { BUNDLED_MODEL, BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { exists, readJson } from '../files/read.js';
import { HubError, ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { show } from '../util/show.js';
import { quoteList } from '../util/wording.js';
import { nameOf, parseModelName } from './names.js';
import { Snapshot } from './snapshot.js';
import type { HubUse } from './use.js';

/** What is read of a model before its weights. Python's libraries look for the tokenizer's companions. */
const SMALL_FILES = [
  ...['config.json', 'bertune.json', 'adapter_config.json', 'tokenizer.json', 'tokenizer_config.json'],
  ...['special_tokens_map.json', 'added_tokens.json', 'vocab.txt', 'vocab.json', 'merges.txt'],
];
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const ADAPTER = 'adapter_config.json';
const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** A model's folder, here or in the cache. */
export interface FoundModel {
  readonly folder: string;
  /** Its name on the hub, where it is from there. */
  readonly hub?: { readonly id: string; readonly commit: string };
  /** Sees to it that the weights are there too. */
  readonly fetchWeights: () => Promise<void>;
  /** Whether it has a file, here or on the hub. */
  readonly offers: (file: string) => Promise<boolean>;
  /** Sees to it that this file is there too. */
  readonly fetch: (file: string) => Promise<void>;
}

/**
 * Finds a model: a local folder of that name first, then what is bundled, then the hub. Of a model on the hub only the small
 * files are there at first.
 *
 * @throws `HubError` for what the hub doesn't have or doesn't give; of a folder that isn't there it is whoever reads it.
 */
export async function findModelFolder(name: string, use: HubUse = {}): Promise<FoundModel> {
  const isSaid = name.startsWith('hf://');
  const ref = !isSaid && (await isLocal(name)) ? undefined : parseModelName(name);
  if (!ref) return foundHere(name);
  if (name === BUNDLED_MODEL_NAME) return foundHere(BUNDLED_MODEL);
  const snapshot = await Snapshot.open(ref, use).catch((error: unknown) => {
    // Whoever meant a folder is told that there is none.
    if (isSaid || !(error instanceof HubError)) throw error;
    throw new HubError(`no such folder: ${name}; and ${error.message}`, { cause: error });
  });
  await snapshot.fetch(SMALL_FILES);
  if (!(await snapshot.has('config.json')) && !(await snapshot.has(ADAPTER))) throw await notAModel(snapshot);
  const { commit, folder } = snapshot;
  return {
    folder,
    hub: { id: ref.id, commit },
    fetchWeights: () => fetchWeights(snapshot),
    offers: async (file) => (await snapshot.names()).includes(file),
    fetch: (file) => snapshot.fetchAll([file]),
  };
}

function foundHere(folder: string): FoundModel {
  const nothing = (): Promise<void> => Promise.resolve();
  return { folder, fetchWeights: nothing, offers: (file) => exists(`${folder}/${file}`), fetch: nothing };
}

/** Something of that name is here, or the folder that it would be in is: then no hub is asked. */
async function isLocal(name: string): Promise<boolean> {
  if (await exists(name)) return true;
  const parent = /^(.+)\/[^/]*$/.exec(name)?.[1];
  return parent !== undefined && (await exists(parent));
}

async function fetchWeights(snapshot: Snapshot): Promise<void> {
  const names = await snapshot.names();
  if (names.includes(ADAPTER)) await snapshot.fetchAll([ADAPTER_WEIGHTS]);
  else if (names.includes(WEIGHTS)) await snapshot.fetchAll([WEIGHTS]);
  else if (names.includes(INDEX)) {
    await snapshot.fetchAll([INDEX]);
    await snapshot.fetchAll(await shardsOf(snapshot));
  } else throw withoutWeights(snapshot, names);
}

/** The files that an index names. What is wrong with an index is said by whoever reads the weights. */
async function shardsOf(snapshot: Snapshot): Promise<string[]> {
  const index = await readJson(`${snapshot.folder}/${INDEX}`);
  const map = isObject(index) ? index['weight_map'] : undefined;
  const names = isObject(map) ? Object.values(map) : [];
  const isShard = (name: unknown): name is string =>
    typeof name === 'string' && /^[\w-][\w.-]*\.safetensors$/.test(name);
  const strange = names.find((name) => !isShard(name));
  if (strange !== undefined) {
    throw new ModelError(
      `${nameOf(snapshot.ref)}: ${INDEX} names the file ${show(strange)}, expected a .safetensors file beside it.`,
    );
  }
  return [...new Set(names.filter(isShard))].sort();
}

async function notAModel(snapshot: Snapshot): Promise<HubError> {
  const names = await snapshot.names();
  const what = nameOf(snapshot.ref);
  return names.length === 0
    ? new HubError(`${what} is not in the cache (commit ${snapshot.commit}), and the hub can't be asked.`)
    : new HubError(
        `${what} has no config.json, so it is no model in transformers' format; it has ${some(names)}.`,
      );
}

function withoutWeights(snapshot: Snapshot, names: readonly string[]): ModelError {
  const what = nameOf(snapshot.ref);
  const pickled = names.find((name) => /\.(?:bin|pt|pth|pkl|ckpt)$/.test(name));
  if (pickled === undefined) return new ModelError(`${what} has no ${WEIGHTS}; it has ${some(names)}.`);
  return new ModelError(
    `${what} has its weights only as ${pickled}, a pickle file, which can run code when it is opened: bertune never ` +
      `downloads one. Convert it in Python: AutoModel.from_pretrained("${snapshot.ref.id}").save_pretrained("<folder>"); or ` +
      `see whether a revision has ${WEIGHTS}, such as --model ${snapshot.ref.id}@refs/pr/1.`,
  );
}

const some = (names: readonly string[]): string => (names.length === 0 ? 'no files' : quoteList(names, 6));
