// The browser build runs on Node too (at a quarter of the speed), so there is one reader for both.
import { parse } from 'csv-parse/browser/esm';

import { DataError, messageOf } from '../util/errors.js';
import { countLineBreaks } from './decode.js';

/** What separates fields. */
export type Delimiter = ',' | '\t' | ';' | '|';

/** The fields of one record, and the line on which it begins. */
export interface CsvRecord {
  fields: readonly string[];
  line: number;
}

/** What the parser hands over for each record. */
interface RawRecord {
  record: string[];
  raw: string;
}

/**
 * Splits text into records as RFC 4180 says: quoted fields may hold delimiters, line breaks and doubled
 * quotes. Lines may end in any of the three usual ways, also mixed. A quote inside an unquoted field is an
 * ordinary character (`5" nails`), as in every spreadsheet. Empty lines are skipped.
 *
 * ```ts
 * for await (const { fields, line } of csvRecords('a.csv', blocks, ',')) console.log(line, fields);
 * // 1 [ 'review', 'sentiment' ]
 * ```
 */
export async function* csvRecords(
  name: string,
  blocks: AsyncIterable<string>,
  delimiter: Delimiter,
): AsyncGenerator<CsvRecord> {
  const found: RawRecord[] = [];
  const parser = startParser(delimiter, found);
  // Lines are counted here: the parser counts a CR LF inside quotes twice.
  let line = 1;
  let isEmpty = true;
  function* drain(): Generator<CsvRecord> {
    for (const { record, raw } of found.splice(0)) {
      const start = line;
      line += 1 + record.reduce((sum, field) => sum + countLineBreaks(field), 0);
      if (isEmptyLine(record, raw)) continue;
      refuseTextAfterQuotes(name, start, record, raw, delimiter);
      yield { fields: record, line: start };
    }
  }

  try {
    for await (const block of blocks) {
      isEmpty = false;
      await parser.write(block);
      yield* drain();
    }
    if (isEmpty) return; // the browser build can't end before it has begun
    await parser.end();
  } catch (error) {
    if (error instanceof DataError || !isCsvError(error)) throw error;
    yield* drain(); // what came before the fault, which also moves `line` on to it
    throw new DataError(`${name}, line ${line}: ${describe(error)}`, { cause: error });
  }
  yield* drain();
}

function startParser(delimiter: string, found: RawRecord[]) {
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true, // the number of fields is checked in table.ts, where the header is known
    relax_quotes: true,
    raw: true,
    // Taking the records here, and not as a stream's output, has them all before a write is reported done.
    on_record: (record: unknown) => {
      found.push(record as RawRecord);
      return null;
    },
  });
  parser.resume(); // nothing comes out, but the end does
  /** Runs one stream operation until it is done or the parser fails. */
  const settle = (operation: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        reject(error);
      };
      parser.once('error', onError);
      operation((error) => {
        if (error) {
          reject(error);
          return;
        }
        parser.removeListener('error', onError); // the browser build has no `off`
        resolve();
      });
    });
  return {
    write: (text: string) => settle((done) => parser.write(text, done)),
    end: () => settle((done) => parser.once('end', done).end()),
  };
}

function isEmptyLine(fields: readonly string[], raw: string): boolean {
  return fields.length === 1 && fields[0]!.trim() === '' && !raw.includes('"');
}

/**
 * `"Good" he said,1` reads differently everywhere, and is how a missing quote shows up many lines later, so
 * it is refused. The parser keeps such a field as written, quotes and all: then its proper form
 * (quotes doubled) is not in the raw text. Between tabs, as in the files of GLUE, quotes are mostly letters like others: what
 * is on one line there is taken as it is written.
 */
function refuseTextAfterQuotes(
  name: string,
  line: number,
  fields: readonly string[],
  raw: string,
  delimiter: Delimiter,
): void {
  let from = 0; // fields come in their order, and each is looked for behind the one before: rows may have 100,000
  for (const field of fields) {
    if (!field.startsWith('"') || (delimiter === '\t' && countLineBreaks(field) === 0)) continue;
    const proper = `"${field.replaceAll('"', '""')}"`;
    const at = raw.indexOf(proper, from);
    from = at + proper.length;
    if (at >= 0) continue;
    throw new DataError(
      `${name}, line ${line}: a quoted field goes on after its closing quote. ` +
        `Inside a quoted field, write each quote twice ("").`,
    );
  }
}

function isCsvError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('CSV_')
  );
}

function describe(error: Error & { code: string }): string {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return `a quoted field begins in this row and never ends. Close it, or write a quote that is part of the text twice ("").`;
  }
  return messageOf(error);
}
