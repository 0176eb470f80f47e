/** Data as users give it: the path of a file, or examples in memory. */
import { basename } from 'node:path';
import type { Cleaning } from '../data/clean.js';
import { clean as cleanText } from '../data/clean.js';
import type { Example } from '../data/example.js';
import { readExamples } from '../data/read.js';
import { DataError } from '../util/errors.js';
import { excerpt } from '../util/wording.js';
import { fileSource } from './file-source.js';

/** The path of a CSV, TSV or JSON Lines file (also gzipped), or texts with their labels. */
export type DataInput = string | readonly LabelledText[];

/** A text and what it should be classified as; a number is a label like any other. */
export interface LabelledText {
  readonly text: string;
  readonly label: string | number;
}

export interface ColumnNames {
  /** @default found by its usual names: `review`, `text`, `sentence`, ... */
  readonly textColumn?: string;
  /** @default found by its usual names: `sentiment`, `label`, ... */
  readonly labelColumn?: string;
}

/** What to call data in messages and in a run's record. */
export function dataName(data: DataInput): string {
  return typeof data === 'string' ? data : 'the examples';
}

/** `data/reviews.csv.gz` -> `reviews`; a file named train.csv is called after its folder. */
export function shortName(data: DataInput): string {
  if (typeof data !== 'string') return 'model';
  const stem = (path: string): string =>
    basename(path).replace(/(\.(?:csv|tsv|jsonl|ndjson|txt))?(\.gz)?$/i, '');
  const name = stem(data);
  if (!/^(?:train|training|data|all)$/i.test(name)) return name;
  const folder = basename(data.replace(/[/\\]*[^/\\]*$/, ''));
  return folder === '' || folder === '.' || folder === '..' ? name : folder;
}

/** All labelled examples, cleaned. Throws a `DataError` that names rows without text or label. */
export async function readLabelled(
  data: DataInput,
  columns: ColumnNames,
  clean: Cleaning,
): Promise<Example[]> {
  if (typeof data === 'string') {
    const { examples } = await readExamples(fileSource(data), { ...columns, clean });
    return examples;
  }
  if (data.length === 0) throw new DataError('the list of examples is empty.');
  return data.map(({ text, label }, index) => {
    const place = `example ${index + 1}`;
    // Callers in plain JavaScript are not held to the types.
    if (typeof (text as unknown) !== 'string') throw new DataError(`${place}: text is not a string.`);
    const cleaned = cleanText(text, clean);
    if (cleaned.trim() === '') throw new DataError(`${place} has no text; leave it out.`);
    // A number is as good a label as its name; nothing at all would become the class "undefined".
    const name = String((label as string | number | undefined) ?? '').trim();
    if (name === '') throw new DataError(`${place} ("${excerpt(cleaned)}") has no label; leave it out.`);
    return { text: cleaned, label: name, row: index + 1 };
  });
}
