/**
 * Names in quotes, for a message; beyond `limit` only their number is said.
 *
 * ```ts
 * quoteList(['review', 'sentiment']); // '"review", "sentiment"'
 * quoteList(['a', 'b', 'c'], 2); // '"a", "b" and 1 more'
 * ```
 */
export function quoteList(names: readonly string[], limit = 20): string {
  const shown = names.slice(0, limit).map((name) => `"${name.length > 80 ? `${name.slice(0, 79)}…` : name}"`);
  const rest = names.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/**
 * A number with its noun.
 *
 * ```ts
 * plural(1, 'row'); // '1 row'
 * plural(3, 'class', 'classes'); // '3 classes'
 * ```
 */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}

/** The verb of so many: `is` of one, `are` of none or many. */
export const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are');

/**
 * Names that only case or white space tells apart, as a sentence; nothing where there are none.
 *
 * ```ts
 * alikeNote(['bad', 'Bad', 'good']); // 'only case or spaces tell "bad", "Bad" apart: are they one label?'
 * ```
 */
export function alikeNote(names: readonly string[]): string | undefined {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const plain = name.toLowerCase().replace(/\s+/g, '');
    groups.set(plain, [...(groups.get(plain) ?? []), name]);
  }
  const alike = [...groups.values()].filter(({ length }) => length > 1).flat();
  if (alike.length === 0) return undefined;
  return `only case or spaces tell ${quoteList(
    alike.map((name) => oneLine(name).slice(0, 40)),
    6,
  )} apart: are they one label?`;
}

/**
 * Bytes as people read them, in thousands of thousands.
 *
 * ```ts
 * gigabytes(1_340_000_000); // '1.3 GB'
 * gigabytes(85_000_000); // '85 MB'
 * ```
 */
export function gigabytes(bytes: number): string {
  return bytes < 0.995e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A text on one line, cut to `length` characters, for showing it in a message. */
export function excerpt(text: string, length = 60): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** 75 -> `1:15`, 3725 -> `1:02:05` */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** 0.8831 -> `88.3 %` */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** 12345.6 -> `12,346` */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/**
 * Control characters, which could move a terminal's cursor or recolour its screen, and characters that change the order in which
 * others are shown (U+061C and its like).
 */
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

/**
 * A text from a file in one line that is safe to show: breaks become spaces, control characters U+FFFD.
 *
 * ```ts
 * oneLine('a\n\u001b[31mb'); // 'a \ufffd[31mb'
 * ```
 */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(INVISIBLE, '\uFFFD').trim();
}

/**
 * The same JSON with control characters and their like as escapes, which `JSON.stringify` leaves for the most part as they are; YAML
 * reads it too.
 *
 * ```ts
 * escapedJson(JSON.stringify('\u202ea')); // '"\\u202ea"'
 * ```
 */
export function escapedJson(json: string): string {
  // Breaks and spaces between values are no part of a string, where JSON has escaped them already.
  return json.replace(INVISIBLE, (char) =>
    char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
