/** What kind of problem labelled texts are, found from their labels; and labels as the numbers that are learnt. */
import { DataError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import type { ProblemType, Targets } from '../util/problem.js';
import { excerpt, plural, quoteList } from '../util/wording.js';
import { placeOf, type Example } from './example.js';
import {
  anySeparatorIn,
  areIndicators,
  LABEL_SEPARATORS,
  listOf,
  partsOf,
  placesOfOnes,
  separatorIn,
  type LabelSeparator,
} from './label-sets.js';
import { encodeLabels, inLabelOrder, labelsOf } from './labels.js';

/** More different numbers than this are a measure, unless they are 0, 1, 2, ... as classes are numbered. */
const MOST_NUMBERED_CLASSES = 20;

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** As `transformers` names the only output of a model that nobody named. */
const NUMBER_LABEL = 'LABEL_0';

export interface Problem {
  readonly problemType: ProblemType;
  /** How it was found, for people; `undefined` where it was asked for. */
  readonly reason: string | undefined;
  /** What else the labels may be meant as, and how to say so. */
  readonly note?: string;
  /** Of several labels in one string. */
  readonly separator?: LabelSeparator;
}

/**
 * The kind of problem: lists are several labels, and so are strings whose parts recur (`action|comedy`); numbers are classes
 * when they are whole and few or numbered from 0 on, else numbers to predict; all else are classes.
 *
 * ```ts
 * findProblem(examples); // { problemType: 'multi_label_classification', reason: '"|" separates labels', separator: '|' }
 * ```
 *
 * @param asked the kind that was said; labels that don't fit it are a `DataError`
 */
export function findProblem(
  examples: readonly Example[],
  fileName = 'the data',
  asked?: ProblemType,
): Problem {
  const lists = examples.filter((example) => listOf(example) !== undefined).length;
  const distinct = [...new Set(examples.map(({ label = '' }) => label.trim()))];
  if (asked === 'multi_label_classification' || (asked === undefined && lists > 0)) {
    if (lists > 0) return { problemType: 'multi_label_classification', reason: asked ? undefined : 'lists of labels' };
    const separator = anySeparatorIn(distinct);
    return { problemType: 'multi_label_classification', reason: undefined, ...(separator && { separator }) };
  }
  if (asked !== undefined) {
    const list = examples.find((example) => listOf(example) !== undefined);
    if (list) throw wrongKind(fileName, list, asked, 'a list of labels');
    if (asked === 'regression') {
      const other = examples.find(({ label = '' }) => !NUMBER.test(label.trim()));
      if (other) throw wrongKind(fileName, other, asked, `"${excerpt(other.label ?? '', 30)}"`);
    }
    return { problemType: asked, reason: undefined };
  }
  if (distinct.every((label) => NUMBER.test(label))) return numeric(distinct, examples.length);
  const separator = separatorIn(distinct);
  if (separator) {
    return {
      ...{ problemType: 'multi_label_classification', separator },
      reason: `"${separator}" separates labels that recur`,
      note: 'if each is one class: --problem-type single_label_classification',
    };
  }
  return { problemType: 'single_label_classification', reason: 'one class for each text' };
}

function numeric(distinct: readonly string[], examples: number): Problem {
  const values = distinct.map(Number);
  const different = new Set(values).size;
  const whole = values.every(Number.isInteger);
  const numbered = whole && Math.min(...values) === 0 && Math.max(...values) === different - 1;
  // Numbers of rows are neither; `labelsOf` says so.
  const areClasses = whole && (different <= MOST_NUMBERED_CLASSES || numbered || different === examples);
  if (!areClasses) {
    return {
      problemType: 'regression',
      reason: whole
        ? `${different} different numbers`
        : `numbers that are not whole, such as ${distinct.find((label) => !Number.isInteger(Number(label)))!}`,
      note: 'if they are classes: --problem-type single_label_classification',
    };
  }
  return {
    problemType: 'single_label_classification',
    reason: `${plural(different, 'different whole number')}, taken as classes`,
    ...(different > 2 && { note: 'to predict the number itself: --problem-type regression' }),
  };
}

/**
 * The names of a problem's labels by their ids: classes and labels in their stable order; of numbers the one name that
 * `transformers` gives.
 */
export function labelNames(
  examples: readonly Example[],
  problem: Problem,
  fileName = 'the data',
): string[] {
  switch (problem.problemType) {
    case 'single_label_classification':
      return labelsOf(examples, fileName);
    case 'regression':
      return [NUMBER_LABEL];
    case 'multi_label_classification': {
      const sets = examples.map((example) => listOf(example) ?? splitLabel(example, problem.separator));
      const names = areIndicators(sets)
        ? sets[0]!.map((_, id) => `LABEL_${id}`)
        : inLabelOrder([...new Set(sets.flat())]);
      if (names.length > 0) return names;
      throw new DataError(`${fileName}: no text has any label. Is this the right column (--label-column)?`);
    }
  }
}

function splitLabel({ label = '' }: Example, separator: LabelSeparator | undefined): string[] {
  return separator ? partsOf(label, separator) : label.trim() === '' ? [] : [label.trim()];
}

/**
 * What is learnt of each example: its class, its labels or its number.
 *
 * ```ts
 * encodeTargets(examples, 'multi_label_classification', ['action', 'comedy']).labelSets; // [ [ 0, 1 ], [], [ 1 ] ]
 * ```
 *
 * @param labels by id
 * @throws `DataError` for a label that is not among them or no number, with its place
 */
export function encodeTargets(
  examples: readonly Example[],
  problemType: ProblemType,
  labels: readonly string[],
  fileName = 'the data',
): Targets {
  switch (problemType) {
    case 'single_label_classification':
      return { problemType, labelIds: encodeLabels(examples, labels, fileName) };
    case 'multi_label_classification':
      return { problemType, labelSets: encodeSets(examples, labels, fileName) };
    case 'regression':
      return { problemType, values: Float64Array.from(examples, (example) => numberOf(example, fileName)) };
  }
}

function encodeSets(
  examples: readonly Example[],
  labels: readonly string[],
  fileName: string,
): readonly (readonly number[])[] {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const lists = examples.map(listOf);
  const indicators = areIndicators(lists.filter((list) => list !== undefined));
  return examples.map((example, i) => {
    const list = lists[i];
    if (list && indicators) {
      if (list.length === labels.length) return placesOfOnes(list);
      throw new DataError(
        `${fileName}, ${placeOf(example)}: a list of ${list.length} zeros and ones, where there are ${labels.length} labels.`,
      );
    }
    const names = list ?? knownParts((example.label ?? '').trim(), ids);
    const set = new Set(names.map((name) => ids.get(name) ?? unknown(name, example, labels, fileName)));
    return [...set].sort((a, b) => a - b);
  });
}

/** A field's labels: it is one itself, or the first separator that leaves only known ones takes it apart. */
function knownParts(label: string, ids: ReadonlyMap<string, number>): readonly string[] {
  if (label === '') return [];
  if (ids.has(label)) return [label];
  const ways = LABEL_SEPARATORS.map((separator) => partsOf(label, separator)).filter((parts) => parts.length > 1);
  return ways.find((parts) => parts.every((part) => ids.has(part))) ?? ways[0] ?? [label];
}

function unknown(name: string, example: Example, labels: readonly string[], fileName: string): never {
  const meant = nearest(name, labels);
  throw new DataError(
    `${fileName}, ${placeOf(example)}: unknown label "${excerpt(name)}". The model knows ${quoteList(labels, 10)}.` +
      (meant === undefined ? ' Correct the label, or remove the row.' : ` Did you mean "${meant}"?`),
  );
}

function numberOf(example: Example, fileName: string): number {
  const label = example.label?.trim() ?? '';
  if (NUMBER.test(label)) return Number(label);
  throw new DataError(
    `${fileName}, ${placeOf(example)}: "${excerpt(label)}" is no number, which the model predicts. ` +
      `Correct it, or remove the row.`,
  );
}

function wrongKind(fileName: string, example: Example, asked: ProblemType, found: string): DataError {
  const expected = asked === 'regression' ? 'a number for each text' : 'one class for each text';
  return new DataError(
    `${fileName}, ${placeOf(example)}: ${found}, where --problem-type ${asked} expects ${expected}.`,
  );
}
