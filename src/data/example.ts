import { DataError } from '../util/errors.js';

/** One text to learn from or to classify. */
export interface Example {
  /** The text, cleaned; never empty. */
  text: string;
  /** The label as it is written in the file, without the spaces around it. */
  label?: string;
  /** 1 for the first row of data (the header is not counted). */
  row: number;
  /** Where the row begins in its file, 1 for the first line; absent for examples that come from no file. */
  line?: number;
}

/** The kinds of file that can be read. */
export type DataFormat = 'csv' | 'tsv' | 'jsonl';

/**
 * A data file as this folder sees it: a name for messages and the bytes. Opening it is the caller's business
 * (`files/` on Node, `file.stream()` in a browser). Bytes that are gzipped are unpacked on the way.
 */
export interface DataSource {
  /** Shown in messages, such as `reviews.csv`. */
  name: string;
  format: DataFormat;
  bytes: AsyncIterable<Uint8Array>;
}

const FORMATS: Record<string, DataFormat> = { csv: 'csv', tsv: 'tsv', jsonl: 'jsonl', ndjson: 'jsonl' };

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
      `.csv, .tsv, .jsonl or .ndjson, each also with .gz after it.`,
  );
}
