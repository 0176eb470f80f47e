/** Data on the hub by its name: which of its files are a split, here or in the cache. */
import { HubError, InternalError, UsageError } from '../util/errors.js';
import { quoteList } from '../util/wording.js';
import { nameOf, parseDatasetName, type DatasetRef, type RepoRef } from './names.js';
import { hubSettings } from './settings.js';
import { Snapshot } from './snapshot.js';
import type { HubUse } from './use.js';

/** The branch where the hub keeps what it made of data in other formats. */
const CONVERTED = 'refs/convert/parquet';

/** A Parquet file within a repository, by its path. */
interface Part {
  readonly path: string;
  readonly config: string;
  readonly split: string;
}

/**
 * Sees to it that the files of a split are in the cache: those in Parquet, or the one file that is named. Gives their names
 * with the commit, such as `hf://datasets/stanfordnlp/imdb@e6281661.../plain_text/train-00000-of-00001.parquet`.
 *
 * @param preferred the split where the name says none, such as `test`
 * @throws `UsageError` where the configuration or the split must be said, with those that there are
 */
export async function fetchDataset(name: string, preferred: string, use: HubUse = {}): Promise<string[]> {
  const asked = parseDatasetName(name);
  const snapshot = await Snapshot.open(asked.repo, use);
  if (asked.path !== undefined && DATA_FILE.test(asked.path)) return fetchAll(snapshot, [asked.path]);
  const own = partsOf(await snapshot.names());
  if (own.length > 0) return fetchAll(snapshot, choose(own, asked, name, preferred));
  if (asked.revisionGiven) {
    throw new HubError(
      `${nameOf(asked.repo)} has no Parquet files; without @${asked.repo.revision} those that the hub made are taken.`,
    );
  }
  const converted = await openConverted(asked.repo, use);
  const paths = choose(partsOf(await converted.names()), asked, name, preferred);
  if (paths.some((path) => path.includes('/partial-'))) {
    const message = `${nameOf(asked.repo)} is large: the hub has its first part as Parquet, which is what is read`;
    use.onEvent?.({ type: 'note', message });
  }
  return fetchAll(converted, paths);
}

const DATA_FILE = /\.(?:parquet|csv|tsv|jsonl?|ndjson)(?:\.gz)?$/i;

/** Where a file is that `fetchDataset` named. */
export async function datasetFile(name: string, use: HubUse = {}): Promise<string> {
  const { repo, path } = parseDatasetName(name);
  if (path === undefined) throw new InternalError(`${name} names no file`);
  const snapshot = await Snapshot.open(repo, use);
  if (!(await snapshot.has(path))) await snapshot.fetchAll([path]);
  return `${snapshot.folder}/${path}`;
}

/** The same; `undefined` where it is not in the cache. No request is made. */
export async function cachedDatasetFile(name: string): Promise<string | undefined> {
  const settings = { ...(await hubSettings()), offline: true };
  return datasetFile(name, { settings }).catch((error: unknown) => {
    if (error instanceof HubError) return undefined;
    throw error;
  });
}

async function openConverted(repo: RepoRef, use: HubUse): Promise<Snapshot> {
  try {
    return await Snapshot.open({ ...repo, revision: CONVERTED }, use);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError(
      `${nameOf(repo)} has no Parquet files, and the hub has made none of it (${error.message}). One of its files can be ` +
        `named, such as ${nameOf(repo)}/train.csv.`,
      { cause: error },
    );
  }
}

async function fetchAll(snapshot: Snapshot, paths: readonly string[]): Promise<string[]> {
  await snapshot.fetchAll(paths);
  const { ref, commit } = snapshot;
  return paths.map((path) => `hf://datasets/${ref.id}@${commit}/${path}`);
}

/** Which split a file belongs to, by the layouts that there are. */
function partsOf(paths: readonly string[]): Part[] {
  const patterns = [
    // plain_text/train-00000-of-00001.parquet, data/train-00000-of-00002-5a3e.parquet
    /^(?:(?<config>[^/]+)\/)?(?<split>[\w.]+)-\d{5}-of-\d{5}(?:-[0-9a-f]+)?\.parquet$/,
    // plain_text/train/0000.parquet, as the hub converts; plain_text/partial-train/0000.parquet of what is large
    /^(?<config>[^/]+)\/(?:partial-)?(?<split>[\w.]+)\/\d{4}\.parquet$/,
    // train.parquet, data/test.parquet
    /^(?:(?<config>[^/]+)\/)?(?<split>[\w.]+)\.parquet$/,
  ];
  return paths.flatMap((path) => {
    const groups = patterns.map((pattern) => pattern.exec(path)?.groups).find((found) => found);
    if (!groups) return [];
    const { config = 'default', split = '' } = groups;
    return [{ path, config: config === 'data' ? 'default' : config, split }];
  });
}

function choose(
  parts: readonly Part[],
  { repo, path: config, split }: DatasetRef,
  name: string,
  preferred: string,
): string[] {
  const base = nameOf(repo);
  const configs = [...new Set(parts.map((part) => part.config))].sort();
  const chosen = config ?? (configs.length === 1 ? configs[0] : configs.find((each) => each === 'default'));
  if (chosen === undefined || !configs.includes(chosen)) {
    const found = config === undefined ? 'several configurations' : `no configuration "${config}"`;
    throw new UsageError(
      `${base} has ${found}: say which after its name, such as ${base}/${configs[0] ?? ''}; there are ${quoteList(configs)}.`,
    );
  }
  const ofConfig = parts.filter((part) => part.config === chosen);
  const splits = [...new Set(ofConfig.map((part) => part.split))];
  // What is to be learnt from may be called anything; what is to be measured on must not be the same by accident.
  const usual =
    splits.includes(preferred) || preferred !== 'train' || splits.length > 1 ? preferred : splits[0];
  const wanted = split ?? usual;
  if (!wanted || !splits.includes(wanted)) {
    const found = split === undefined ? `no split "${preferred}"` : `no split "${split}"`;
    throw new UsageError(
      `${name} has ${found}: say which after a colon, such as :${splits[0] ?? ''}; there are ${quoteList(splits)}.`,
    );
  }
  return ofConfig
    .filter((part) => part.split === wanted)
    .map((part) => part.path)
    .sort();
}
