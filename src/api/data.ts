/** Data as users give it: the path of a file, or examples in memory. */
import { basename } from 'node:path';
import type { Cleaning } from '../data/clean.js';
import { clean as cleanText } from '../data/clean.js';
import { placeOf, type Example } from '../data/example.js';
import { readExamples, type ReadOptions } from '../data/read.js';
import { isPattern } from '../files/glob.js';
import { sha256OfData } from '../files/hash.js';
import type { HubUse } from '../hub/use.js';
import { DataError } from '../util/errors.js';
import type { ProblemType } from '../util/problem.js';
import { excerpt, quoteList } from '../util/wording.js';
import { localPath, openData, STDIN } from './file-source.js';

/**
 * The path, or a pattern such as `data/*.csv`, of a CSV, TSV, JSON, JSON Lines (all also gzipped) or Parquet file, of a folder with a folder for each class,
 * `-` for standard input, or data on the hub such as `hf://datasets/stanfordnlp/imdb:train`; several of these; or texts with
 * their labels.
 */
export type DataInput = string | readonly string[] | readonly LabelledText[];

/** The paths of data that is in files; `undefined` for texts in memory. */
export function pathsOf(data: DataInput): readonly string[] | undefined {
  if (typeof data === 'string') return [data];
  return data.length > 0 && data.every((each) => typeof each === 'string') ? data : undefined;
}

/** A text, or a pair of texts, and what it should be classified as: a class, several labels, or a number. */
export interface LabelledText {
  readonly text: string;
  readonly textPair?: string;
  readonly label: string | number | readonly (string | number)[];
}

export interface ColumnNames {
  /** @default found by its usual names: `review`, `text`, `sentence`, ... */
  readonly textColumn?: string;
  /** The second text of each pair. @default none; `sentence1` and `sentence2` and their like are a pair */
  readonly textPairColumn?: string;
  /** @default found by its usual names: `sentiment`, `label`, ... */
  readonly labelColumn?: string;
}

/** The names of columns among other options. */
export function columnsOf({ textColumn, textPairColumn, labelColumn }: ColumnNames): ColumnNames {
  return { textColumn, textPairColumn, labelColumn };
}

/** What else says how labelled texts are read. */
export interface LabelledReading {
  readonly clean: Cleaning;
  /** Of several labels a text may have none, and leave its field empty. */
  readonly problemType?: ProblemType | undefined;
  /** Ends the wait for standard input. */
  readonly signal?: AbortSignal | undefined;
  /** What becomes of each example of files, see `exampleKeeper`. @default it is held as it is */
  readonly held?: ((example: Example) => Example) | undefined;
  /** Told of a file that has no header. */
  readonly onEvent?: HubUse['onEvent'];
}

/** What to call data in messages and in a run's record. */
export function dataName(data: DataInput): string {
  const paths = pathsOf(data);
  if (!paths) return 'the examples';
  return paths.length === 1 ? paths[0]! : `${paths.length} files (${quoteList(paths, 3)})`;
}

/** Where an example came from: `line 17` of a file, `example 17` of those in memory. */
export function placeIn(data: DataInput, example: Example): string {
  return pathsOf(data) ? placeOf(example) : `example ${example.row}`;
}

/** `data/reviews.csv.gz` -> `reviews`; a file named train.csv is called after its folder. */
export function shortName(data: DataInput): string {
  const path = pathsOf(data)?.[0];
  if (path === undefined || path === STDIN) return 'model';
  const onHub = /^hf:\/\/datasets\/[^/]+\/([^/@:]+)/.exec(path)?.[1];
  if (onHub !== undefined) return onHub;
  const stem = (path: string): string =>
    basename(path).replace(/(\.(?:csv|tsv|json|jsonl|ndjson|parquet|txt))?(\.gz)?$/i, '');
  const name = stem(path.replace(/[/\\]+$/, ''));
  const isFree = !isPattern(path) && !/^(?:train|training|data|all)$/i.test(name);
  if (isFree) return name;
  const folder = basename(path.replace(/[/\\]*[^/\\]*[/\\]*$/, ''));
  const isNamed = folder !== '' && folder !== '.' && folder !== '..' && !isPattern(folder);
  return isNamed ? folder : isPattern(path) ? 'model' : name;
}

/** The examples of one or several files; of several the place of an example begins with its file. */
async function readFiles(
  paths: readonly string[],
  {
    onGap,
    keep = (each) => each,
    signal,
    ...options
  }: ReadOptions & { readonly signal?: AbortSignal | undefined },
): Promise<Example[]> {
  const parts: Example[][] = [];
  for (const path of paths) {
    const at = (place: string): string => (paths.length === 1 ? place : `${path}, ${place}`);
    const { examples } = await readExamples(await openData(path, signal), {
      ...options,
      keep: (each) => keep(paths.length === 1 ? each : { ...each, file: at(placeOf(each)) }),
      ...(onGap && { onGap: (what, place) => { onGap(what, at(place)); } }),
    }); // prettier-ignore
    parts.push(examples);
  }
  return parts.flat();
}

/** All labelled examples, cleaned. Throws a `DataError` that names rows without text or label. */
export async function readLabelled(
  data: DataInput,
  columns: ColumnNames,
  { clean, problemType, signal, held, onEvent }: LabelledReading,
): Promise<Example[]> {
  const paths = pathsOf(data);
  const allowsNoLabel = problemType === 'multi_label_classification';
  if (paths) {
    return readFiles(paths, {
      ...columns,
      clean,
      allowsNoLabel,
      signal,
      keep: held,
      onNote: noteTo(onEvent),
    });
  }
  if (data.length === 0) throw new DataError('the list of examples is empty.');
  return (data as readonly LabelledText[]).map(({ text, textPair, label }, index) => {
    const place = `example ${index + 1}`;
    const cleaned = cleanedText(text, place, 'text', clean);
    const example = {
      text: cleaned,
      ...(textPair !== undefined && { textPair: cleanedText(textPair, place, 'textPair', clean) }),
      row: index + 1,
    };
    if (Array.isArray(label)) {
      return { ...example, label: JSON.stringify(label), labels: label.map((each) => String(each).trim()) };
    }
    // A number is as good a label as its name; nothing at all would become the class "undefined".
    const name = String((label as string | number | undefined) ?? '').trim();
    if (name === '' && !allowsNoLabel)
      throw new DataError(`${place} ("${excerpt(cleaned)}") has no label; leave it out.`);
    return { ...example, label: name };
  });
}

/** Callers in plain JavaScript are not held to the types. */
function cleanedText(text: unknown, place: string, field: string, clean: Cleaning): string {
  if (typeof text !== 'string') throw new DataError(`${place}: ${field} is not a string.`);
  const cleaned = cleanText(text, clean);
  if (cleaned.trim() === '') throw new DataError(`${place} has no ${field}; leave it out.`);
  return cleaned;
}

/** The same without those rows that have no text or no label, whose places are given. Labels may be missing altogether. */
export async function readWithGaps(
  data: DataInput,
  columns: ColumnNames,
  { clean, problemType, signal, onEvent }: LabelledReading,
): Promise<{ examples: Example[]; withoutText: string[]; withoutLabel: string[] }> {
  const allowsNoLabel = problemType === 'multi_label_classification';
  const gaps: { text: string[]; label: string[] } = { text: [], label: [] };
  const paths = pathsOf(data);
  const onGap = (what: 'text' | 'label', place: string): void => {
    gaps[what].push(place);
  };
  const examples = paths
    ? await readFiles(paths, {
        ...{ ...columns, clean, allowsNoLabel, needLabel: 'if found', onGap, signal },
        onNote: noteTo(onEvent),
      })
    : await readLabelled(data, columns, { clean, problemType });
  return { examples, withoutText: gaps.text, withoutLabel: gaps.label };
}

/** What readers have to say, as an event. */
export function noteTo(onEvent: HubUse['onEvent']): (message: string) => void {
  return (message) => onEvent?.({ type: 'note', message });
}

/** SHA-256 of each file of the data, of a folder that of all its texts; one alone for one file, `null` in memory. */
export async function hashesOf(data: DataInput): Promise<string | (string | null)[] | null> {
  const paths = pathsOf(data);
  if (!paths) return null;
  const hashes: (string | null)[] = [];
  for (const path of paths) hashes.push(path === STDIN ? null : await sha256OfData(await localPath(path)));
  return hashes.length === 1 ? hashes[0]! : hashes;
}
