/** Tables without a header. */
import { isUsualColumn } from './columns.js';

/** A text has at least so many words; names of columns have fewer. */
const LEAST_WORDS = 4;

/**
 * Names for the columns of a table whose first row is no header; `undefined` where it is one. It is none where no name in it
 * is a usual one and it has both a text of several words and, in another column, a value that is met again below: what is
 * met again is a label, `label`, the longest text is `text`.
 *
 * ```ts
 * columnsWithoutHeader([['positive', 'A film that I liked'], ['negative', 'Dull'], ['positive', 'Fine']]);
 * // [ 'label', 'text' ]
 * ```
 *
 * @param rows the first rows, with that in question
 */
export function columnsWithoutHeader(
  rows: readonly (readonly string[])[],
): readonly string[] | undefined {
  const [first = [], ...others] = rows;
  const below = others.filter(({ length }) => length === first.length);
  if (below.length < 2 || first.some(isUsualColumn)) return undefined;
  const words = first.map((field) => field.trim().split(/\s+/).length);
  const text = words.indexOf(Math.max(...words));
  if (words[text]! < LEAST_WORDS) return undefined;
  const distinct = first.map((_, column) => new Set(below.map((row) => row[column]!.trim())));
  const labels = first.flatMap((field, column) => {
    const values = distinct[column]!;
    const recurs = values.has(field.trim()) && values.size > 1 && values.size <= below.length / 2;
    return column !== text && recurs && field.trim() !== '' ? [column] : [];
  });
  if (labels.length === 0) return undefined;
  const label = labels.reduce((a, b) => (distinct[b]!.size < distinct[a]!.size ? b : a));
  return first.map((_, column) =>
    column === text ? 'text' : column === label ? 'label' : `column ${column + 1}`,
  );
}
