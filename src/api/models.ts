/** The models that are at hand without a network: the bundled one, and those in the cache. */
import { exists, isFolder, readJson } from '../files/read.js';
import { BUNDLED_MODEL, BUNDLED_MODEL_NAME } from '../files/bundled.js';
import { CachedRepo, cachedIds } from '../files/hub-cache.js';
import { folderBytes } from '../files/folder-bytes.js';
import { checkModelFolder } from '../checkpoint/check.js';
import { hubSettings } from '../hub/settings.js';
import { isObject } from '../util/objects.js';

/** A model that is at hand. */
export interface KnownModel {
  /** What `--model` takes. */
  readonly id: string;
  /** The commit; `undefined` of what is bundled. */
  readonly commit: string | undefined;
  /** Branches and tags that were this commit when they were last asked for. */
  readonly refs: readonly string[];
  readonly folder: string;
  readonly bytes: number;
  /** As config.json says: the class, or the `model_type`. */
  readonly architecture: string | undefined;
  /** Outputs of its classifier: one for each class; `undefined` of an encoder that has none. */
  readonly outputs: number | undefined;
  /** When its files were last read, as far as the file system tells: an ISO date; `undefined` of what is bundled. */
  readonly lastUsed: string | undefined;
  /** Why it can't be trained or used as it is; `undefined` where it can. */
  readonly obstacle: string | undefined;
}

/** The cache, and what is in it. */
export interface KnownModels {
  readonly cache: string;
  readonly models: readonly KnownModel[];
}

/**
 * Lists the bundled model and those in the cache that all of Hugging Face's libraries share. No request is made.
 *
 * ```ts
 * const { models } = await listModels();
 * console.log(models[0].id, models[0].obstacle); // sentence-transformers/all-MiniLM-L6-v2 undefined
 * ```
 */
export async function listModels(): Promise<KnownModels> {
  const { cache } = await hubSettings();
  const bundled = {
    ...{ id: BUNDLED_MODEL_NAME, commit: undefined, refs: ['bundled'], folder: BUNDLED_MODEL },
    bytes: await folderBytes(BUNDLED_MODEL),
    lastUsed: undefined,
    ...(await describe(BUNDLED_MODEL)),
  };
  const models: KnownModel[] = [bundled];
  for (const id of await cachedIds(cache, 'model')) {
    const repo = new CachedRepo(cache, 'model', id);
    for (const { commit, refs, bytes, lastUsed } of await repo.snapshots()) {
      const folder = repo.snapshot(commit);
      models.push({ id, commit, refs, folder, bytes, lastUsed, ...(await describe(folder)) });
    }
  }
  return { cache, models };
}

async function describe(folder: string): Promise<Pick<KnownModel, 'architecture' | 'obstacle' | 'outputs'>> {
  const path = `${folder}/config.json`;
  const config =
    (await exists(path)) && !(await isFolder(path)) ? await readJson(path).catch(() => null) : null;
  const classes: unknown = isObject(config) ? config['architectures'] : undefined;
  const name: unknown = Array.isArray(classes) ? classes[0] : undefined;
  const type = isObject(config) ? config['model_type'] : undefined;
  const architecture = [name, type].find((each): each is string => typeof each === 'string');
  return { architecture, ...(await checkModelFolder(folder)) };
}
