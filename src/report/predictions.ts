/** `predictions.jsonl`: what a run made of each of its test texts, a line for each. */
import { argmax } from '../evaluate/metrics.js';
import { isGiven } from '../evaluate/multi-label.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import type { ProblemType } from '../util/problem.js';
import { plural } from '../util/wording.js';

/** What is kept of a test text, whatever it is labelled with. */
export interface TestText {
  /** Where it came from, such as `line 17`. */
  readonly place: string;
  /** Word pieces of the whole text, without special tokens, and how many of them were cut off. */
  readonly tokens: number;
  readonly cut: number;
  /** Of errors that are shown: the text, or its beginning. */
  readonly text?: string | undefined;
  /** Whether `text` is only a beginning. */
  readonly shortened?: boolean | undefined;
}

/** A test text after its classification. */
export interface Prediction extends TestText {
  /** The class that it should have, and the one that it got. */
  readonly labelId: number;
  readonly predictedId: number;
  /** [C] */
  readonly logits: readonly number[];
}

/** A test text after it got any number of labels. */
export interface LabelSetPrediction extends TestText {
  /** The labels that it should have, ascending. */
  readonly labelIds: readonly number[];
  /** [C] */
  readonly logits: readonly number[];
}

/** A test text after its number was predicted. */
export interface NumberPrediction extends TestText {
  /** The true number. */
  readonly value: number;
  readonly predicted: number;
}

/** Predictions of a kind of problem. */
export type Predictions =
  | { readonly problemType: 'single_label_classification'; readonly predictions: readonly Prediction[] }
  | {
      readonly problemType: 'multi_label_classification';
      readonly predictions: readonly LabelSetPrediction[];
    }
  | { readonly problemType: 'regression'; readonly predictions: readonly NumberPrediction[] };

/**
 * A line for each text, of one class, of several labels, or of numbers:
 *
 * ```
 * {"place":"line 2","label":"negative","prediction":"negative","logits":[2.13,-1.9],"tokens":231,"cut":41}
 * {"place":"line 2","labels":["news"],"predictions":["news","sports"],"logits":[2.13,0.4],"tokens":31,"cut":0}
 * {"place":"line 2","value":3.5,"prediction":3.12,"tokens":31,"cut":0}
 * ```
 */
export function writePredictions(kept: Predictions, labels: readonly string[]): string {
  const names = (ids: readonly number[]): string[] => ids.map((id) => labels[id]!);
  switch (kept.problemType) {
    case 'single_label_classification':
      return linesOf(kept.predictions, ({ labelId, predictedId, logits }) => ({
        ...{ label: labels[labelId], prediction: labels[predictedId] },
        logits: logits.map(float),
      }));
    case 'multi_label_classification':
      return linesOf(kept.predictions, ({ labelIds, logits }) => ({
        labels: names(labelIds),
        predictions: names(logits.flatMap((logit, id) => (isGiven(logit) ? [id] : []))),
        logits: logits.map(float),
      }));
    case 'regression':
      return linesOf(kept.predictions, ({ value, predicted }) => ({ value, prediction: float(predicted) }));
  }
}

function linesOf<T extends TestText>(predictions: readonly T[], row: (prediction: T) => object): string {
  return predictions
    .map((prediction) => {
      const { place, tokens, cut, text, shortened } = prediction;
      const rest = { tokens, cut, text, shortened: shortened || undefined };
      return `${JSON.stringify({ place, ...row(prediction), ...rest })}\n`;
    })
    .join('');
}

/**
 * @param name the file's, for errors
 * @throws `ModelError` that names the line
 */
export function parsePredictions(
  text: string,
  problemType: ProblemType,
  labels: readonly string[],
  name: string,
): Predictions {
  switch (problemType) {
    case 'single_label_classification':
      return { problemType, predictions: parseLines(text, name, (...row) => classOf(...row, labels)) };
    case 'multi_label_classification':
      return { problemType, predictions: parseLines(text, name, (...row) => labelSetOf(...row, labels)) };
    case 'regression':
      return { problemType, predictions: parseLines(text, name, numberOf) };
  }
}

type Row = Readonly<Record<string, unknown>>;
type Fail = (what: string) => ModelError;

function parseLines<T extends object>(
  text: string,
  name: string,
  parse: (row: Row, fail: Fail) => T,
): (T & TestText)[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => {
      const fail: Fail = (what) =>
        new ModelError(
          `${name}, line ${i + 1}: ${what}. It was changed since the run: make it again with --data.`,
        );
      const row = objectOf(line, fail);
      return { ...parse(row, fail), ...testTextOf(row, fail) };
    });
}

function objectOf(line: string, fail: Fail): Row {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw fail(`not JSON (${String(error)})`);
  }
  if (!isObject(row)) throw fail('expected an object');
  return row;
}

function testTextOf({ place, tokens, cut, text, shortened }: Row, fail: Fail): TestText {
  if (typeof tokens !== 'number' || typeof cut !== 'number')
    throw fail('expected numbers of "tokens" and "cut"');
  return {
    ...{ place: String(place), tokens, cut },
    ...(typeof text === 'string' && { text, shortened: shortened === true }),
  };
}

function classOf(
  { label, logits }: Row,
  fail: Fail,
  labels: readonly string[],
): Omit<Prediction, keyof TestText> {
  const labelId = labels.indexOf(label as string);
  if (labelId < 0) throw fail(`"label" is ${JSON.stringify(label)}, which the model does not know`);
  const numbers = logitsOf(logits, fail, labels);
  return { labelId, predictedId: argmax(numbers), logits: numbers };
}

function labelSetOf(
  { labels: given, logits }: Row,
  fail: Fail,
  labels: readonly string[],
): Omit<LabelSetPrediction, keyof TestText> {
  if (!Array.isArray(given)) throw fail(`"labels" is ${JSON.stringify(given)}, expected a list`);
  const labelIds = given.map((label) => {
    const id = labels.indexOf(label as string);
    if (id < 0) throw fail(`"labels" has ${JSON.stringify(label)}, which the model does not know`);
    return id;
  });
  return { labelIds, logits: logitsOf(logits, fail, labels) };
}

function numberOf({ value, prediction }: Row, fail: Fail): Omit<NumberPrediction, keyof TestText> {
  if (typeof value !== 'number' || typeof prediction !== 'number')
    throw fail('expected numbers of "value" and "prediction"');
  return { value, predicted: prediction };
}

function logitsOf(logits: unknown, fail: Fail, labels: readonly string[]): number[] {
  const isLogits = Array.isArray(logits) && logits.length === labels.length && logits.every(Number.isFinite);
  if (!isLogits)
    throw fail(`"logits" is ${JSON.stringify(logits)}, expected ${plural(labels.length, 'number')}`);
  return logits as number[];
}

/** The shortest decimal that is the same float32. */
function float(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return Number(value.toPrecision(9));
}
