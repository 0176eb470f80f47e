/** The texts that a run was trained on, read again: what a bag of words learns from, and where suspects are looked for. */
import type { Example } from '../data/example.js';
import { exists, readJson } from '../files/read.js';
import { RUN_MARK } from '../files/run-folder.js';
import type { BagOfWordsScore } from './baseline.js';
import { splitOptions } from './train-options.js';
import { readParts } from './prepare.js';
import { isAtHand } from './file-source.js';
import { dataName, hashesOf, pathsOf, type DataInput } from './data.js';
import { isObject } from '../util/objects.js';
import type { TrainJob } from './train-options.js';

/** What a run writes down of its data, to find the same texts again. */
export interface DataRecord {
  readonly paths: readonly string[];
  readonly test_paths: readonly string[] | null;
  readonly validation_paths: readonly string[] | null;
  readonly test_split: number | null;
  readonly validation_split: number | null;
  readonly split_seed: number | null;
  readonly drop_leaks: boolean;
  readonly text_column: string | null;
  readonly text_pair_column?: string | null;
  readonly label_column: string | null;
}

/** `null` where the texts were in memory: nobody can find those again. */
export function dataRecord(job: TrainJob): DataRecord | null {
  const paths = pathsOf(job.data);
  const testPaths = job.test === undefined ? null : pathsOf(job.test);
  const validationPaths = job.validation === undefined ? null : pathsOf(job.validation);
  if (!paths || testPaths === undefined || validationPaths === undefined) return null;
  return {
    paths,
    test_paths: testPaths,
    validation_paths: validationPaths,
    test_split: job.testSplit ?? null,
    validation_split: job.validationSplit ?? null,
    split_seed: job.splitSeed ?? null,
    drop_leaks: job.dropLeaks ?? false,
    text_column: job.textColumn ?? null,
    ...(job.textPairColumn !== undefined && { text_pair_column: job.textPairColumn }),
    label_column: job.labelColumn ?? null,
  };
}

/** `bertune.json` of a run; `undefined` for a folder that bertune didn't save. */
export async function recordOf(folder: string): Promise<Record<string, unknown> | undefined> {
  const path = `${folder}/${RUN_MARK}`;
  const json = (await exists(path)) ? await readJson(path) : undefined;
  return isObject(json) ? json : undefined;
}

/** The score that a run kept of the bag of words, where these are the texts that it is of. */
export async function keptBagOfWords(
  folder: string,
  tested: DataInput,
): Promise<BagOfWordsScore | undefined> {
  const record = await recordOf(folder);
  const data = isObject(record?.['data']) ? record['data'] : undefined;
  const score = record?.['bag_of_words'];
  if (!isObject(score) || !data || typeof data['test_sha256'] !== 'string') return undefined;
  const hash = await hashesOf(tested);
  return hash === data['test_sha256'] ? (score as unknown as BagOfWordsScore) : undefined;
}

/** Texts of a run, read again; or why they can't be had, in words. */
type FoundTexts =
  { readonly examples: readonly Example[]; readonly name: string } | { readonly missing: string };

/**
 * A run's training texts, split from the others as they were in training.
 *
 * @returns why they can't be had, in words, where they aren't at hand
 */
export function trainingTexts(folder: string): Promise<FoundTexts> {
  return textsOfRun(folder, 'train');
}

/** The texts that a run was measured on, as it read them. */
export function testTexts(folder: string): Promise<FoundTexts> {
  return textsOfRun(folder, 'test');
}

async function textsOfRun(folder: string, part: 'train' | 'test'): Promise<FoundTexts> {
  const record = await recordOf(folder);
  const data = isObject(record?.['data']) ? record['data'] : undefined;
  const source = data?.['source'];
  if (!record || !data || !isObject(source))
    return { missing: 'the run does not say what it was trained on' };
  const { paths, test_paths, validation_paths } = source as unknown as DataRecord;
  for (const path of [...paths, ...(test_paths ?? []), ...(validation_paths ?? [])]) {
    if (path === '-') return { missing: 'it was trained on standard input' };
    if (!(await isAtHand(path))) return { missing: `${path} is not here` };
  }
  const name = dataName(part === 'test' && test_paths ? test_paths : paths);
  const isSame = async (paths: readonly string[], hash: 'train_sha256' | 'test_sha256'): Promise<boolean> =>
    JSON.stringify(await hashesOf(paths)) === JSON.stringify(data[hash]);
  if (!(await isSame(paths, 'train_sha256'))) {
    return { missing: `${dataName(paths)} has changed since the training` };
  }
  if (part === 'test' && test_paths && !(await isSame(test_paths, 'test_sha256'))) {
    return { missing: `${name} has changed since the training` };
  }
  const { settings, job } = splitOptions({
    ...settingsOf(record),
    ...jobOf(source as unknown as DataRecord),
  });
  const parts = await readParts(job, settings, dataName(paths));
  return { examples: parts[part], name };
}

function jobOf(source: DataRecord): TrainJob {
  const given = {
    data: source.paths as DataInput,
    test: source.test_paths,
    validation: source.validation_paths,
    testSplit: source.test_split,
    validationSplit: source.validation_split,
    splitSeed: source.split_seed,
    dropLeaks: source.drop_leaks,
    textColumn: source.text_column,
    textPairColumn: source.text_pair_column,
    labelColumn: source.label_column,
  };
  return withoutNulls(given) as unknown as TrainJob;
}

/** The settings that say which texts are which. */
function settingsOf(record: Record<string, unknown>): Record<string, unknown> {
  const settings = isObject(record['settings']) ? record['settings'] : {};
  const { problemType, seed, clean, evalSteps, calibrate } = settings;
  return withoutNulls({ problemType, seed, clean, evalSteps, calibrate });
}

function withoutNulls(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  );
}
