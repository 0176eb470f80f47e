import { DataError } from '../util/errors.js';
import { plural, quoteList } from '../util/wording.js';
import { csvRecords } from './csv.js';
import { decodeUtf8 } from './decode.js';
import type { DataSource } from './example.js';
import { jsonRecords } from './jsonl.js';

/** One row of data, as it is in the file. */
export interface Row {
  /** The columns in the file's order; JSONL: those of the first object. */
  columns: readonly string[];
  /** Column to value. JSONL: a column that the object lacks, or that is null, is absent. */
  values: ReadonlyMap<string, string>;
  /** JSONL: columns that hold a list or an object in this row. */
  nested?: ReadonlySet<string>;
  /** The line on which the row begins in the file, 1 for the first. */
  line: number;
  /** 1 for the first row of data. */
  row: number;
}

/**
 * Reads a file's rows as they come; a file is never held whole in memory.
 *
 * ```ts
 * for await (const row of readRows({ name: 'reviews.csv', format: 'csv', bytes })) {
 *   console.log(row.line, row.values.get('review'));
 * }
 * ```
 */
export async function* readRows(source: DataSource): AsyncGenerator<Row> {
  let rows = 0;
  for await (const row of source.format === 'jsonl' ? jsonRows(source) : csvRows(source)) {
    rows++;
    yield row;
  }
  if (rows === 0 && source.format === 'jsonl') {
    throw new DataError(`${source.name} is empty: expected one JSON object a line.`);
  }
}

async function* jsonRows(source: DataSource): AsyncGenerator<Row> {
  let columns: readonly string[] | undefined;
  let row = 0;
  for await (const { values, nested, line } of jsonRecords(source.name, decodeUtf8(source))) {
    columns ??= [...values.keys()];
    row++;
    yield nested.size > 0 ? { columns, values, nested, line, row } : { columns, values, line, row };
  }
}

async function* csvRows(source: DataSource): AsyncGenerator<Row> {
  const { name } = source;
  const delimiter = source.format === 'tsv' ? '\t' : ',';
  let columns: readonly string[] | undefined;
  let row = 0;
  for await (const { fields, line } of csvRecords(name, decodeUtf8(source), delimiter)) {
    if (columns === undefined) {
      columns = headerOf(name, line, fields);
      continue;
    }
    if (fields.length !== columns.length) throw raggedRow(source, line, fields.length, columns);
    row++;
    yield { columns, values: new Map(columns.map((column, i) => [column, fields[i]!])), line, row };
  }
  if (columns === undefined) {
    throw new DataError(
      `${name} is empty: expected a line with the names of the columns (such as review,sentiment) and rows below it.`,
    );
  }
  if (row === 0) {
    throw new DataError(
      `${name} has no rows: its only line names the columns ${quoteList(columns)}. ` +
        `If that line is data, put a line with the names of the columns above it.`,
    );
  }
}

/** The column names: those that are left empty (as spreadsheets do) get a name by their place. */
function headerOf(name: string, line: number, fields: readonly string[]): readonly string[] {
  const columns = fields.map((field, i) => (field.trim() === '' ? `column ${i + 1}` : field));
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice === undefined) return columns;
  throw new DataError(
    `${name}, line ${line}: the column "${twice}" occurs twice among ${quoteList(columns)}. Rename one of the two.`,
  );
}

function raggedRow(source: DataSource, line: number, found: number, columns: readonly string[]): DataError {
  const separator = source.format === 'tsv' ? 'a tab' : 'a comma';
  return new DataError(
    `${source.name}, line ${line}: ${plural(found, 'field')} where the header has ${columns.length} ` +
      `(${columns.join(', ')}). Put quotes around a text that holds ${separator}, a quote or a line break, ` +
      `and write each quote in it twice.`,
  );
}
