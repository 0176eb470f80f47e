/** Rows of a Parquet file, as the hub's data sets are kept, a row group at a time. */
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type ColumnMetaData, type FileMetaData, type SchemaTree } from 'hyparquet';
import { compressors as packed } from 'hyparquet-compressors';
import { decompress } from 'fzstd';
import { DataError, messageOf } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { recordOf, type JsonRecord } from './jsonl.js';
import { checkChunk, checkFooter, checkSchemaDepth, chunkRange, SizeBudget } from './parquet-sizes.js';

/** A file that is read in places; `slice` gives the bytes from `start` up to `end`, or its own end. */
export type RandomAccess = AsyncBuffer;

/** Rows are decoded at most so many at a time. */
const ROWS = 10_000;
/** Zstandard's frames say how much room they want, up to 2 GB: they get what the page says, which has been checked. */
const compressors = {
  ...packed,
  ZSTD: (input: Uint8Array, length: number): Uint8Array => decompress(input, new Uint8Array(length)),
};

/**
 * Reads the rows. Where the file says so, as the hub's do, the numbers of a class become its name.
 *
 * ```ts
 * for await (const { values } of parquetRecords('train.parquet', file)) console.log(values.get('label')); // neg
 * ```
 */
export async function* parquetRecords(name: string, access: RandomAccess): AsyncGenerator<JsonRecord> {
  try {
    const file = quiet(access);
    checkFooter(await footerOf(file));
    const metadata = await parquetMetadataAsync(file);
    checkSchemaDepth(metadata);
    const groups = groupsOf(metadata, file.byteLength);
    const budget = new SizeBudget(file.byteLength);
    let [checked, checkedRows] = [0, 0];
    const names = classNames(metadata);
    const total = Number(metadata.num_rows);
    if (total === 0) throw new DataError(`${name} has no rows.`);
    const held = groups.reduce((sum, { rows }) => sum + rows, 0);
    if (held !== total) throw promisedRows(name, total, held);
    for (let start = 0; start < total; start += ROWS) {
      const end = Math.min(total, start + ROWS);
      for (; checkedRows < end && checked < groups.length; checked++) {
        const { rows, columns } = groups[checked]!;
        for (const { column, path, range } of columns) {
          const bytes = new Uint8Array(await file.slice(range.start, range.end));
          checkChunk({ bytes, column, path, rows }, budget, compressors);
        }
        checkedRows += rows;
      }
      const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd: end });
      // A footer can promise any number of rows: who believed it would go on for ever.
      if (rows.length !== end - start) throw promisedRows(name, total, start + rows.length);
      for (const [index, row] of rows.entries()) {
        yield { ...recordOf(plainRow(row, names)), line: start + index + 1 };
      }
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${name} can't be read as Parquet (${messageOf(error)}). Is it complete?`, { cause: error });
  }
}

function promisedRows(name: string, promised: number, held: number): DataError {
  return new DataError(
    `${name} can't be read as Parquet: it promises ${promised} rows, and has ${held}. Is it complete?`,
  );
}

/**
 * A file whose reads fail for nobody but who waits for them. The library begins several and may give up before it has waited
 * for all; a failure that nobody waits for ends the process.
 */
function quiet(file: RandomAccess): RandomAccess {
  return {
    byteLength: file.byteLength,
    slice(start, end) {
      const bytes = (async () => file.slice(start, end))();
      bytes.catch(() => undefined);
      return bytes;
    },
  };
}

/** The bytes that describe the file; none if it is too short for what it says of them, which the library then tells. */
async function footerOf(file: RandomAccess): Promise<Uint8Array> {
  const { byteLength } = file;
  const tail = byteLength < 8 ? undefined : new DataView(await file.slice(byteLength - 8, byteLength));
  const length = tail?.getUint32(0, true) ?? 0;
  if (length === 0 || length > byteLength - 8) return Uint8Array.of(0);
  return new Uint8Array(await file.slice(byteLength - 8 - length, byteLength - 8));
}

interface Group {
  readonly rows: number;
  readonly columns: {
    readonly column: ColumnMetaData;
    readonly path: readonly SchemaTree[];
    readonly range: { start: number; end: number };
  }[];
}

/**
 * The row groups and where their columns are. A column that the schema doesn't have, or that is there twice, would be decoded
 * by the library without anyone waiting for it, and its failure would end the process.
 */
function groupsOf(metadata: FileMetaData, fileBytes: number): Group[] {
  const root = parquetSchema(metadata);
  let bytes = 0;
  return metadata.row_groups.map(({ columns, num_rows }) => {
    const rows = Number(num_rows);
    if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`a row group of ${rows} rows`);
    const seen = new Set<SchemaTree>();
    const found = columns.map(({ meta_data: column }) => {
      const path = [root];
      for (const part of column?.path_in_schema ?? []) {
        const next = path.at(-1)!.children.find(({ element }) => element.name === part);
        if (next === undefined) throw new Error("a column that its schema hasn't");
        path.push(next);
      }
      const leaf = path.at(-1)!;
      if (column === undefined || leaf === root || leaf.children.length > 0 || seen.has(leaf)) {
        throw new Error('a column that is there twice, or has no values of its own');
      }
      seen.add(leaf);
      const range = chunkRange(column, fileBytes);
      bytes += range.end - range.start;
      if (bytes > fileBytes) throw new Error(`columns of more than ${fileBytes} bytes in a file of as many`);
      return { column, path, range };
    });
    return { rows, columns: found };
  });
}

/** Parquet's values as those of JSON: 64-bit integers as numbers or digits, dates as ISO, bytes as text. */
function plainRow(
  row: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const classes = names.get(column);
      if (!classes) return [column, plain(value)];
      const named = (id: unknown): unknown =>
        typeof id === 'number' ? (id < 0 ? null : (classes[id] ?? String(id))) : id;
      const values = plain(value);
      return [column, Array.isArray(values) ? values.map(named) : named(values)];
    }),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
  return value === undefined ? null : value;
}

/** The names of classes by column, from what the `datasets` library writes into the file's metadata. */
function classNames({ key_value_metadata: entries = [] }: FileMetaData): Map<string, readonly string[]> {
  const said = entries.find(({ key }) => key === 'huggingface')?.value;
  const names = new Map<string, readonly string[]>();
  let info: unknown;
  try {
    info = said === undefined ? undefined : JSON.parse(said);
  } catch {
    return names; // a note that can't be read is no reason not to read the data
  }
  const features = isObject(info) && isObject(info['info']) ? info['info']['features'] : undefined;
  if (!isObject(features)) return names;
  for (const [column, feature] of Object.entries(features)) {
    // Several labels are a list of classes, whose own entry is `feature`.
    const inner = isObject(feature) && isObject(feature['feature']) ? feature['feature'] : feature;
    const list = isObject(inner) ? inner['names'] : undefined;
    if (Array.isArray(list) && list.every((each) => typeof each === 'string')) names.set(column, list);
  }
  return names;
}
