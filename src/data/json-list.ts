/** A file that is one JSON value: a list of objects, an object that holds one, or an object of columns. */
import { DataError, messageOf } from '../util/errors.js';
import { isDeeperThan, isObject, MOST_LEVELS } from '../util/objects.js';
import { show } from '../util/show.js';
import { jsonRecords, recordOf, tooDeep, type JsonRecord } from './jsonl.js';

const EXPECTED =
  'Expected a list of objects, such as [{"text": "A fine film", "label": "positive"}], or one object a line';

/**
 * Reads the objects of a `.json` file. It is held whole in memory, unless it turns out to hold one object a line, as many
 * files of that name do.
 */
export async function* jsonListRecords(name: string, blocks: AsyncIterable<string>): AsyncGenerator<JsonRecord> {
  const parts: string[] = [];
  for await (const block of blocks) parts.push(block);
  const text = parts.join('');
  if (isLines(text)) {
    yield* jsonRecords(name, parts);
    return;
  }
  const rows = rowsOf(name, parse(name, text));
  for (const [index, value] of rows.entries()) {
    const row = index + 1;
    if (!isObject(value)) {
      throw new DataError(`${name}, row ${row}: ${show(value)} where an object is expected. ${EXPECTED}.`);
    }
    if (isDeeperThan(value, MOST_LEVELS)) throw tooDeep(`${name}, row ${row}`);
    yield { ...recordOf(value), line: row };
  }
}

/** Whether a text is several objects, one a line: its first line is a whole one, and there is more. */
function isLines(text: string): boolean {
  const end = text.indexOf('\n');
  const first = end < 0 ? '' : text.slice(0, end).trim();
  if (!first.startsWith('{') || text.slice(end).trim() === '') return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${name} is not valid JSON (${messageOf(error)}). ${EXPECTED}.`, { cause: error });
  }
}

function rowsOf(name: string, value: unknown): readonly unknown[] {
  const list = Array.isArray(value) ? value : isObject(value) ? listIn(value) : undefined;
  if (!list) throw new DataError(`${name} holds no list of objects. ${EXPECTED}.`);
  if (list.length === 0) throw new DataError(`${name} holds an empty list. ${EXPECTED}.`);
  return list;
}

/** The one list of objects among an object's fields, as in `{"version": 1, "data": [...]}`; or columns put together. */
function listIn(object: Record<string, unknown>): readonly unknown[] | undefined {
  const fields = Object.entries(object);
  const lists = fields.filter(([, field]) => Array.isArray(field) && field.every(isObject));
  if (lists.length === 1) return lists[0]![1] as unknown[];
  const columns = fields.filter((field): field is [string, unknown[]] => Array.isArray(field[1]));
  const length = columns[0]?.[1].length;
  if (columns.length !== fields.length || columns.some(([, values]) => values.length !== length)) return undefined;
  return Array.from({ length: length ?? 0 }, (_, row) =>
    Object.fromEntries(columns.map(([key, values]) => [key, values[row]])),
  );
}
