/** `predictions.jsonl`: what a run made of each of its test texts, a line for each. */
import { argmax } from '../evaluate/metrics.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';

/** A test text after its classification. */
export interface Prediction {
  /** Where it came from, such as `line 17`. */
  readonly place: string;
  /** The class that it should have, and the one that it got. */
  readonly labelId: number;
  readonly predictedId: number;
  /** [C] */
  readonly logits: readonly number[];
  /** Word pieces of the whole text, without special tokens, and how many of them were cut off. */
  readonly tokens: number;
  readonly cut: number;
  /** Of errors that are shown: the text, or its beginning. */
  readonly text?: string | undefined;
  /** Whether `text` is only a beginning. */
  readonly shortened?: boolean | undefined;
}

/**
 * ```
 * {"place":"line 2","label":"negative","prediction":"negative","logits":[2.13,-1.9],"tokens":231,"cut":41}
 * ```
 */
export function writePredictions(predictions: readonly Prediction[], labels: readonly string[]): string {
  return predictions
    .map(({ place, labelId, predictedId, logits, tokens, cut, text, shortened }) => {
      const row = {
        place,
        label: labels[labelId],
        prediction: labels[predictedId],
        logits: logits.map(float),
      };
      return `${JSON.stringify({ ...row, tokens, cut, text, shortened: shortened || undefined })}\n`;
    })
    .join('');
}

/**
 * @param name the file's, for errors
 * @throws `ModelError` that names the line
 */
export function parsePredictions(text: string, labels: readonly string[], name: string): Prediction[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => parseLine(line, labels, `${name}, line ${i + 1}`));
}

function parseLine(line: string, labels: readonly string[], where: string): Prediction {
  const fail = (what: string): ModelError =>
    new ModelError(`${where}: ${what}. It was changed since the run: make it again with --data.`);
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw fail(`not JSON (${String(error)})`);
  }
  if (!isObject(row)) throw fail('expected an object');
  const { place, label, logits, tokens, cut, text, shortened } = row;
  const labelId = labels.indexOf(label as string);
  if (labelId < 0) throw fail(`"label" is ${JSON.stringify(label)}, which the model does not know`);
  const isLogits = Array.isArray(logits) && logits.length === labels.length && logits.every(Number.isFinite);
  if (!isLogits) throw fail(`"logits" is ${JSON.stringify(logits)}, expected ${labels.length} numbers`);
  if (typeof tokens !== 'number' || typeof cut !== 'number')
    throw fail('expected numbers of "tokens" and "cut"');
  return {
    place: String(place),
    ...{ labelId, predictedId: argmax(logits as number[]), logits: logits as number[], tokens, cut },
    ...(typeof text === 'string' && { text, shortened: shortened === true }),
  };
}

/** The shortest decimal that is the same float32. */
function float(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return Number(value.toPrecision(9));
}
