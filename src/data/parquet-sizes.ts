/**
 * What a Parquet file promises, held against what it has, before the decoder makes room for it. The decoder believes
 * each size, and a file of some hundred bytes may promise billions of values.
 * Formats: https://parquet.apache.org/docs/file-format/ and https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import type { ColumnMetaData, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { deltaNumbers } from './parquet-delta.js';
import { ByteCursor, thriftStruct, type ThriftStruct } from './thrift.js';

/**
 * How much a file may unfold to, in all its columns together: values and bytes that are free, and how many for each byte of the
 * file. Texts shrink to a tenth or so; one class in a million rows to nearly nothing, for which there is the free part.
 */
const FREE = { values: 2 ** 22, bytes: 2 ** 26 };
const PER_BYTE = { values: 64, bytes: 256 };
/** Columns in columns; data sets have 3 or 4. */
const SCHEMA_DEPTH = 64;
/** The kinds of a page, and the encodings, by their numbers in the format. */
const PAGE = { data: 0, dictionary: 2, dataV2: 3 };
const ENCODING = { dictionaryOld: 2, rle: 3, delta: 5, deltaTexts: 7, dictionary: 8, split: 9 };
const RUNS = [ENCODING.rle, ENCODING.dictionary, ENCODING.dictionaryOld];

/** What a file may still unfold to. */
export class SizeBudget {
  readonly #left: Record<keyof typeof FREE, number>;

  constructor(private readonly fileBytes: number) {
    this.#left = {
      values: FREE.values + PER_BYTE.values * fileBytes,
      bytes: FREE.bytes + PER_BYTE.bytes * fileBytes,
    };
  }

  /** @throws {Error} when that is more than is left. */
  spend(what: keyof typeof FREE, count: number): void {
    this.#left[what] -= count;
    if (this.#left[what] >= 0) return;
    throw new Error(`a file of ${this.fileBytes} bytes that unfolds to too many ${what}`);
  }
}

/** Looks through a footer's bytes. @throws {Error} when a list in it promises more than it has. */
export function checkFooter(footer: Uint8Array): void {
  thriftStruct(new ByteCursor(footer));
}

/** @throws {Error} when columns are nested deeper than any data set's: the tree of them would take the square of that. */
export function checkSchemaDepth({ schema }: FileMetaData): void {
  const open: number[] = [];
  for (const { num_children: children } of schema) {
    while (open.at(-1) === 0) open.pop();
    if (open.length > 0) open[open.length - 1]! -= 1;
    open.push(children ?? 0);
    if (open.length > SCHEMA_DEPTH) throw new Error(`columns in columns, more than ${SCHEMA_DEPTH} deep`);
  }
}

/** Where a column's bytes are in the file. @throws {Error} when that is outside of it. */
export function chunkRange(column: ColumnMetaData, fileBytes: number): { start: number; end: number } {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (start >= 0 && end >= start && end <= fileBytes) return { start, end };
  throw new Error(`a column at bytes ${start} to ${end} of a file of ${fileBytes}`);
}

/** A column of one row group: its bytes, how the footer describes it, and its place in the schema from the root down. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly column: ColumnMetaData;
  readonly path: readonly SchemaTree[];
  readonly rows: number;
}

/**
 * Looks through the pages of a column, as the decoder will.
 *
 * @throws {Error} when they promise more than the budget, or their runs more than the pages, or there are fewer values than rows.
 */
export function checkChunk(chunk: Chunk, budget: SizeBudget, compressors: Compressors): void {
  const { bytes, path, rows } = chunk;
  const flat = path.length === 2 && path[1]!.element.repetition_type !== 'REPEATED';
  const cursor = new ByteCursor(bytes);
  let values = 0;
  while (flat ? values < rows && cursor.left > 1 : cursor.left > 1) {
    const header = thriftStruct(cursor);
    const [kind, full, packed] = [header.get(1), size(header, 2, 'bytes'), size(header, 3, 'bytes')];
    if (packed > cursor.left) throw new Error(`a page of ${packed} bytes where ${cursor.left} are left`);
    budget.spend('bytes', full);
    const page = bytes.subarray(cursor.offset, cursor.offset + packed);
    cursor.offset += packed;
    const about = header.get(kind === PAGE.data ? 5 : kind === PAGE.dictionary ? 7 : 8);
    if (!(about instanceof Map)) throw new Error('a page without the header of its kind');
    const count = size(about, 1, 'values');
    budget.spend('values', count);
    if (kind === PAGE.dictionary) continue; // plain values, each of which takes bytes of the page
    values += count;
    const within = { ...chunk, budget };
    if (kind === PAGE.data) checkPage(within, about, unpacked(chunk, page, full, compressors));
    else if (kind === PAGE.dataV2) checkPageV2(within, about, page, full, compressors);
    else throw new Error('a page of an unknown kind');
  }
  if (values < rows) throw new Error(`it promises ${rows} rows, and has ${values} values`);
}

/** A column with what the file may still unfold to. */
interface BudgetedChunk extends Chunk {
  readonly budget: SizeBudget;
}

function checkPage(chunk: BudgetedChunk, about: ThriftStruct, page: Uint8Array): void {
  const cursor = new ByteCursor(page);
  const count = size(about, 1, 'values');
  const levels = levelsOf(chunk.path);
  for (const level of [levels.repetition, levels.definition]) {
    if (level === 0) continue;
    const end = cursor.uint32() + cursor.offset;
    checkRuns(cursor, bitWidth(level), count);
    cursor.offset = end;
  }
  checkValues(chunk, cursor, about.get(2), count, false);
}

function checkPageV2(
  chunk: BudgetedChunk,
  about: ThriftStruct,
  page: Uint8Array,
  full: number,
  compressors: Compressors,
): void {
  const count = size(about, 1, 'values');
  const [nulls, definition, repetition] = [
    size(about, 2, 'values'),
    size(about, 5, 'bytes'),
    size(about, 6, 'bytes'),
  ];
  if (nulls > count) throw new Error(`a page with ${nulls} empty values of ${count}`);
  const levels = levelsOf(chunk.path);
  if (levels.repetition > 0) checkRuns(new ByteCursor(page), bitWidth(levels.repetition), count);
  if (levels.definition > 0) checkRuns(new ByteCursor(page, repetition), bitWidth(levels.definition), count);
  // The decoder goes on where the definition levels end, or at their beginning if there are none.
  const rest = page.subarray(repetition + (levels.definition > 0 ? definition : 0));
  const plain =
    about.get(7) === false ? rest : unpacked(chunk, rest, full - definition - repetition, compressors);
  checkValues(chunk, new ByteCursor(plain), about.get(4), count - nulls, true);
}

/** What of the encodings makes room by a number of its own. */
function checkValues(
  { column, path, budget }: BudgetedChunk,
  cursor: ByteCursor,
  encoding: unknown,
  count: number,
  v2: boolean,
): void {
  if (count === 0 || cursor.left === 0) return;
  if (encoding === ENCODING.split) {
    const width = column.type === 'FIXED_LEN_BYTE_ARRAY' ? (path.at(-1)?.element.type_length ?? 0) : 4;
    if (width * count > cursor.left && width > 4) throw new Error(`${count} values of ${width} bytes in ${cursor.left}`);
  } else if (encoding === ENCODING.delta) {
    cursor.varint();
    const blocks = cursor.varint();
    if (blocks < 0 || blocks > cursor.left) throw new Error(`${blocks} blocks in a page of ${cursor.left} bytes`);
  } else if (encoding === ENCODING.deltaTexts) {
    checkShared(deltaNumbers(cursor, count), deltaNumbers(cursor, count), budget);
  } else if (RUNS.some((each) => each === encoding)) {
    const switches = v2 ? encoding === ENCODING.rle : column.type === 'BOOLEAN';
    if (switches) cursor.uint32(); // how long they are
    const width = switches ? 1 : cursor.byte();
    if (width > 0 || v2) checkRuns(cursor, width, count);
  }
}

/** Texts that begin as the one before: by how much, and how long the rest is. What is shared is copied for each. */
function checkShared(shared: Int32Array, rest: Int32Array, budget: SizeBudget): void {
  let before = 0;
  for (const [i, start] of shared.entries()) {
    if (start < 0 || start > before || rest[i]! < 0) {
      throw new Error(`a text that shares ${start} bytes with the one before, which has ${before}`);
    }
    before = start + rest[i]!;
    budget.spend('bytes', before);
  }
}

/** Runs of equal numbers, and numbers packed by the eight: together no more than there are values. */
function checkRuns(cursor: ByteCursor, width: number, count: number): void {
  // Where some values are empty there are fewer numbers than values: the page's end is an end too.
  for (let seen = 0; seen < count && cursor.left > 0;) {
    const head = cursor.varint();
    const run = head & 1 ? (head >>> 1) * 8 : head >>> 1;
    // The last eight are often not all needed; a writer may announce up to 63 of them in vain.
    if (run > count - seen + (head & 1 ? 504 : 0)) throw new Error(`a run of ${run} where ${count - seen} values are left`);
    seen += run;
    cursor.offset += head & 1 ? (head >>> 1) * width : (width + 7) >> 3;
  }
}

function unpacked({ column }: Chunk, page: Uint8Array, full: number, compressors: Compressors): Uint8Array {
  if (column.codec === 'UNCOMPRESSED') return page;
  if (full < 0) throw new Error('a page whose levels are longer than itself');
  const plain = compressors[column.codec]?.(page, full);
  if (plain?.length === full) return plain;
  throw new Error(`a page of ${String(plain?.length)} bytes, expected ${full}, packed by ${column.codec}`);
}

/** The largest levels that a column's place in the schema allows. */
function levelsOf(path: readonly SchemaTree[]): { repetition: number; definition: number } {
  const kinds = path.slice(1).map(({ element }) => element.repetition_type);
  return {
    repetition: path.filter(({ element }) => element.repetition_type === 'REPEATED').length,
    definition: kinds.filter((kind) => kind !== 'REQUIRED').length,
  };
}

function bitWidth(level: number): number {
  return 32 - Math.clz32(level);
}

function size(fields: ThriftStruct, id: number, what: string): number {
  const value = fields.get(id);
  if (typeof value === 'number' && value >= 0) return value;
  throw new Error(`a page without a number of ${what}, or with one below zero`);
}
