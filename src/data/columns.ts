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

/** What columns of labels are usually called, the surest names first. */
export const LABEL_COLUMNS = [
  'sentiment',
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
  label?: string;
}

/**
 * Finds the columns of text and label. Case, spaces, `_` and `-` in names don't matter, so `--text-column
 * review_text` finds `Review Text`; a name written exactly goes first.
 *
 * ```ts
 * findColumns(['id', 'Review', 'sentiment']); // { text: 'Review', label: 'sentiment' }
 * findColumns(['title', 'body'], { needLabel: false }); // { text: 'body' }
 * ```
 */
export function findColumns(columns: readonly string[], options: ColumnOptions = {}): Columns {
  const { textColumn, labelColumn, needLabel = true, fileName = 'the data' } = options;
  const find = (role: Role): string | undefined =>
    role.named === undefined
      ? findUsual(columns, role.usual)
      : findNamed(fileName, columns, role.named, role.option);

  const textRole = { named: textColumn, usual: TEXT_COLUMNS, option: '--text-column' };
  const labelRole = { named: labelColumn, usual: LABEL_COLUMNS, option: '--label-column' };
  const text = find(textRole);
  if (text === undefined) throw notFound(fileName, columns, 'texts', textRole);
  if (needLabel === false && labelColumn === undefined) return { text };
  const label = find(labelRole);
  if (label === undefined && needLabel === 'if found') return { text };
  if (label === undefined) throw notFound(fileName, columns, 'labels', labelRole);
  if (text === label) {
    throw new DataError(
      `${fileName}: the column "${text}" is named both for the texts and for the labels. ` +
        `The columns are ${quoteList(columns)}.`,
    );
  }
  return { text, label };
}

interface Role {
  named: string | undefined;
  usual: readonly string[];
  option: string;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

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
