/** @file Where a text stops being JSON: `JSON.parse` doesn't always say. */

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** The offset of the first token that can't stand where it stands, in a text that `JSON.parse` refuses. */
export function jsonFaultOffset(text: string): number {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const matched = pattern.test(text);
    if (matched) at = pattern.lastIndex;
    return matched;
  };
  // By hand, as a pattern for the whole of a long string overflows the stack of the pattern matcher.
  const takeString = (): boolean => {
    if (text[at] !== '"') return false;
    let i = at + 1;
    while (text[i] !== '"') {
      ESCAPE.lastIndex = i;
      if (text[i] === '\\' && ESCAPE.test(text)) i = ESCAPE.lastIndex;
      else if (i < text.length && text[i] !== '\\' && text[i]! >= ' ') i++;
      else return false;
    }
    at = i + 1;
    return true;
  };
  const open: ('}' | ']')[] = [];
  // "key" and "value" may be followed by the bracket's end right after it was opened only.
  let next: 'value' | 'first value' | 'key' | 'first key' | 'end' = 'value';
  for (;;) {
    take(SPACE);
    const char = text[at];
    if (next === 'end') {
      const closing = open.at(-1);
      if (closing === undefined || (char !== ',' && char !== closing)) return at;
      if (char === closing) open.pop();
      else next = closing === '}' ? 'key' : 'value';
      at++;
    } else if ((next === 'first key' && char === '}') || (next === 'first value' && char === ']')) {
      open.pop();
      at++;
      next = 'end';
    } else if (next === 'key' || next === 'first key') {
      if (!takeString()) return at;
      take(SPACE);
      if (text[at] !== ':') return at;
      at++;
      next = 'value';
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? '}' : ']');
      at++;
      next = char === '{' ? 'first key' : 'first value';
    } else {
      if (!takeString() && !take(SCALAR)) return at;
      next = 'end';
    }
  }
}

/** An offset as people count: "line 3, column 14" (both from 1). */
export function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}
