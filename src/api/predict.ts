/** Texts to classify, from wherever they come, and files of classified texts. */
import { csvLine } from '../data/write.js';
import { writeFileAtomic } from '../files/atomic.js';
import { exists, openStdin } from '../files/read.js';
import { decodeLines } from '../data/decode.js';
import type { HubUse } from '../hub/use.js';
import type { Prediction } from '../predict/classifier.js';
import { resolve } from 'node:path';
import { DataError, FileError, UsageError } from '../util/errors.js';
import { openData } from './file-source.js';
import { hubFilesOf } from './hub-data.js';

/** A text, with the columns of the file that it came from. */
export interface TextRow {
  readonly text: string;
  readonly columns: readonly string[];
  readonly values: ReadonlyMap<string, string>;
}

export interface TextsInput {
  readonly texts: readonly string[];
  readonly file?: string;
  readonly textColumn?: string;
  /** Ends the wait for standard input, and a download. */
  readonly signal?: AbortSignal;
  readonly onEvent?: HubUse['onEvent'];
}

/** The texts given, else the file's rows, else the lines of standard input. An empty text is a `DataError`. */
export async function* textsOf({
  texts,
  file,
  textColumn,
  signal,
  onEvent,
}: TextsInput): AsyncGenerator<TextRow> {
  if (file !== undefined) {
    const { streamExamples } = await import('../data/read.js'); // not needed for a text on the command line
    // The classifier cleans as it was trained.
    const options = { textColumn, needLabel: false, clean: 'none' } as const;
    for (const part of await hubFilesOf([file], { onEvent, signal }, 'test')) {
      for await (const { text, source } of streamExamples(await openData(part), options)) {
        yield { text, columns: source.columns, values: source.values };
      }
    }
    return;
  }
  let line = 0;
  const from = texts.length > 0 ? 'text' : 'standard input, line';
  for await (const text of texts.length > 0
    ? texts
    : decodeLines({ name: 'standard input', bytes: openStdin(signal) })) {
    line++;
    if (text.trim() === '') throw new DataError(`${from} ${line} is empty; leave it out.`);
    yield { text, columns: ['text'], values: new Map([['text', text]]) };
  }
  if (line === 0)
    throw new DataError('standard input is empty; give texts, --file <data>, or pipe in one text a line.');
}

type Scored = AsyncIterable<{ readonly row: TextRow; readonly prediction: Prediction }>;

/**
 * A function that writes classified texts to `path` (.csv, .tsv or .jsonl), whole or not at all, and counts them.
 * Refuses at once a file that is there already, unless `force`, and the file that is read.
 */
export async function scoredFile(
  path: string,
  { force = false, file }: { readonly force?: boolean; readonly file?: string },
): Promise<(scored: Scored) => Promise<number>> {
  const format = /\.(csv|tsv|jsonl)$/i.exec(path)?.[1]?.toLowerCase();
  if (format === undefined)
    throw new UsageError(`--out ${path}: expected a name ending in .csv, .tsv or .jsonl.`);
  if (file !== undefined && resolve(path) === resolve(file))
    throw new UsageError(`--out ${path} is the file that is read; choose another name.`);
  if (!force && (await exists(path))) {
    throw new FileError(`${path} is there already; choose another --out, or pass --force to replace it.`);
  }
  return async (scored) => {
    let count = 0;
    const encoder = new TextEncoder();
    async function* lines(): AsyncGenerator<Uint8Array> {
      let names: [string, string] | undefined;
      for await (const { row, prediction } of scored) {
        if (!names) {
          names = [freeName('label', row.columns), freeName('score', row.columns)];
          if (format !== 'jsonl') yield encoder.encode(line([...row.columns, ...names]));
        }
        count++;
        const values = row.columns.map((column) => row.values.get(column) ?? '');
        if (format === 'jsonl') {
          const fields = row.columns.map((column, i) => [column, values[i]] as const);
          const all = [...fields, [names[0], prediction.label], [names[1], prediction.score]];
          yield encoder.encode(`${JSON.stringify(Object.fromEntries(all))}\n`);
        } else yield encoder.encode(line([...values, prediction.label, String(prediction.score)]));
      }
    }
    const line = (fields: readonly string[]): string => csvLine(fields, format === 'tsv' ? '\t' : ',');
    await writeFileAtomic(path, lines());
    return count;
  };
}

/** A name for a new column: a column of the input is never hidden by one of the same name. */
function freeName(name: string, columns: readonly string[]): string {
  return columns.includes(name) ? freeName(`predicted_${name}`, columns) : name;
}
