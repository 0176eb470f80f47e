/** Two texts that are read together, such as a premise and a hypothesis. */

export interface TextPair {
  readonly text: string;
  readonly textPair: string;
}

/** What is read at once: a text, or two. */
export type Written = string | TextPair;

/** An item as what is read of it. */
export function writtenOf(item: { readonly text: string; readonly textPair?: string | undefined }): Written {
  const { text, textPair } = item;
  return textPair === undefined ? text : { text, textPair };
}

/** The same with each of its texts changed. */
export function mapWritten(written: Written, change: (text: string) => string): Written {
  if (typeof written === 'string') return change(written);
  return { text: change(written.text), textPair: change(written.textPair) };
}

/** Its one text, or its two. */
export function textsOf(written: Written): string[] {
  return typeof written === 'string' ? [written] : [written.text, written.textPair];
}

/** UTF-16 units in all. */
export function charactersOf(written: Written): number {
  return typeof written === 'string' ? written.length : written.text.length + written.textPair.length;
}

/**
 * How many tokens of each text are kept: as few as possible are taken away, all from the longer one until both are as long,
 * then from both; an odd one is left to the one that was longer, the second where they were alike. This is `longest_first`
 * of the Rust `tokenizers`.
 *
 * ```ts
 * longestFirst(300, 20, 125); // [ 105, 20 ]
 * longestFirst(300, 200, 125); // [ 63, 62 ]
 * ```
 */
export function longestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const half = Math.floor(room / 2);
  const [short, long] = 2 * shorter <= room ? [shorter, room - shorter] : [half, room - half];
  return first > second ? [long, short] : [short, long];
}

/**
 * In a row of ids those of the second text, whose token type is 1, are written as their complement (`~id`, below 0): types
 * go wherever ids go, in no memory of their own. `padBatch` reads them.
 */
export const asSecond = (id: number): number => ~id;
