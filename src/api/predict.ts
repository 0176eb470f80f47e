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
import { requireKind } from './kinds.js';
import { hubFilesOf } from './hub-data.js';

/** A text, with the columns of the file that it came from. */
export interface TextRow {
  readonly text: string;
  /** The second text of a pair. */
  readonly textPair?: string;
  readonly columns: readonly string[];
  readonly values: ReadonlyMap<string, string>;
}

export interface TextsInput {
  readonly texts: readonly string[];
  /** The second half of the one text given. */
  readonly textPair?: string | undefined;
  readonly file?: string | undefined;
  readonly textColumn?: string | undefined;
  readonly textPairColumn?: string | undefined;
  /** Whether the model was trained on pairs; `undefined` where nobody knows. Lines of standard input then have a tab between two. */
  readonly pairs?: boolean | undefined;
  /** Ends the wait for standard input, and a download. */
  readonly signal?: AbortSignal;
  readonly onEvent?: HubUse['onEvent'];
}

/** The texts given, else the file's rows, else the lines of standard input. An empty text is a `DataError`. */
export async function* textsOf({
  texts,
  textPair,
  file,
  textColumn,
  textPairColumn,
  pairs,
  signal,
  onEvent,
}: TextsInput): AsyncGenerator<TextRow> {
  if (file !== undefined) {
    const { streamExamples } = await import('../data/read.js'); // not needed for a text on the command line
    // The classifier cleans as it was trained.
    const options = { textColumn, textPairColumn, needLabel: false, clean: 'none' } as const;
    for (const part of await hubFilesOf([file], { onEvent, signal }, 'test')) {
      for await (const { text, textPair: second, source } of streamExamples(await openData(part), options)) {
        const row = { text, ...(second !== undefined && { textPair: second }) };
        requireKind(pairs === undefined ? undefined : { textPair: pairs }, [row], part);
        yield { ...row, columns: source.columns, values: source.values };
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
    const tab = pairs === true && textPair === undefined ? text.indexOf('\t') : -1;
    const [first, second] = tab < 0 ? [text, textPair] : [text.slice(0, tab), text.slice(tab + 1)];
    if (pairs === true && second === undefined) {
      throw new DataError(
        `${from} ${line}: the model reads pairs of texts. Give the second one: --text-pair <text>, a tab in a line of ` +
          'standard input, or --file <data> with a column for it.',
      );
    }
    const row = { text: first, ...(second !== undefined && { textPair: second }) };
    yield { ...row, columns: Object.keys(row), values: new Map(Object.entries(row)) };
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
      let names: readonly string[] | undefined;
      for await (const { row, prediction } of scored) {
        const found = fieldsOf(prediction);
        if (!names) {
          names = Object.keys(found).map((name) => freeName(name, row.columns));
          if (format !== 'jsonl') yield encoder.encode(line([...row.columns, ...names]));
        }
        count++;
        const values = row.columns.map((column) => row.values.get(column) ?? '');
        const answers = Object.values(found);
        if (format === 'jsonl') {
          const fields = row.columns.map((column, i) => [column, values[i]] as const);
          const all = [...fields, ...names.map((name, i) => [name, answers[i]] as const)];
          yield encoder.encode(`${JSON.stringify(Object.fromEntries(all))}\n`);
        } else yield encoder.encode(line([...values, ...answers.map(asField)]));
      }
    }
    const line = (fields: readonly string[]): string => csvLine(fields, format === 'tsv' ? '\t' : ',');
    await writeFileAtomic(path, lines());
    return count;
  };
}

/** What is written of a prediction: label and score; of several labels those given with their scores; the number. */
function fieldsOf({ label, labels, value, score, scores }: Prediction): Record<string, unknown> {
  if (value !== undefined) return { value };
  return labels ? { labels, scores: labels.map((name) => scores[name]!) } : { label, score };
}

/** Several labels in one field, as they can be read again. */
const asField = (answer: unknown): string => (Array.isArray(answer) ? answer.join('|') : String(answer));

/** A name for a new column: a column of the input is never hidden by one of the same name. */
function freeName(name: string, columns: readonly string[]): string {
  return columns.includes(name) ? freeName(`predicted_${name}`, columns) : name;
}
