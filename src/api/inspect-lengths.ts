/** How long texts are in a model's tokens, and what each way to read long ones would make of them. */
import { availableParallelism } from 'node:os';
import { tokensOf } from '../batching/windows.js';
import { loadTokenizer } from '../checkpoint/load.js';
import type { Example } from '../data/example.js';
import { encodeMany } from '../encoding/many.js';
import { BUNDLED_MODEL } from '../files/bundled.js';
import type { HubUse } from '../hub/use.js';
import { charactersOf, writtenOf } from '../tokenizer/pair.js';
import { strideOf, TRUNCATIONS, windowLengths, type Truncation } from '../tokenizer/truncate.js';
import { RECIPES } from '../train/recipes.js';
import { evenPlaces } from '../util/sample.js';

/** Lengths in tokens, special tokens included. */
export interface TokenLengths {
  /** Texts that were counted: all, or an even sample of very many. */
  readonly texts: number;
  readonly mean: number;
  readonly median: number;
  /** 95 % of the texts are no longer. */
  readonly p95: number;
  readonly longest: number;
  /** What training would read of a text at once, and the most that the model can. */
  readonly maxLength: number;
  readonly positions: number;
  /** Texts longer than `maxLength`, and the share of all tokens that is beyond it. */
  readonly cutTexts: number;
  readonly cutTokens: number;
  /** What each `--truncation` reads at `maxLength`; pairs are not read in windows. */
  readonly truncations: readonly TruncationFound[];
  /** What to do about the length, in a sentence. */
  readonly suggestion: string;
  /** Texts by length; a bar holds those longer than `from` - 1 and no longer than `to`. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly texts: number }[];
}

export interface TruncationFound {
  readonly truncation: Truncation;
  /** The share of the texts' tokens that is read. */
  readonly kept: number;
  /** Tokens that the model computes, as a multiple of those of `head`. */
  readonly cost: number;
  /** Windows that are read. */
  readonly windows: number;
}

/** Half a minute of counting on one thread; more texts say no more of lengths. */
const MOST_CHARACTERS = 50e6;
const BARS = 10;

export interface LengthOptions extends Pick<HubUse, 'onEvent' | 'signal'> {
  readonly model?: string | undefined;
  readonly maxLength?: number | undefined;
  readonly threads?: number | undefined;
}

export async function lengthsOf(
  examples: readonly Example[],
  { model = BUNDLED_MODEL, maxLength: asked, threads = availableParallelism(), ...hub }: LengthOptions,
): Promise<TokenLengths> {
  const { tokenizer, positions } = await loadTokenizer(model, hub);
  const maxLength = Math.min(asked ?? RECIPES.balanced.maxLength, positions);
  const contract = { maxLength: Number.MAX_SAFE_INTEGER, truncation: 'head' } as const;
  const places = evenPlaces(examples, (each) => charactersOf(writtenOf(each)), MOST_CHARACTERS);
  const texts = places.map((place) => examples[place]!);
  const encoded = await encodeMany(tokenizer, { cleaning: 'none', contract }, texts, threads);
  const lengths = encoded.map(({ windows }) => tokensOf(windows)).sort((a, b) => a - b);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const at = (share: number): number => lengths[Math.max(0, Math.ceil(share * lengths.length) - 1)] ?? 0;
  const beyond = lengths.reduce((sum, length) => sum + Math.max(0, length - maxLength), 0);
  const scale = examples.length / Math.max(1, lengths.length);
  const pairs = examples.some(({ textPair }) => textPair !== undefined);
  const special = pairs ? tokenizer.pairSpecialTokens : tokenizer.specialTokens;
  const ways = TRUNCATIONS.filter((way) => !pairs || way !== 'windows');
  const truncations = ways.map((way) => truncationFound(way, lengths, maxLength, special, scale));
  const cutTokens = beyond / Math.max(1, total);
  return {
    ...{ texts: lengths.length, mean: total / Math.max(1, lengths.length), median: at(0.5), p95: at(0.95) },
    ...{ longest: lengths.at(-1) ?? 0, maxLength, positions },
    cutTexts: Math.round(scale * lengths.filter((length) => length > maxLength).length),
    ...{ cutTokens, truncations },
    suggestion: suggestionOf({ maxLength, positions, p95: at(0.95), cutTokens, truncations }),
    histogram: histogramOf(lengths, at(0.99)),
  };
}

/** @param lengths with special tokens */
function truncationFound(
  truncation: Truncation,
  lengths: readonly number[],
  maxLength: number,
  special: number,
  scale: number,
): TruncationFound {
  const room = Math.max(1, maxLength - special);
  const sum = (of: (length: number) => number): number =>
    lengths.reduce((all, length) => all + of(length), 0);
  if (truncation !== 'windows') {
    const all = sum((length) => length - special);
    const kept = sum((length) => Math.min(length - special, room)) / Math.max(1, all);
    return { truncation, kept, cost: 1, windows: Math.round(scale * lengths.length) };
  }
  const stride = strideOf({ maxLength, stride: undefined }, room);
  const cut = sum((length) => Math.min(length, maxLength));
  let [windows, tokens] = [0, 0];
  for (const length of lengths) {
    const parts = windowLengths(length - special, room, stride);
    windows += parts.length;
    tokens += parts.reduce((total, part) => total + part + special, 0);
  }
  return { truncation, kept: 1, cost: tokens / Math.max(1, cut), windows: Math.round(scale * windows) };
}

/** So little is no loss. */
const LITTLE = 0.02;

function suggestionOf(
  found: Pick<TokenLengths, 'maxLength' | 'positions' | 'p95' | 'cutTokens' | 'truncations'>,
): string {
  const { maxLength, positions, p95, cutTokens, truncations } = found;
  if (cutTokens <= LITTLE) return `--max-length ${maxLength} reads all or nearly all of these texts`;
  const whole = 8 * Math.ceil(p95 / 8);
  if (whole <= positions)
    return `--max-length ${Math.max(whole, maxLength)} would read 95 % of the texts whole`;
  const longer = maxLength < positions ? `--max-length ${positions} reads more` : '';
  const windows = truncations.find(({ truncation }) => truncation === 'windows');
  if (!windows) return longer === '' ? 'shorter texts: the model reads no more of a pair' : longer;
  return `${longer === '' ? '' : `${longer}; `}--truncation windows reads all, at ${windows.cost.toFixed(1)} times the tokens of --max-length ${maxLength}`;
}

/** Bars of the same round width up to `most`, where few are left, and one for all beyond. */
function histogramOf(lengths: readonly number[], most: number): TokenLengths['histogram'] {
  if (lengths.length === 0) return [];
  const width = Math.max(8, Math.ceil(most / BARS / 8) * 8);
  const bars = Math.max(1, Math.ceil(most / width));
  const longest = lengths.at(-1)!;
  const counts = new Array<number>(bars + 1).fill(0);
  for (const length of lengths) counts[Math.min(bars, Math.ceil(length / width) - 1)]!++;
  return counts.flatMap((texts, bar) => {
    const isLast = bar === bars;
    if (isLast && texts === 0) return [];
    return [{ from: bar * width + 1, to: isLast ? longest : (bar + 1) * width, texts }];
  });
}
