import { DataError, messageOf } from '../util/errors.js';
import { isDeeperThan, MOST_LEVELS } from '../util/objects.js';

const EXPECTED = 'Each line must be one object, such as {"text": "A fine film", "label": "positive"}';

/** One object of a JSONL file, and its line. */
export interface JsonRecord {
  /** Values as text; a `null` is left out. */
  values: Map<string, string>;
  /** Columns whose value is a list or an object; `values` has them as JSON. */
  nested: Set<string>;
  line: number;
}

/**
 * Reads one object a line. Numbers and booleans become their text; empty lines are skipped.
 * Takes blocks that end at line feeds, as `decodeUtf8` gives them.
 *
 * ```ts
 * for await (const { values } of jsonRecords('a.jsonl', blocks)) console.log(values.get('text'));
 * ```
 */
export async function* jsonRecords(
  name: string,
  blocks: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<JsonRecord> {
  let line = 0;
  for await (const block of blocks) {
    const lines = block.split('\n');
    if (block.endsWith('\n')) lines.pop(); // what follows the last line feed is not a line
    for (const text of lines) {
      line++;
      if (text.trim() !== '') yield { ...parseObject(name, line, text), line };
    }
  }
}

function parseObject(name: string, line: number, text: string): Omit<JsonRecord, 'line'> {
  const value = parseJson(name, line, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    throw new DataError(`${name}, line ${line}: found ${found} where an object is expected. ${EXPECTED}.`);
  }
  if (isDeeperThan(value, MOST_LEVELS)) throw tooDeep(`${name}, line ${line}`);
  return recordOf(value);
}

/** What is written again, as values that are lists are, must not be deeper than the stack. */
export function tooDeep(place: string): DataError {
  return new DataError(
    `${place}: lists or objects within each other more than ${MOST_LEVELS} deep. Leave that field out.`,
  );
}

/** An object's fields as text. */
export function recordOf(object: object): Omit<JsonRecord, 'line'> {
  const values = new Map<string, string>();
  const nested = new Set<string>();
  for (const [key, field] of Object.entries(object)) {
    if (field === null) continue;
    if (typeof field === 'object') nested.add(key);
    values.set(key, typeof field === 'string' ? wellFormed(field) : JSON.stringify(field));
  }
  return { values, nested };
}

function parseJson(name: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (line === 1 && text.trimStart().startsWith('[')) {
      throw new DataError(
        `${name}, line 1: a JSON list over several lines, where JSONL has one object a line. ` +
          `To convert it: jq -c '.[]' list.json > rows.jsonl.`,
        { cause: error },
      );
    }
    throw new DataError(`${name}, line ${line}: not valid JSON (${messageOf(error)}). ${EXPECTED}.`, {
      cause: error,
    });
  }
}

/** Half an emoji (`"\ud83d"`) is legal in JSON but not in UTF-8, in which texts are hashed and written. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
