/** Names of data as files: patterns for several, and data on the hub, which is in the cache before it is read. */
import { fetchDataset } from '../hub/dataset.js';
import { isDatasetName } from '../hub/names.js';
import { filesLike, isPattern } from '../files/glob.js';
import { exists } from '../files/read.js';
import type { HubUse } from '../hub/use.js';
import { FileError } from '../util/errors.js';
import { pathsOf, type DataInput } from './data.js';
import type { TrainJob } from './train-options.js';

/**
 * The same paths, each name on the hub replaced by those of its files at their commit, which are then in the cache.
 *
 * @param split the split that is meant where a name says none. @default 'train'
 */
export async function hubFilesOf(
  paths: readonly string[],
  use: HubUse,
  split = 'train',
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const path of await expanded(paths))
    names.push(...(isDatasetName(path) ? await fetchDataset(path, split, use) : [path]));
  return names;
}

/** The files of each pattern in its place; other names as they are. */
async function expanded(paths: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const path of paths) {
    if (isDatasetName(path) || !isPattern(path) || (await exists(path))) {
      names.push(path);
      continue;
    }
    const found = await filesLike(path);
    if (found.length === 0) throw new FileError(`no file is like ${path}`);
    names.push(...found);
  }
  return names;
}

/** The same for data that may be in memory. */
export async function withHubFiles(data: DataInput, split: string, use: HubUse): Promise<DataInput> {
  const paths = pathsOf(data);
  if (!paths?.some((path) => isDatasetName(path) || isPattern(path))) return data;
  const names = await hubFilesOf(paths, use, split);
  return names.length === 1 ? names[0]! : names;
}

/** The same for all data of a training run. */
export async function withHubData(job: TrainJob): Promise<TrainJob> {
  const { data, test, validation } = job;
  return {
    ...job,
    data: await withHubFiles(data, 'train', job),
    ...(test !== undefined && { test: await withHubFiles(test, 'test', job) }),
    ...(validation !== undefined && { validation: await withHubFiles(validation, 'validation', job) }),
  };
}
