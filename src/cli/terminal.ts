/** What people see: colours where they are wanted, times as they are read, texts without control sequences. */
import picocolors from 'picocolors';
import { escapedJson, oneLine, plural } from '../util/wording.js';

export { clock, percent, plural, thousands } from '../util/wording.js';

/** Never `undefined`, which picocolors would take for "find out": it colours where the variable CI is set. */
const wantsColour = (stream: { readonly isTTY?: boolean }): boolean =>
  stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

/** Colours for results. */
export const out = picocolors.createColors(wantsColour(process.stdout));
/** Colours for progress and errors. */
export const err = picocolors.createColors(wantsColour(process.stderr));

/** A line of progress or advice, to stderr. */
export function say(line = ''): void {
  process.stderr.write(`${line}\n`);
}

/** A line of results, to stdout. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A result for machines, to stdout; what may control a terminal is escaped. */
export function printJson(value: unknown, indent = 0): void {
  print(escapedJson(JSON.stringify(value, null, indent)));
}

/** How long something takes, in words: `about 3 minutes`. */
export function about(seconds: number): string {
  if (seconds < 2.5) return 'a few seconds';
  if (seconds < 50) return `about ${Math.round(seconds / 5) * 5} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 90) return `about ${plural(minutes, 'minute')}`;
  return `about ${(seconds / 3600).toFixed(1)} hours`;
}

/**
 * A text from a file, safe to show: control characters, which could move the cursor or recolour the screen, and
 * characters that reverse the order of others are shown as U+FFFD; breaks become spaces.
 */
export function shown(text: string, length = Infinity): string {
  const line = oneLine(text);
  const characters = Array.from(line);
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}

/** Rows as aligned columns; numbers to the right when `right` names their column. Colours take no room. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => visible(row[column]!))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const space = ' '.repeat(widths[column]! - visible(cell));
          return right.includes(column) ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A line in lines of at most `width` columns, broken between words; colours take no room. */
export function wrapped(line: string, width = Math.min(process.stdout.columns || 100, 100)): string {
  const lines: string[] = [];
  let now = '';
  for (const word of line.split(' ')) {
    if (now !== '' && visible(now) + 1 + visible(word) > width) {
      lines.push(now);
      now = word;
    } else now = now === '' ? word : `${now} ${word}`;
  }
  return [...lines, now].join('\n');
}

/** Columns that a text takes. */
// eslint-disable-next-line no-control-regex
export const visible = (text: string): number => Array.from(text.replace(/\u001b\[[\d;]*m/g, '')).length;
