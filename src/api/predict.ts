/** Texts to classify, from wherever they come, and files of classified texts. */
import { openStdin } from '../files/read.js';
import { decodeLines } from '../data/decode.js';
import type { HubUse } from '../hub/use.js';
import type { Prediction } from '../predict/classifier.js';
import { DataError } from '../util/errors.js';
import { noteTo } from './data.js';
import { openData } from './file-source.js';
import { requireKind } from './kinds.js';
import { hubFilesOf } from './hub-data.js';
import { tableFile, type TableRow, type TableValue } from './table-file.js';

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
    const columns = { textColumn, textPairColumn, needLabel: false };
    const options = { ...columns, clean: 'none' as const, onNote: noteTo(onEvent) };
    for (const part of await hubFilesOf([file], { onEvent, signal }, 'test')) {
      for await (const { text, textPair: second, source } of streamExamples(
        await openData(part, signal),
        options,
      )) {
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

/** A function that writes classified texts with the columns that they came with: see `tableFile`. */
export async function scoredFile(
  path: string,
  options: { readonly force?: boolean; readonly file?: string },
): Promise<(scored: Scored) => Promise<number>> {
  const write = await tableFile(path, options);
  return (scored) => write(rowsOf(scored));
}

async function* rowsOf(scored: Scored): AsyncGenerator<TableRow> {
  for await (const { row, prediction } of scored) {
    const answers = Object.entries(fieldsOf(prediction));
    yield [
      ...row.columns.map((column) => [column, row.values.get(column) ?? ''] as const),
      ...answers.map(([name, value]) => [freeName(name, row.columns), value] as const),
    ];
  }
}

/**
 * What is written of a prediction: label and score, and with a threshold the likeliest label; of several labels those given
 * with their scores; the number.
 */
function fieldsOf({
  label,
  labels,
  likeliest,
  value,
  score,
  scores,
}: Prediction): Record<string, TableValue> {
  if (value !== undefined) return { value };
  return labels
    ? { labels, scores: labels.map((name) => scores[name]!) }
    : { label, score, ...(likeliest !== undefined && { likeliest }) };
}

/** A name for a new column: a column of the input is never hidden by one of the same name. */
function freeName(name: string, columns: readonly string[]): string {
  return columns.includes(name) ? freeName(`predicted_${name}`, columns) : name;
}
