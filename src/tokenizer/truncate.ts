/** What is kept of a text that is longer than the model reads. */

export const TRUNCATIONS = ['head', 'tail', 'head+tail'] as const;
/** `head` keeps the first tokens, `tail` the last, `head+tail` a quarter from the front and the rest from the end. */
export type Truncation = (typeof TRUNCATIONS)[number];

/** How much of a text is read: the same in training, evaluation and prediction. */
export interface TextContract {
  /** The most ids of a text, special tokens included. */
  readonly maxLength: number;
  readonly truncation: Truncation;
}

/** Sun et al. 2019 (arXiv 1905.05583, section 5.3.1) keep 128 and 382 of 510 tokens. */
const HEAD_SHARE = 128 / 510;

/** At most `room` of the ids, in their order. */
export function truncate(ids: readonly number[], room: number, truncation: Truncation): readonly number[] {
  if (ids.length <= room) return ids;
  if (truncation === 'head') return ids.slice(0, room);
  const head = truncation === 'tail' ? 0 : Math.round(room * HEAD_SHARE);
  return [...ids.slice(0, head), ...ids.slice(ids.length - (room - head))];
}
