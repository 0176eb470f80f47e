import { DataError } from '../util/errors.js';
import type { RandomAccess } from './parquet.js';

/** One text to learn from or to classify. */
export interface Example {
  /** The text, cleaned; never empty. */
  text: string;
  /** The label as it is written in the file, without the spaces around it. */
  label?: string;
  /** The labels, where the file has a list of them; `label` is then the list as JSON. */
  labels?: readonly string[];
  /** The second text of a pair, cleaned. */
  textPair?: string;
  /** 1 for the first row of data (the header is not counted). */
  row: number;
  /** Where the row begins in its file, 1 for the first line; absent for examples that come from no line of a file. */
  line?: number;
  /** The file that it is, in a folder with a file for each text. */
  file?: string;
}

/** All that is written in an example, as one text: what is compared, and what a bag of words reads. */
export function wholeText({ text, textPair }: Pick<Example, 'text' | 'textPair'>): string {
  return textPair === undefined ? text : `${text}\n${textPair}`;
}

/** The kinds of file that can be read. */
export type DataFormat = 'csv' | 'tsv' | 'jsonl' | 'json' | 'parquet';

/** A file that is read from its beginning to its end. */
export interface StreamSource {
  /** Shown in messages, such as `reviews.csv`. */
  name: string;
  format: Exclude<DataFormat, 'parquet'>;
  bytes: AsyncIterable<Uint8Array>;
}

/** A file that is read in places. */
export interface ParquetSource {
  name: string;
  format: 'parquet';
  file: RandomAccess;
}

/** A folder with a folder for each class, and in these a file for each text. */
export interface FolderSource {
  name: string;
  format: 'folder';
  files: AsyncIterable<TextFile>;
}

/** One of a folder's texts. */
export interface TextFile {
  /** From the folder, such as `pos/12_7.txt`. */
  path: string;
  /** The name of the folder that it is in. */
  label: string;
  text: string;
}

/**
 * Data as this folder sees it: a name for messages and the bytes. Opening it is the caller's business (`files/` on Node,
 * `file.stream()` in a browser). Bytes that are gzipped are unpacked on the way.
 */
export type DataSource = StreamSource | ParquetSource | FolderSource;

const FORMATS: Record<string, DataFormat> = {
  ...{ csv: 'csv', tsv: 'tsv', jsonl: 'jsonl', ndjson: 'jsonl', json: 'json', parquet: 'parquet' },
};

/**
 * The format that a file's name says.
 *
 * ```ts
 * formatOf('reviews.csv'); // 'csv'
 * formatOf('data/reviews.ndjson.gz'); // 'jsonl'
 * ```
 */
export function formatOf(fileName: string): DataFormat {
  const ending = /\.([^./\\]+?)(?:\.gz)?$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
  if (Object.hasOwn(FORMATS, ending)) return FORMATS[ending]!;
  throw new DataError(
    `${fileName}: can't tell what kind of data this is from its name. Expected a file ending in ` +
      `.csv, .tsv, .json, .jsonl or .ndjson, each also with .gz after it, in .parquet, a folder for each class, or - for standard input.`,
  );
}

/** Where a row or an example came from, for messages: `line 17`, `row 17` or a file of a folder. */
export function placeOf({ file, line, row }: Pick<Example, 'file' | 'line' | 'row'>): string {
  return file ?? (line === undefined ? `row ${row}` : `line ${line}`);
}
