import { DataError } from '../util/errors.js';
import { excerpt, plural } from '../util/wording.js';
import { clean, type Cleaning } from './clean.js';
import { type ColumnOptions, type Columns, findColumns } from './columns.js';
import { placeOf, type DataSource, type Example } from './example.js';
import { readRows, type Row } from './table.js';

/** How a file is read. */
export interface ReadOptions extends Omit<ColumnOptions, 'fileName'> {
  /** @default 'html' */
  clean?: Cleaning;
  /** Called for a row without a text or a label, which is then left out. @default it is refused */
  onGap?: (what: 'text' | 'label', place: string) => void;
  /** What becomes of each example of a list. @default it is held as it is */
  keep?: ((example: Example) => Example) | undefined;
  /** Told once what is to be known of how the file was read. */
  onNote?: ((message: string) => void) | undefined;
  /** Whether a row without a label is one that has none of several labels. @default false */
  allowsNoLabel?: boolean | undefined;
}

/** An example with the row that it was made from. */
export interface ReadExample extends Example {
  /** The row as it is in the file, for writing it back. */
  source: Row;
}

/** A file's examples. */
export interface ReadResult {
  examples: Example[];
  /** Which columns were read. */
  columns: Columns;
  /** All columns, in the file's order. */
  header: readonly string[];
}

/**
 * Reads all examples of a file.
 *
 * ```ts
 * const { examples, columns } = await readExamples({ name: 'reviews.csv', format: 'csv', bytes });
 * console.log(columns); // { text: 'review', label: 'sentiment' }
 * console.log(examples[0]); // { text: 'A fine film', label: 'positive', row: 1, line: 2 }
 * ```
 */
export async function readExamples(source: DataSource, options: ReadOptions = {}): Promise<ReadResult> {
  const examples: Example[] = [];
  let columns: Columns | undefined;
  let header: readonly string[] = [];
  const rows = examplesOf(source, options, (found, all) => {
    columns = found;
    header = all;
  });
  const { keep = (example: Example): Example => example } = options;
  for await (const { source: _row, ...example } of rows) examples.push(keep(example));
  return { examples, columns: columns!, header }; // a file without rows was refused by readRows
}

/**
 * Yields a file's examples as they are read, each with its row. A row without a text (or, where needed,
 * without a label) ends it with a `DataError`, which lists the first such rows of the whole file.
 *
 * ```ts
 * for await (const example of streamExamples(source, { needLabel: false })) {
 *   console.log(example.text, example.source.values.get('id'));
 * }
 * ```
 */
export function streamExamples(source: DataSource, options: ReadOptions = {}): AsyncGenerator<ReadExample> {
  return examplesOf(source, options, () => undefined);
}

async function* examplesOf(
  source: DataSource,
  options: ReadOptions,
  onHeader: (columns: Columns, header: readonly string[]) => void,
): AsyncGenerator<ReadExample> {
  const { clean: cleaning = 'html', onGap, onNote, allowsNoLabel = false, ...wanted } = options;
  const noText: string[] = []; // places
  const noLabel: string[] = [];
  let columns: Columns | undefined;
  for await (const row of readRows(source)) {
    if (columns === undefined) {
      columns = findColumns(row.columns, { ...wanted, fileName: source.name });
      onHeader(columns, row.columns);
      if (row.headerless) onNote?.(withoutHeader(source.name, row.columns, columns));
    }
    const text = clean(valueOf(source, row, columns.text), cleaning);
    const textPair =
      columns.textPair === undefined ? undefined : clean(valueOf(source, row, columns.textPair), cleaning);
    const labels = columns.label === undefined ? undefined : listOfLabels(source, row, columns.label);
    const label = columns.label === undefined ? undefined : (row.values.get(columns.label) ?? '').trim();
    const hasText = text.trim() !== '' && textPair?.trim() !== '';
    const hasLabel = label !== '' || allowsNoLabel;
    if (onGap && !(hasText && hasLabel)) {
      onGap(hasText ? 'label' : 'text', placeOf(row));
      continue;
    }
    if (!hasText) noText.push(placeOf(row));
    if (!hasLabel) noLabel.push(placeOf(row));
    // After a fault the rest is only looked through, to say how many there are.
    if (noText.length > 0 || noLabel.length > 0) continue;
    const { line, file } = row;
    const place = { row: row.row, ...(line !== undefined && { line }), ...(file !== undefined && { file }) };
    yield {
      ...{ text, ...place, source: row },
      ...(textPair !== undefined && { textPair }),
      ...(label !== undefined && { label }),
      ...(labels && { labels }),
    };
  }
  refuseMissing(source.name, 'text', textColumns(columns), noText);
  refuseMissing(source.name, 'label', columns?.label, noLabel);
}

/** `reviews.csv has no header: its first line is a row like the others, its column 2 the text, column 1 the label.` */
function withoutHeader(name: string, all: readonly string[], { text, textPair, label }: Columns): string {
  const place = (column: string, what: string): string => `column ${all.indexOf(column) + 1} the ${what}`;
  const places = [
    place(text, 'text'),
    ...(textPair === undefined ? [] : [place(textPair, 'second text')]),
    ...(label === undefined ? [] : [place(label, 'label')]),
  ];
  return `${name} has no header: its first line is read as a row, ${places.join(', ')}.`;
}

function valueOf(source: DataSource, row: Row, column: string): string {
  if (row.nested?.has(column)) {
    throw new DataError(
      `${source.name}, ${placeOf(row)}: "${column}" holds a list or an object, where a text is expected. ` +
        `Put the text itself there, or name another column.`,
    );
  }
  return row.values.get(column) ?? '';
}

/** The labels of a row that has a list of them; `undefined` where it has one. */
function listOfLabels(source: DataSource, row: Row, column: string): readonly string[] | undefined {
  if (!row.nested?.has(column)) return undefined;
  const list: unknown = JSON.parse(row.values.get(column)!);
  const isName = (item: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof item);
  if (Array.isArray(list) && list.every(isName)) return list.map((item) => String(item).trim());
  throw new DataError(
    `${source.name}, ${placeOf(row)}: "${column}" holds ${excerpt(JSON.stringify(list))}, where a label or a list of ` +
      `labels is expected.`,
  );
}

const textColumns = (columns: Columns | undefined): string | undefined =>
  columns?.textPair === undefined ? columns?.text : `${columns.text}" or "${columns.textPair}`;

function refuseMissing(name: string, what: string, column: string | undefined, places: string[]): void {
  if (column === undefined || places.length === 0) return;
  const many = places.length > 1;
  throw new DataError(
    `${name}: ${plural(places.length, 'row has', 'rows have')} no ${what} in the column "${column}" ` +
      `(${listPlaces(places)}). Fill in the ${what}, or remove ${many ? 'those rows' : 'that row'}.`,
  );
}

/** `line 3`, or `lines 3, 5, ...`. */
function listPlaces(places: readonly string[]): string {
  const shown = places.slice(0, 5);
  const more = places.length > 5 ? ', ...' : '';
  const counted = shown.map((place) => /^(line|row) (\d+)$/.exec(place));
  if (counted.some((match) => !match)) return shown.join(', ') + more;
  return `${counted[0]![1]}${places.length > 1 ? 's' : ''} ${counted.map((match) => match![2]).join(', ')}${more}`;
}
