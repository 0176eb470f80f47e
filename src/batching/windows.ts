/** Texts that are read in several windows, as the rows that batches are made of. */

/** A text as a model reads it: the token ids of each of its windows, mostly one. */
export type TextWindows = readonly ArrayLike<number>[];

/** The windows of all texts, one after another. */
export interface WindowRows {
  /** Tokens of each row. */
  readonly lengths: ArrayLike<number>;
  /** [texts + 1]: text i has the rows from `firsts[i]` to `firsts[i + 1]`. */
  readonly firsts: Int32Array;
}

/** Tokens of all windows of a text. */
export function tokensOf(text: TextWindows): number {
  return text.reduce((sum, { length }) => sum + length, 0);
}

/** Where the rows of each text begin, were the windows of all texts put one after another; and where they end. */
export function firstsOf(texts: readonly { readonly length: number }[]): Int32Array {
  const firsts = new Int32Array(texts.length + 1);
  texts.forEach(({ length }, i) => (firsts[i + 1] = firsts[i]! + length));
  return firsts;
}

/** Of each row the text that it is a window of. */
export function textOfRows(firsts: Int32Array): Int32Array {
  const texts = new Int32Array(firsts.at(-1)!);
  for (let text = 0; text + 1 < firsts.length; text++) texts.fill(text, firsts[text], firsts[text + 1]);
  return texts;
}

/** The rows of these texts, text after text. */
export function rowsAt(firsts: Int32Array, places: readonly number[]): number[] {
  return places.flatMap((place) =>
    Array.from({ length: firsts[place + 1]! - firsts[place]! }, (_, i) => firsts[place]! + i),
  );
}

/** The mean of the rows of each text, such as of its windows' logits: [rows][C] -> [texts][C]. */
export function meanOfRows(rows: readonly Float32Array[], firsts: Int32Array): Float32Array[] {
  return Array.from({ length: firsts.length - 1 }, (_, text) => {
    const [start, end] = [firsts[text]!, firsts[text + 1]!];
    if (end - start === 1) return rows[start]!;
    const sum = new Float64Array(rows[start]!.length);
    for (let row = start; row < end; row++) rows[row]!.forEach((value, i) => (sum[i]! += value));
    return Float32Array.from(sum, (value) => value / (end - start));
  });
}
