/** Files of results: a row for each text, as CSV, TSV or JSON Lines. */
import { resolve } from 'node:path';
import { csvLine } from '../data/write.js';
import { writeFileAtomic } from '../files/atomic.js';
import { exists } from '../files/read.js';
import { FileError, UsageError } from '../util/errors.js';

/** Several values are a list in JSON, and joined by bars in a field. */
export type TableValue = string | number | readonly (string | number)[];
/** A row: columns in their order, each with its value. */
export type TableRow = readonly (readonly [column: string, value: TableValue])[];

const asField = (value: TableValue): string => (Array.isArray(value) ? value.join('|') : String(value));

/**
 * A function that writes rows to `path` (.csv, .tsv or .jsonl), whole or not at all, and counts them; the first row says the
 * columns. Refuses at once a file that is there already, unless `force`, and the file that is read.
 */
export async function tableFile(
  path: string,
  { force = false, file }: { readonly force?: boolean; readonly file?: string } = {},
): Promise<(rows: AsyncIterable<TableRow> | Iterable<TableRow>) => Promise<number>> {
  const format = /\.(csv|tsv|jsonl)$/i.exec(path)?.[1]?.toLowerCase();
  if (format === undefined)
    throw new UsageError(`--out ${path}: expected a name ending in .csv, .tsv or .jsonl.`);
  if (file !== undefined && resolve(path) === resolve(file))
    throw new UsageError(`--out ${path} is the file that is read; choose another name.`);
  if (!force && (await exists(path))) {
    throw new FileError(`${path} is there already; choose another --out, or pass --force to replace it.`);
  }
  return async (rows) => {
    let count = 0;
    const encoder = new TextEncoder();
    const line = (fields: readonly string[]): string => csvLine(fields, format === 'tsv' ? '\t' : ',');
    async function* lines(): AsyncGenerator<Uint8Array> {
      for await (const row of rows) {
        if (count++ === 0 && format !== 'jsonl') yield encoder.encode(line(row.map(([column]) => column)));
        yield encoder.encode(
          format === 'jsonl'
            ? `${JSON.stringify(Object.fromEntries(row))}\n`
            : line(row.map(([, value]) => asField(value))),
        );
      }
    }
    await writeFileAtomic(path, lines());
    return count;
  };
}
