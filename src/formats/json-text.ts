/** @file What `JSON.parse` doesn't tell about a text: keys given twice, numbers written as fractions, lone surrogates. */
import { MOST_LEVELS } from '../util/objects.js';
import { quote } from '../util/show.js';

const QUOTE = 34; // "
const BACKSLASH = 92;

/**
 * The first thing in a JSON text that `JSON.parse` lets pass and a strict reader doesn't, as words for a message;
 * undefined when there is none. The text must be one that `JSON.parse` has accepted.
 *
 * `JSON.parse` keeps the last of two equal keys, reads `1.0` and `1e0` as 1, and lets half a surrogate pair through.
 * Two readers that disagree on such a file can be shown different weights by the same bytes.
 */
export function findStrictJsonFault(text: string): string | undefined {
  // The keys seen so far in each open object; undefined for an open array.
  const open: (Set<string> | undefined)[] = [];
  let keyComes = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined);
      if (open.length > MOST_LEVELS) return `more than ${MOST_LEVELS} levels of brackets`;
      keyComes = char === '{';
    } else if (char === '}' || char === ']') {
      open.pop();
      keyComes = false;
    } else if (char === ',') {
      keyComes = open.at(-1) !== undefined;
    } else if (char === '"') {
      const end = endOfString(text, i);
      const value = JSON.parse(text.slice(i, end)) as string;
      // With the u flag a surrogate matches only where it isn't half of a pair.
      if (/[\ud800-\udfff]/u.test(value)) return 'a string with half a surrogate pair';
      const keys = keyComes ? open.at(-1) : undefined;
      if (keys?.has(value)) return `the key ${quote(value)} twice in one object`;
      keys?.add(value);
      keyComes = false;
      i = end - 1;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = endOfNumber(text, i);
      const number = text.slice(i, end);
      if (!/^\d+$/.test(number)) return `the number ${quote(number)}, where only whole numbers belong`;
      i = end - 1;
    }
  }
  return undefined;
}

/** Where the string that starts at `start` ends, behind its closing quote. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i + 1;
}

function endOfNumber(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && /[\d.eE+-]/.test(text[i]!)) i++;
  return i;
}
