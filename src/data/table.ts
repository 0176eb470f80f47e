import { DataError } from '../util/errors.js';
import { excerpt, plural, quoteList } from '../util/wording.js';
import { numbered } from './columns.js';
import { csvRecords, type CsvRecord, type Delimiter } from './csv.js';
import { decodeUtf8 } from './decode.js';
import type { DataSource, FolderSource, StreamSource } from './example.js';
import { columnsWithoutHeader } from './headerless.js';
import { jsonListRecords } from './json-list.js';
import { jsonRecords, type JsonRecord } from './jsonl.js';
import { parquetRecords } from './parquet.js';

/** One row of data, as it is in the file. */
export interface Row {
  /** The columns in the file's order; JSONL: those of the first object. */
  columns: readonly string[];
  /** Column to value. JSONL: a column that the object lacks, or that is null, is absent. */
  values: ReadonlyMap<string, string>;
  /** JSONL: columns that hold a list or an object in this row. */
  nested?: ReadonlySet<string>;
  /** The line on which the row begins in the file, 1 for the first; absent where a file has no lines. */
  line?: number;
  /** The file that it is, in a folder with a file for each text. */
  file?: string;
  /** 1 for the first row of data. */
  row: number;
  /** Whether the table has no header, and its columns are called by what they hold. */
  headerless?: true;
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
  for await (const row of rowsOf(source)) {
    rows++;
    yield row;
  }
  if (rows > 0) return;
  throw new DataError(
    source.format === 'folder'
      ? `${source.name} has no texts: expected a folder for each class, and in these a .txt file for each text.`
      : `${source.name} is empty: expected one JSON object a line.`,
  );
}

function rowsOf(source: DataSource): AsyncGenerator<Row> {
  if (source.format === 'folder') return folderRows(source);
  if (source.format === 'parquet') return recordRows(parquetRecords(source.name, source.file), true);
  if (source.format === 'json') return recordRows(jsonListRecords(source.name, decodeUtf8(source)), true);
  if (source.format === 'jsonl') return recordRows(jsonRecords(source.name, decodeUtf8(source)), false);
  return csvRows(source);
}

async function* folderRows({ files }: FolderSource): AsyncGenerator<Row> {
  const columns = ['text', 'label'];
  let row = 0;
  for await (const { path, label, text } of files) {
    row++;
    yield { columns, values: new Map([['text', text], ['label', label]]), row, file: path }; // prettier-ignore
  }
}

/** @param counted whether records have no lines but are counted */
async function* recordRows(records: AsyncIterable<JsonRecord>, counted: boolean): AsyncGenerator<Row> {
  let columns: readonly string[] | undefined;
  let row = 0;
  for await (const { values, nested, line } of records) {
    columns ??= [...values.keys()];
    row++;
    yield {
      ...{ columns, values, row },
      ...(nested.size > 0 && { nested }),
      ...(!counted && { line }),
    };
  }
}

async function* csvRows(source: StreamSource): AsyncGenerator<Row> {
  const { name } = source;
  const { delimiter, blocks } = await findDelimiter(source);
  let columns: readonly string[] | undefined;
  let row = 0;
  const { head, records } = await withHead(csvRecords(name, blocks, delimiter));
  columns = columnsWithoutHeader(head.map(({ fields }) => fields));
  const headerless = columns && { headerless: true as const };
  for await (const { fields, line } of records) {
    if (columns === undefined) {
      columns = headerOf(fields);
      continue;
    }
    if (fields.length !== columns.length) throw raggedRow(name, delimiter, line, fields.length, columns);
    row++;
    const values = new Map(columns.map((column, i) => [column, fields[i]!]));
    yield { columns, values, line, row, ...headerless };
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

/** So many records tell whether the first one is a header. */
const HEAD = 50;

/** The first records, and all of them. */
async function withHead(
  records: AsyncGenerator<CsvRecord>,
): Promise<{ head: CsvRecord[]; records: AsyncGenerator<CsvRecord> }> {
  const head: CsvRecord[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    while (head.length < HEAD) {
      const next = await records.next();
      if (next.done === true) break;
      head.push(next.value);
    }
  } catch (error) {
    failure = { error }; // it is told once what came before it has been read
  }
  async function* all(): AsyncGenerator<CsvRecord> {
    yield* head;
    if (failure) throw failure.error;
    yield* records;
  }
  return { head, records: all() };
}

/**
 * The column names: those that are left empty (as spreadsheets do) get a name by their place, and a name that was there
 * before gets a number.
 */
function headerOf(fields: readonly string[]): readonly string[] {
  const names = fields.map((field, i) => (field.trim() === '' ? `column ${i + 1}` : field));
  const met = new Map<string, number>();
  return names.map((name) => {
    const before = met.get(name) ?? 0;
    met.set(name, before + 1);
    return before === 0 ? name : numbered(name, before + 1);
  });
}

const SEPARATORS: Readonly<Record<Delimiter, string>> = {
  ',': 'a comma',
  '\t': 'a tab',
  ';': 'a semicolon',
  '|': 'a bar',
};

/**
 * What separates a file's fields: a tab in `.tsv`, else the one of the usual separators that its first line has most of,
 * outside of quotes; a comma where there is none.
 */
async function findDelimiter(
  source: StreamSource,
): Promise<{ delimiter: Delimiter; blocks: AsyncIterable<string> }> {
  const blocks = decodeUtf8(source);
  if (source.format === 'tsv') return { delimiter: '\t', blocks };
  const { value: first = '' } = (await blocks.next()) as { value?: string };
  async function* all(): AsyncGenerator<string> {
    if (first !== '') yield first;
    yield* blocks;
  }
  const header = first.split(/[\r\n]/, 1)[0]!.replace(/"[^"]*"/g, '');
  const count = (delimiter: string): number => header.split(delimiter).length;
  const delimiter = (Object.keys(SEPARATORS) as Delimiter[]).reduce((best, each) =>
    count(each) > count(best) ? each : best,
  );
  return { delimiter, blocks: all() };
}

function raggedRow(
  name: string,
  delimiter: Delimiter,
  line: number,
  found: number,
  columns: readonly string[],
): DataError {
  return new DataError(
    `${name}, line ${line}: ${plural(found, 'field')} where the header has ${columns.length} ` +
      `(${excerpt(columns.join(', '), 300)}). Put quotes around a text that holds ${SEPARATORS[delimiter]}, a quote or a line break, ` +
      `and write each quote in it twice.`,
  );
}
