/** A look at data before anything is trained on it. */
import { comparable, exactGroups, nearPairs } from '../data/duplicates.js';
import { placeOf, wholeText, type Example } from '../data/example.js';
import type { HubUse } from '../hub/use.js';
import type { TrainSettings } from '../train/settings.js';
import type { ProblemType } from '../util/problem.js';
import { evenPlaces } from '../util/sample.js';
import { excerpt } from '../util/wording.js';
import { columnsOf, readWithGaps, dataName, type ColumnNames, type DataInput } from './data.js';
import { withHubFiles } from './hub-data.js';
import { cleanExamples, type CleaningFound } from './inspect-cleaning.js';
import { comparableLabels, labelsFound, type LabelsFound } from './inspect-labels.js';
import { lengthsOf, type TokenLengths } from './inspect-lengths.js';

export interface InspectOptions extends ColumnNames, Pick<HubUse, 'onEvent' | 'signal'> {
  readonly data: DataInput;
  /** Texts that must not be among those to learn from. */
  readonly test?: DataInput;
  /** Whose tokens lengths are counted in. @default the bundled all-MiniLM-L6-v2 */
  readonly model?: string;
  /** @default as `train` */
  readonly maxLength?: number;
  readonly clean?: TrainSettings['clean'];
  /** What labels are. @default found from them */
  readonly problemType?: ProblemType;
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

export interface Inspection extends LabelsFound {
  readonly data: string;
  readonly examples: number;
  /** Whether they are pairs of texts. */
  readonly pairs: boolean;
  /** Rows without a text, or without a label: where they are. */
  readonly withoutText: readonly string[];
  readonly withoutLabel: readonly string[];
  /** What cleaning changes. */
  readonly cleaning: CleaningFound;
  readonly lengths: TokenLengths;
  /** The same text more than once: texts that could be left out. Case, punctuation and markup don't count. */
  readonly duplicates: Finding;
  /** Nearly the same text: at least 80 % of all runs of three words in common. */
  readonly nearDuplicates: Finding;
  /** Texts among which these were looked for: all different ones, or an even sample of very many. */
  readonly nearCompared: number;
  /** The same text with different classes, sets of labels or numbers. */
  readonly conflicts: Finding;
  /** Texts that are in the test data too, the same or nearly; `undefined` without test data. */
  readonly leaks: { readonly exact: Finding; readonly near: Finding } | undefined;
}

const SHOWN = 5;

/** Near duplicates are looked for among so many characters, or so many texts: a minute's work, whatever there is. */
const MOST_CHARACTERS = 50e6;
const MOST_TEXTS = 300_000;

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
  const { clean = 'html', problemType } = options;
  const data = await withHubFiles(options.data, 'train', options);
  const test = options.test === undefined ? undefined : await withHubFiles(options.test, 'test', options);
  const columns = columnsOf(options);
  const { signal, onEvent } = options;
  const reading = { clean: 'none', problemType, signal, onEvent } as const;
  const read = await readWithGaps(data, columns, reading);
  const { cleaned: examples, emptied, found: cleaning } = cleanExamples(read.examples, clean);
  const others =
    test === undefined ? [] : (await readWithGaps(test, columns, { ...reading, clean })).examples;
  const labels = labelsFound(examples, dataName(data), problemType);
  const isOther = (place: number): boolean => place >= examples.length;
  const all = [...examples, ...others];
  const keys = all.map((each) => comparable(wholeText(each)));
  const said = comparableLabels(all, labels.problem);
  const groups = exactGroups(keys);
  const compared = differentOnes(keys, isOther);
  const pairs = nearPairs(compared.map((place) => keys[place]!)).map(([a, b]) => [
    compared[a]!,
    compared[b]!,
  ]);
  const within = groups.map((group) => group.filter((place) => !isOther(place)));
  const repeated = within.filter((group) => group.length > 1);
  const label = (place: number): string => said[place]!;
  const finding = (found: readonly number[][], texts: number): Finding => ({
    texts,
    examples: found.slice(0, SHOWN).map((places) => ({
      text: excerpt(shownText(all[places[0]!]!), 80),
      places: places.map((place) => `${isOther(place) ? 'test ' : ''}${placeOf(all[place]!)}`),
      labels: [...new Set(places.map(label))],
    })),
  });
  const conflicts = repeated.filter((group) => new Set(group.map(label)).size > 1);
  const nearHere = pairs.filter((pair) => !pair.some(isOther));
  const leaked = groups.filter((group) => group.some(isOther) && !group.every(isOther));
  const nearLeaked = pairs.filter((pair) => pair.some(isOther) && !pair.every(isOther));
  const countHere = (found: readonly (readonly number[])[]): number =>
    new Set(found.flat().filter((place) => !isOther(place))).size;
  return {
    data: dataName(data),
    examples: examples.length,
    pairs: isPaired(examples),
    withoutText: [...read.withoutText, ...emptied],
    withoutLabel: read.withoutLabel,
    ...labels,
    cleaning,
    lengths: await lengthsOf(examples, options),
    duplicates: finding(
      repeated,
      repeated.reduce((sum, group) => sum + group.length - 1, 0),
    ),
    nearDuplicates: finding(nearHere, new Set(nearHere.map(([, later]) => later)).size),
    nearCompared: compared.length,
    conflicts: finding(conflicts, countHere(conflicts)),
    leaks:
      test === undefined
        ? undefined
        : { exact: finding(leaked, countHere(leaked)), near: finding(nearLeaked, countHere(nearLeaked)) },
  };
}

/** The first place of each key on either side, or every n-th of these where there are very many. */
function differentOnes(keys: readonly string[], isOther: (place: number) => boolean): number[] {
  const met = [new Set<string>(), new Set<string>()] as const;
  const first = keys.flatMap((key, place) => {
    const side = met[isOther(place) ? 1 : 0];
    if (side.has(key)) return [];
    side.add(key);
    return [place];
  });
  const few = evenPlaces(first, (place) => keys[place]!.length, MOST_CHARACTERS).map((i) => first[i]!);
  return evenPlaces(few, () => 1, MOST_TEXTS).map((i) => few[i]!);
}

/** A pair as `predict` shows it. */
const shownText = ({ text, textPair }: Example): string =>
  textPair === undefined ? text : `${text} | ${textPair}`;

const isPaired = (examples: readonly Example[]): boolean =>
  examples.some(({ textPair }) => textPair !== undefined);
