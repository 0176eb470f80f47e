import { DataError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { quoteList } from '../util/wording.js';

/** What columns of texts are usually called, the surest names first. */
export const TEXT_COLUMNS = [
  'review',
  'text',
  'sentence',
  'content',
  'comment',
  'body',
  'message',
  'tweet',
  'document',
  'review text',
  'review body',
  'phrase',
  'post',
  'headline',
  'reviews',
  'texts',
  'sentences',
  'comments',
  'messages',
  'tweets',
] as const;

/** What columns of two texts that belong together are usually called. */
export const PAIR_COLUMNS = [
  ['sentence1', 'sentence2'],
  ['premise', 'hypothesis'],
  ['question1', 'question2'],
  ['text1', 'text2'],
  ['text a', 'text b'],
  ['question', 'sentence'],
  ['query', 'passage'],
] as const;

/** What columns of labels are usually called, the surest names first; `label_text` has the names of the numbers in `label`. */
export const LABEL_COLUMNS = [
  'sentiment',
  'label text',
  'label',
  'labels',
  'category',
  'class',
  'target',
  'stars',
  'rating',
  'polarity',
  'emotion',
  'intent',
  'topic',
] as const;

/** Which columns are wanted. */
export interface ColumnOptions {
  /** The column that holds the texts. @default found by its usual names, see {@link TEXT_COLUMNS} */
  textColumn?: string;
  /** The column that holds the second text of each pair. @default none, but for {@link PAIR_COLUMNS} */
  textPairColumn?: string;
  /** The column that holds the labels. @default found by its usual names, see {@link LABEL_COLUMNS} */
  labelColumn?: string;
  /**
   * Whether there must be labels. When not, one is used only if `labelColumn` names it, or `if found` by its usual names.
   *
   * @default true
   */
  needLabel?: boolean | 'if found';
  /** Shown in messages. @default 'the data' */
  fileName?: string;
}

/** The columns to read, by their names in the file. */
export interface Columns {
  text: string;
  /** The second text of each pair. */
  textPair?: string;
  label?: string;
}

/**
 * Finds the columns of text and label. Case, spaces, `_` and `-` in names don't matter, so `--text-column
 * review_text` finds `Review Text`; a name written exactly goes first.
 *
 * ```ts
 * findColumns(['id', 'Review', 'sentiment']); // { text: 'Review', label: 'sentiment' }
 * findColumns(['title', 'body'], { needLabel: false }); // { text: 'body' }
 * findColumns(['sentence1', 'sentence2', 'label']); // { text: 'sentence1', textPair: 'sentence2', label: 'label' }
 * ```
 */
export function findColumns(columns: readonly string[], options: ColumnOptions = {}): Columns {
  const { labelColumn, needLabel = true, fileName = 'the data' } = options;
  const texts = findTexts(columns, options, fileName);
  const labelRole = { named: labelColumn, usual: LABEL_COLUMNS, option: '--label-column' };
  if (needLabel === false && labelColumn === undefined) return texts;
  const label = find(columns, labelRole, fileName);
  if (label === undefined && needLabel === 'if found') return texts;
  if (label === undefined) throw notFound(fileName, columns, 'labels', labelRole);
  for (const [text, what] of [
    [texts.text, 'texts'],
    [texts.textPair, 'second texts'],
  ] as const) {
    if (text === label) throw namedTwice(fileName, columns, label, what, 'labels');
  }
  return { ...texts, label };
}

/** The column of the texts and, where there are pairs, that of the second ones. */
function findTexts(
  columns: readonly string[],
  { textColumn, textPairColumn }: ColumnOptions,
  fileName: string,
): Pick<Columns, 'text' | 'textPair'> {
  const textRole = { named: textColumn, usual: TEXT_COLUMNS, option: '--text-column' };
  const usualPair = (): readonly string[] | undefined =>
    PAIR_COLUMNS.map((names) => names.map((name) => findUsual(columns, [name]))).find(
      (pair): pair is string[] => !pair.includes(undefined),
    );
  const text = find(columns, textRole, fileName);
  const pairs = text === undefined || textPairColumn !== undefined ? usualPair() : undefined;
  const first = text ?? pairs?.find((column) => column !== textPairColumn);
  if (first === undefined) throw notFound(fileName, columns, 'texts', textRole);
  if (textPairColumn === undefined) {
    return text === undefined && pairs ? { text: first, textPair: pairs[1]! } : { text: first };
  }
  const textPair = findNamed(fileName, columns, textPairColumn, '--text-pair-column');
  if (textPair === first) throw namedTwice(fileName, columns, first, 'texts', 'second texts');
  return { text: first, textPair };
}

function find(columns: readonly string[], role: Role, fileName: string): string | undefined {
  if (role.named !== undefined) return findNamed(fileName, columns, role.named, role.option);
  const column = findUsual(columns, role.usual);
  if (column === undefined || !columns.includes(numbered(column, 2))) return column;
  throw new DataError(
    `${fileName}: the column "${column}" occurs twice. Rename one of the two, or say which one is meant: ` +
      `${role.option} "${column}" for the first, "${numbered(column, 2)}" for the second.`,
  );
}

function namedTwice(
  fileName: string,
  columns: readonly string[],
  column: string,
  one: string,
  other: string,
): DataError {
  return new DataError(
    `${fileName}: the column "${column}" is named both for the ${one} and for the ${other}. ` +
      `The columns are ${quoteList(columns)}.`,
  );
}

/** A name that is there already, for the columns that have it too: the second is `text (2)`. */
export function numbered(name: string, number: number): string {
  return `${name} (${number})`;
}

/** Whether columns are usually called this. */
export function isUsualColumn(name: string): boolean {
  return USUAL.has(plain(name));
}

interface Role {
  named: string | undefined;
  usual: readonly string[];
  option: string;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

const USUAL: ReadonlySet<string> = new Set(
  [...TEXT_COLUMNS, ...LABEL_COLUMNS, ...PAIR_COLUMNS.flat(), 'id', 'title', 'name', 'date'].map(plain),
);

function findUsual(columns: readonly string[], usual: readonly string[]): string | undefined {
  for (const name of usual) {
    const column = columns.find((candidate) => plain(candidate) === plain(name));
    if (column !== undefined) return column;
  }
  return undefined;
}

function findNamed(fileName: string, columns: readonly string[], name: string, option: string): string {
  const column = columns.includes(name)
    ? name
    : columns.find((candidate) => plain(candidate) === plain(name));
  if (column !== undefined) return column;
  const meant = nearest(name, columns);
  throw new DataError(
    `${fileName} has no column "${name}" (${option}). The columns are ${quoteList(columns)}.` +
      (meant === undefined ? '' : ` Did you mean "${meant}"?`),
  );
}

function notFound(fileName: string, columns: readonly string[], what: string, role: Role): DataError {
  return new DataError(
    `${fileName}: none of the columns ${quoteList(columns)} has a usual name for ${what} ` +
      `(${role.usual.slice(0, 4).join(', ')}, ...). Say which one holds the ${what}: ${role.option} <name>. ` +
      `The file's first line must name the columns.`,
  );
}
