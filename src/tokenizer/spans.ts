/**
 * Which word each piece of a text belongs to. The tokenizer tells no places, so words are encoded one by one, and what
 * they give together is compared with what the text gives: where that is the same, the places are certain.
 */

/** A word of a text: UTF-16 units `start` to `end` (not included), and how many pieces it is. */
export interface WordSpan {
  readonly start: number;
  readonly end: number;
  readonly pieces: number;
}

/** A stretch of text that is looked at as one. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** White space goes with what follows it, as byte-level tokenizers have it; at the end with what is before. */
const CHUNK = /\s*\S+(?:\s+$)?/gu;
/** A letter of a script without spaces; a word, with the parts after an apostrophe; anything else by itself. */
const PART =
  /\s*(?:\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}\p{M}_])+(?:['’](?!\p{Script=Han})[\p{L}\p{N}\p{M}]+)*|\S)(?:\s+$)?/gu;

/**
 * The words of a text in their order, with how many of the text's pieces are each word's. Punctuation marks are words of
 * their own, where the tokenizer also parts them. Words of no pieces (characters that the tokenizer leaves out) are not listed.
 *
 * ```ts
 * wordSpans("It's unwatchable.", piecesOf);
 * // [ { start: 0, end: 4, pieces: 3 }, { start: 5, end: 16, pieces: 3 }, { start: 16, end: 17, pieces: 1 } ]
 * ```
 *
 * @param piecesOf the ids of a text, without special tokens
 */
export function wordSpans(text: string, piecesOf: (text: string) => readonly number[]): WordSpan[] {
  const known = new Map<string, readonly number[]>();
  const ids = ({ start, end }: Stretch): readonly number[] => {
    const part = text.slice(start, end);
    const found = known.get(part) ?? piecesOf(part);
    known.set(part, found);
    return found;
  };
  return divide(stretchesOf(text, { start: 0, end: text.length }, CHUNK), ids).flatMap((chunk) =>
    divide(stretchesOf(text, chunk, PART), ids).flatMap((part): WordSpan[] => {
      const pieces = ids(part).length;
      return pieces === 0 ? [] : [{ ...trimmed(text, part), pieces }];
    }),
  );
}

/**
 * Joins neighbours that the tokenizer doesn't part. Most often it parts all; otherwise the list is cut in two wherever the
 * pieces of both halves are those of the whole, and each half looked at by itself.
 */
function divide(stretches: readonly Stretch[], ids: (stretch: Stretch) => readonly number[]): Stretch[] {
  if (stretches.length < 2) return [...stretches];
  const all = { start: stretches[0]!.start, end: stretches.at(-1)!.end };
  const wanted = ids(all);
  if (same(stretches.map(ids), wanted)) return [...stretches];
  for (const cut of fromTheMiddle(stretches.length)) {
    const [left, right] = [stretches.slice(0, cut), stretches.slice(cut)];
    const end = left.at(-1)!.end;
    if (same([ids({ ...all, end }), ids({ ...all, start: end })], wanted)) {
      return [...divide(left, ids), ...divide(right, ids)];
    }
  }
  return [all];
}

/** Where it can't be cut near the middle it is taken as one: looking everywhere would take minutes for a long text. */
const FARTHEST_CUT = 16;

/** 4 of 8, then 3, 5, 2, 6, ...: halves first, as they are divided further. */
function* fromTheMiddle(length: number): Generator<number> {
  const middle = length >> 1;
  yield middle;
  for (let away = 1; away <= Math.min(middle, FARTHEST_CUT); away++) {
    if (middle - away > 0) yield middle - away;
    if (middle + away < length) yield middle + away;
  }
}

function same(parts: readonly (readonly number[])[], whole: readonly number[]): boolean {
  const flat = parts.flat();
  return flat.length === whole.length && flat.every((id, i) => id === whole[i]);
}

/** What a pattern finds; all as it is where it finds nothing, which is white space alone. */
function stretchesOf(text: string, all: Stretch, pattern: RegExp): Stretch[] {
  const found = Array.from(text.slice(all.start, all.end).matchAll(pattern), ({ index, 0: match }) => {
    const start = all.start + index;
    return { start, end: start + match.length };
  });
  return found.length === 0 ? [all] : found;
}

/** Without the white space around it, unless it is nothing else. */
function trimmed(text: string, { start, end }: Stretch): Stretch {
  const part = text.slice(start, end);
  const inner = part.trim();
  if (inner === '') return { start, end };
  const from = start + part.length - part.trimStart().length;
  return { start: from, end: from + inner.length };
}
