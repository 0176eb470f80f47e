import { DataError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { excerpt, quoteList } from '../util/wording.js';
import { placeOf, type Example } from './example.js';

/** More classes than this are surely not classes. */
const MOST_LABELS = 1000;
/** Below this many examples, a label each may be on purpose (a file written to try things out). */
const FEW_EXAMPLES = 10;

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const LEADING_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)/;

/**
 * The distinct labels in a stable order, which is the order of the classes: by number when all are numbers
 * or begin with one ("10 stars" after "9 stars"), else by code point.
 *
 * ```ts
 * labelsOf(examples); // [ 'negative', 'positive' ]
 * ```
 */
export function labelsOf(examples: readonly Example[], fileName = 'the data'): string[] {
  const labels = [...new Set(examples.map((example) => labelOf(example, fileName)))];
  if (labels.length === 0) throw new DataError(`${fileName} has no examples.`);
  if (labels.length === 1) {
    throw new DataError(
      `${fileName} has only one class: every label is "${excerpt(labels[0]!)}". ` +
        `Training needs at least two; is this the right column (--label-column)?`,
    );
  }
  const allDistinct = labels.length === examples.length && examples.length > FEW_EXAMPLES;
  if (allDistinct || labels.length > MOST_LABELS) {
    const shown = labels.slice(0, 3).map((label) => excerpt(label, 30));
    const found = allDistinct
      ? `each of the ${examples.length} rows has a label of its own`
      : `there are ${labels.length} different labels, at most ${MOST_LABELS} are supported`;
    throw new DataError(
      `${fileName}: ${found} (${quoteList(shown)}, ...). ` +
        `Is this the right column? Name the one with the classes: --label-column <name>.`,
    );
  }
  return inLabelOrder(labels);
}

/** Labels sorted, in place: by number when all are numbers or begin with one, else by code point. */
export function inLabelOrder(labels: string[]): string[] {
  return labels.sort(labelOrder(labels));
}

/**
 * Each example's class, as its place in `labels`.
 *
 * ```ts
 * encodeLabels(examples, ['negative', 'positive'], 'test.csv'); // Int32Array [ 1, 0, ... ]
 * ```
 */
export function encodeLabels(
  examples: readonly Example[],
  labels: readonly string[],
  fileName = 'the data',
): Int32Array {
  const ids = new Map(labels.map((label, id) => [label, id]));
  return Int32Array.from(examples, (example) => {
    const label = labelOf(example, fileName);
    const id = ids.get(label);
    if (id !== undefined) return id;
    const meant = nearest(label, labels);
    throw new DataError(
      `${fileName}, ${placeOf(example)}: unknown label "${excerpt(label)}". The model knows ${quoteList(labels, 10)}.` +
        (meant === undefined ? ' Correct the label, or remove the row.' : ` Did you mean "${meant}"?`),
    );
  });
}

function labelOf(example: Example, fileName: string): string {
  const label = example.label?.trim() ?? '';
  if (label === '') throw new DataError(`${fileName}, ${placeOf(example)}: no label. Fill it in.`);
  return label;
}

function labelOrder(labels: readonly string[]): (a: string, b: string) => number {
  for (const form of [NUMBER, LEADING_NUMBER]) {
    if (labels.every((label) => form.test(label))) {
      const valueOf = (label: string): number => Number(form.exec(label)![0]);
      return (a, b) => valueOf(a) - valueOf(b) || byCodePoint(a, b);
    }
  }
  return byCodePoint;
}

/** As Python sorts, which matters beside `<` only for characters beyond U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const as = Array.from(a, (character) => character.codePointAt(0)!);
  const bs = Array.from(b, (character) => character.codePointAt(0)!);
  for (let i = 0; i < Math.min(as.length, bs.length); i++) {
    if (as[i] !== bs[i]) return as[i]! - bs[i]!;
  }
  return as.length - bs.length;
}

/** What to call an example's class in an error: `a.csv, line 3: the class "good"`. */
export function classAt(example: Example, fileName: string): string {
  return `${fileName}, ${placeOf(example)}: the class "${excerpt(labelOf(example, fileName))}"`;
}
