/** What is read of a text that is longer than the model reads at once. */
import { UsageError } from '../util/errors.js';

export const TRUNCATIONS = ['head', 'tail', 'head+tail', 'windows'] as const;
/**
 * `head` keeps the first tokens, `tail` the last, `head+tail` some from the front and the rest from the end; `windows`
 * reads all of the text, in windows that overlap, and takes the mean of their logits.
 */
export type Truncation = (typeof TRUNCATIONS)[number];

/** How much of a text is read: the same in training, evaluation and prediction. */
export interface TextContract {
  /** The most ids that are read at once, special tokens included. */
  readonly maxLength: number;
  readonly truncation: Truncation;
  /** With `head+tail`: how many tokens are kept from the front. @default 128 of 510, and that share of other lengths */
  readonly headTokens?: number | undefined;
  /** With `windows`: tokens that a window has in common with the one before. @default a quarter of `maxLength` */
  readonly stride?: number | undefined;
}

/** A contract by which part of a text is left out. */
export type CutContract = TextContract & { readonly truncation: Exclude<Truncation, 'windows'> };

/** Sun et al. 2019 (arXiv 1905.05583, section 5.3.1) keep 128 and 382 of 510 tokens. */
const HEAD_SHARE = 128 / 510;

/**
 * What stands at the seam of two windows is read twice: a sentence of up to a quarter of a window is whole in one of
 * them, and no text costs more than 4/3 of its tokens.
 */
const STRIDE_SHARE = 1 / 4;

/** At most `room` of the ids, in their order. */
export function truncate(
  ids: readonly number[],
  room: number,
  { truncation, headTokens = Math.round(room * HEAD_SHARE) }: Omit<CutContract, 'maxLength'>,
): readonly number[] {
  if (ids.length <= room) return ids;
  if (truncation === 'head') return ids.slice(0, room);
  const head = truncation === 'tail' ? 0 : headTokens;
  return [...ids.slice(0, head), ...ids.slice(ids.length - (room - head))];
}

/**
 * The lengths of the windows that a text of so many ids is read in: all of `room` ids but the last, each beginning
 * `room - stride` after the one before. These are the windows of Hugging Face's tokenizers
 * (`return_overflowing_tokens`, `stride`).
 */
export function windowLengths(ids: number, room: number, stride: number): number[] {
  const lengths: number[] = [];
  let start = 0;
  for (; ids - start > room; start += room - stride) lengths.push(room);
  return [...lengths, ids - start];
}

/** The ids in windows that overlap: one, if they all fit. */
function windowsOf(ids: readonly number[], room: number, stride: number): (readonly number[])[] {
  return windowLengths(ids.length, room, stride).map((length, i) => {
    const start = i * (room - stride);
    return ids.slice(start, start + length);
  });
}

/** What is read of the ids, where `room` of them are read at once: one part, or the windows. */
export function partsOf(
  ids: readonly number[],
  room: number,
  contract: TextContract,
): readonly (readonly number[])[] {
  const { truncation, headTokens } = contract;
  if (truncation === 'windows') return windowsOf(ids, room, strideOf(contract, room));
  return [truncate(ids, room, { truncation, headTokens })];
}

/**
 * The tokens of a whole text, without special tokens, from what was read of it: what overlaps is counted once.
 *
 * @param read the ids of each of its windows, with the special tokens
 * @param cut how many tokens were cut off
 */
export function wholeLength(
  read: readonly { readonly length: number }[],
  cut: number,
  specialTokens: number,
  contract: TextContract,
): number {
  const overlap = read.length > 1 ? strideOf(contract, contract.maxLength - specialTokens) : 0;
  return read.reduce((sum, { length }) => sum + length - specialTokens, cut) - (read.length - 1) * overlap;
}

/** The stride of a contract that may leave it open, where a window has room for so many ids. */
export function strideOf(
  { maxLength, stride }: Pick<TextContract, 'maxLength' | 'stride'>,
  room: number,
): number {
  return Math.min(stride ?? Math.floor(maxLength * STRIDE_SHARE), Math.max(0, room - 1));
}

/** The share of `maxLength` that the first updates of a run read: 128 of 512, as BERT was pre-trained (Devlin et al. 2018, A.2). */
const SHORT_SHARE = 1 / 4;

/** A text that is cut for them keeps so many of its own tokens at least, where there is room for them. */
const LEAST_SHORT = 6;

/**
 * The contract by which the first updates of a run read texts (`shortFirst`): a quarter of the length, cut in the same way; of
 * what windows would read, some from the front and the rest from the end.
 *
 * @param specialTokens how many of `maxLength` are not the text's
 */
export function shortContract(
  { maxLength, truncation, headTokens }: TextContract,
  specialTokens: number,
): CutContract {
  const room = maxLength - specialTokens;
  const shortRoom = Math.min(
    room,
    Math.max(LEAST_SHORT, Math.round(maxLength * SHORT_SHARE) - specialTokens),
  );
  return {
    maxLength: shortRoom + specialTokens,
    truncation: truncation === 'windows' ? 'head+tail' : truncation,
    ...(headTokens !== undefined && { headTokens: Math.round((headTokens * shortRoom) / room) }),
  };
}

/**
 * The contract with what was left open filled in, and nothing that its truncation has no use for.
 *
 * ```ts
 * resolveContract({ maxLength: 512, truncation: 'head+tail' }, 2);
 * // { maxLength: 512, truncation: 'head+tail', headTokens: 128 }
 * ```
 *
 * @param specialTokens how many of `maxLength` are not the text's
 * @throws `UsageError` for a number that goes with another truncation, or that doesn't fit into `maxLength`
 */
export function resolveContract(asked: TextContract, specialTokens: number): TextContract {
  const { maxLength, truncation, headTokens, stride } = asked;
  if (!TRUNCATIONS.includes(truncation)) {
    throw new UsageError(
      `--truncation is ${JSON.stringify(truncation)}, expected one of ${TRUNCATIONS.join(', ')}.`,
    );
  }
  const room = maxLength - specialTokens;
  const check = (flag: string, value: number | undefined, goesWith: Truncation, most: number): void => {
    if (value === undefined) return;
    if (truncation !== goesWith) {
      throw new UsageError(
        `${flag} goes with --truncation ${goesWith}, and this is --truncation ${truncation}.`,
      );
    }
    if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
    throw new UsageError(
      `${flag} ${value}: expected a whole number from 0 to ${most}, as --max-length is ${maxLength} and ` +
        `${specialTokens} of these are special tokens.`,
    );
  };
  check('--head-tokens', headTokens, 'head+tail', room);
  check('--stride', stride, 'windows', room - 1); // else a window would begin where the one before did
  return {
    ...{ maxLength, truncation },
    ...(truncation === 'head+tail' && { headTokens: headTokens ?? Math.round(room * HEAD_SHARE) }),
    ...(truncation === 'windows' && { stride: strideOf(asked, room) }),
  };
}
