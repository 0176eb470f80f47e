/**
 * One line of a CSV file (RFC 4180), with its line feed. Fields are quoted where they must be, and otherwise
 * written as they are: also those that a spreadsheet would take for a formula, as changing them would
 * change the data.
 *
 * ```ts
 * csvLine(['A "fine" film', 'positive']); // '"A ""fine"" film",positive\n'
 * ```
 */
export function csvLine(fields: readonly string[], delimiter: ',' | '\t' = ','): string {
  // A line with nothing on it would be read as no row.
  if (fields.length === 1 && fields[0]!.trim() === '') return `"${fields[0]!}"\n`;
  return fields.map((field) => csvField(field, delimiter)).join(delimiter) + '\n';
}

function csvField(field: string, delimiter: string): string {
  const mustQuote = /["\r\n]/.test(field) || field.includes(delimiter);
  return mustQuote ? `"${field.replaceAll('"', '""')}"` : field;
}
