/** What spreadsheets begin a formula by, also after white space and what can't be seen, and in its wide forms. */
const FORMULA = /^(?:[\t\r\n]\s*\S|[\s\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;
/** A number as JSON and JavaScript write it, or with a plus sign. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * One line of a CSV file (RFC 4180), with its line feed. Fields are quoted where they must be. A field that a spreadsheet
 * would take for a formula gets an apostrophe before it, which makes a text of it: texts and labels come from anywhere, and
 * `=HYPERLINK(...)` would run on the machine of whoever opens the file. Numbers stay as they are.
 *
 * ```ts
 * csvLine(['A "fine" film', 'positive']); // '"A ""fine"" film",positive\n'
 * csvLine(['=1+1', '-0.5', '- no']); // "'=1+1,-0.5,'- no\n"
 * ```
 */
export function csvLine(fields: readonly string[], delimiter: ',' | '\t' = ','): string {
  // A line with nothing on it would be read as no row.
  if (fields.length === 1 && fields[0]!.trim() === '') return `"${fields[0]!}"\n`;
  return fields.map((field) => csvField(field, delimiter)).join(delimiter) + '\n';
}

function csvField(text: string, delimiter: string): string {
  const field = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  const mustQuote = /["\r\n]/.test(field) || field.includes(delimiter);
  return mustQuote ? `"${field.replaceAll('"', '""')}"` : field;
}
