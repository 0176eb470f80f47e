/** Texts of different lengths as one rectangle of ids. */

/** A batch as the graphs take it. In the rectangle [B, S], row by row. */
export interface Batch {
  /** B: texts. */
  readonly size: number;
  /** S: tokens of the longest text. */
  readonly length: number;
  readonly inputIds: BigInt64Array; // [B, S]
  /** 1 at tokens, 0 at padding. */
  readonly attentionMask: BigInt64Array; // [B, S]
  readonly tokenTypeIds: BigInt64Array; // [B, S]
}

/** Pads token ids to the longest of them with `padId`. Ids below 0 are complements of those whose token type is 1. */
export function padBatch(texts: readonly ArrayLike<number>[], padId: number): Batch {
  const size = texts.length;
  const length = Math.max(1, ...texts.map((ids) => ids.length));
  const inputIds = new BigInt64Array(size * length);
  const attentionMask = new BigInt64Array(size * length);
  // Ids are small and not negative: setting the low halves of little-endian words spares a BigInt for each.
  const idWords = new Int32Array(inputIds.buffer);
  const maskWords = new Int32Array(attentionMask.buffer);
  const tokenTypeIds = new BigInt64Array(size * length);
  const typeWords = new Int32Array(tokenTypeIds.buffer);
  texts.forEach((ids, row) => {
    for (let column = 0; column < length; column++) {
      const word = 2 * (row * length + column);
      const isToken = column < ids.length;
      const id = isToken ? ids[column]! : padId;
      idWords[word] = id < 0 ? ~id : id;
      typeWords[word] = id < 0 ? 1 : 0;
      maskWords[word] = isToken ? 1 : 0;
    }
  });
  return { size, length, inputIds, attentionMask, tokenTypeIds };
}
