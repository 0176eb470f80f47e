/** Rows of a Parquet file, as the hub's data sets are kept, a row group at a time. */
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError, messageOf } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { recordOf, type JsonRecord } from './jsonl.js';

/** A file that is read in places; `slice` gives the bytes from `start` up to `end`, or its own end. */
export type RandomAccess = AsyncBuffer;

/** Rows are decoded at most so many at a time. */
const ROWS = 10_000;

/**
 * Reads the rows. Where the file says so, as the hub's do, the numbers of a class become its name.
 *
 * ```ts
 * for await (const { values } of parquetRecords('train.parquet', file)) console.log(values.get('label')); // neg
 * ```
 */
export async function* parquetRecords(name: string, file: RandomAccess): AsyncGenerator<JsonRecord> {
  try {
    const metadata = await parquetMetadataAsync(file);
    refuseUnknownColumns(name, metadata);
    const names = classNames(metadata);
    const total = Number(metadata.num_rows);
    if (total === 0) throw new DataError(`${name} has no rows.`);
    for (let start = 0; start < total; start += ROWS) {
      const end = Math.min(total, start + ROWS);
      const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd: end });
      // A footer can promise any number of rows: who believed it would go on for ever.
      if (rows.length !== end - start) {
        throw new DataError(
          `${name} can't be read as Parquet: it promises ${total} rows, and has ${start + rows.length}. Is it complete?`,
        );
      }
      for (const [index, row] of rows.entries()) {
        yield { ...recordOf(plainRow(row, names)), line: start + index + 1 };
      }
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${name} can't be read as Parquet (${messageOf(error)}). Is it complete?`, { cause: error });
  }
}

/**
 * Columns that the schema doesn't have: the library would find out when it has begun to read others, whose failures nobody
 * would then wait for; and that ends the process.
 */
function refuseUnknownColumns(name: string, metadata: FileMetaData): void {
  const root = parquetSchema(metadata);
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: column } of columns) {
      let place: typeof root | undefined = root;
      for (const part of column?.path_in_schema ?? [])
        place = place?.children.find(({ element }) => element.name === part);
      if (column !== undefined && place !== undefined && place !== root) continue;
      throw new DataError(`${name} can't be read as Parquet (a column that its schema hasn't). Is it complete?`);
    }
  }
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
