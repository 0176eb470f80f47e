/** A look at data before anything is trained on it. */
import { loadTokenizer } from '../checkpoint/load.js';
import { comparable, exactGroups, nearPairs } from '../data/duplicates.js';
import { placeOf, type Example } from '../data/example.js';
import { labelsOf } from '../data/labels.js';
import { tokensOf } from '../batching/windows.js';
import { encodeMany } from '../encoding/many.js';
import { BUNDLED_MODEL } from '../files/bundled.js';
import type { HubUse } from '../hub/use.js';
import { RECIPES } from '../train/recipes.js';
import type { TrainSettings } from '../train/settings.js';
import { excerpt } from '../util/wording.js';
import { readWithGaps, dataName, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';

export interface InspectOptions extends ColumnNames, Pick<HubUse, 'onEvent' | 'signal'> {
  readonly data: DataInput;
  /** Texts that must not be among those to learn from. */
  readonly test?: DataInput;
  /** Whose tokens lengths are counted in. @default the bundled all-MiniLM-L6-v2 */
  readonly model?: string;
  /** @default as `train` */
  readonly maxLength?: number;
  readonly clean?: TrainSettings['clean'];
  readonly threads?: number;
}

/** A text of which there is something to say, and where it is. */
export interface FoundText {
  /** Its beginning. */
  readonly text: string;
  readonly places: readonly string[];
  readonly labels: readonly string[];
}

export interface Finding {
  /** Texts concerned. */
  readonly texts: number;
  /** The first few. */
  readonly examples: readonly FoundText[];
}

/** Lengths in tokens, special tokens included. */
export interface TokenLengths {
  readonly mean: number;
  readonly median: number;
  /** 95 % of the texts are no longer. */
  readonly p95: number;
  readonly longest: number;
  /** What training would read of a text, and the most that the model can. */
  readonly maxLength: number;
  readonly positions: number;
  /** Texts longer than `maxLength`, and the share of all tokens that is beyond it. */
  readonly cutTexts: number;
  readonly cutTokens: number;
  /** Texts by length; a bar holds those longer than `from` - 1 and no longer than `to`. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly texts: number }[];
}

export interface Inspection {
  readonly data: string;
  readonly examples: number;
  /** Rows without a text, or without a label: where they are. */
  readonly withoutText: readonly string[];
  readonly withoutLabel: readonly string[];
  readonly classes: readonly { readonly label: string; readonly texts: number; readonly share: number }[];
  readonly lengths: TokenLengths;
  /** The same text more than once: texts that could be left out. Case, punctuation and markup don't count. */
  readonly duplicates: Finding;
  /** Nearly the same text: at least 80 % of all runs of three words in common. */
  readonly nearDuplicates: Finding;
  /** The same text with different labels. */
  readonly conflicts: Finding;
  /** Texts that are in the test data too, the same or nearly; `undefined` without test data. */
  readonly leaks: { readonly exact: Finding; readonly near: Finding } | undefined;
}

const SHOWN = 5;
const BARS = 10;

/**
 * Counts classes and lengths, and finds what spoils a result: texts that occur twice, that have two labels, or that are in
 * the test data.
 *
 * ```ts
 * const { classes, duplicates, leaks } = await inspect({ data: 'train.csv', test: 'test.csv' });
 * console.log(duplicates.texts, leaks.exact.texts); // 96 123
 * ```
 *
 * @throws `DataError`, `FileError`, `ModelError` as `train`; rows without text or label are counted, not refused.
 */
export async function inspect(options: InspectOptions): Promise<Inspection> {
  const { clean = 'html', textColumn, labelColumn } = options;
  const data = await withHubFiles(options.data, 'train', options);
  const test = options.test === undefined ? undefined : await withHubFiles(options.test, 'test', options);
  const columns = { textColumn, labelColumn };
  const { examples, withoutText, withoutLabel } = await readWithGaps(data, columns, clean);
  const others = test === undefined ? [] : (await readWithGaps(test, columns, clean)).examples;
  const keys = [...examples, ...others].map(({ text }) => comparable(text));
  const isOther = (place: number): boolean => place >= examples.length;
  const all = [...examples, ...others];
  const groups = exactGroups(keys);
  const pairs = nearPairs(keys);
  const within = groups.map((group) => group.filter((place) => !isOther(place)));
  const repeated = within.filter((group) => group.length > 1);
  const label = (place: number): string => all[place]!.label ?? '';
  const finding = (found: readonly number[][], texts: number): Finding => ({
    texts,
    examples: found.slice(0, SHOWN).map((places) => ({
      text: excerpt(all[places[0]!]!.text, 80),
      places: places.map((place) => `${isOther(place) ? 'test ' : ''}${placeOf(all[place]!)}`),
      labels: [...new Set(places.map(label))],
    })),
  });
  const conflicts = repeated.filter((group) => new Set(group.map(label)).size > 1);
  const nearHere = pairs.filter(([a, b]) => !isOther(a) && !isOther(b));
  const leaked = groups.filter((group) => group.some(isOther) && !group.every(isOther));
  const nearLeaked = pairs.filter(([a, b]) => isOther(a) !== isOther(b));
  const countHere = (found: readonly (readonly number[])[]): number =>
    new Set(found.flat().filter((place) => !isOther(place))).size;
  return {
    data: dataName(data),
    examples: examples.length,
    withoutText,
    withoutLabel,
    classes: classesOf(examples),
    lengths: await lengthsOf(examples, options),
    duplicates: finding(
      repeated,
      repeated.reduce((sum, group) => sum + group.length - 1, 0),
    ),
    nearDuplicates: finding(nearHere, new Set(nearHere.map(([, later]) => later)).size),
    conflicts: finding(conflicts, countHere(conflicts)),
    leaks:
      test === undefined
        ? undefined
        : { exact: finding(leaked, countHere(leaked)), near: finding(nearLeaked, countHere(nearLeaked)) },
  };
}

function classesOf(examples: readonly Example[]): Inspection['classes'] {
  const labelled = examples.filter(({ label }) => label !== undefined);
  if (labelled.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { label } of labelled) counts.set(label!, (counts.get(label!) ?? 0) + 1);
  // One class alone can't be learnt, but it can be looked at.
  const order = counts.size > 1 ? labelsOf(labelled) : [...counts.keys()];
  return order.map((label) => {
    const texts = counts.get(label)!;
    return { label, texts, share: texts / labelled.length };
  });
}

async function lengthsOf(
  examples: readonly Example[],
  { model = BUNDLED_MODEL, maxLength: asked, threads = 1, ...hub }: InspectOptions,
): Promise<TokenLengths> {
  const { tokenizer, positions } = await loadTokenizer(model, hub);
  const maxLength = Math.min(asked ?? RECIPES.balanced.maxLength, positions);
  const contract = { maxLength: Number.MAX_SAFE_INTEGER, truncation: 'head' } as const;
  const texts = examples.map(({ text }) => text);
  const encoded = await encodeMany(tokenizer, { cleaning: 'none', contract }, texts, threads);
  const lengths = encoded.map(({ windows }) => tokensOf(windows)).sort((a, b) => a - b);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const at = (share: number): number => lengths[Math.max(0, Math.ceil(share * lengths.length) - 1)] ?? 0;
  const beyond = lengths.reduce((sum, length) => sum + Math.max(0, length - maxLength), 0);
  return {
    mean: total / Math.max(1, lengths.length),
    median: at(0.5),
    p95: at(0.95),
    longest: lengths.at(-1) ?? 0,
    maxLength,
    positions,
    cutTexts: lengths.filter((length) => length > maxLength).length,
    cutTokens: beyond / Math.max(1, total),
    histogram: histogramOf(lengths, at(0.99)),
  };
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
