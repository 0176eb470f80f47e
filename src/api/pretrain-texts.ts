/** Texts without labels, cut into windows: part of them to learn from, part to measure on. */
import type { LoadedMaskedLm } from '../checkpoint/load.js';
import { clean } from '../data/clean.js';
import { decodeLines } from '../data/decode.js';
import { placeOf } from '../data/example.js';
import { streamExamples } from '../data/read.js';
import { openBytes } from '../files/read.js';
import { maskedSet, type MaskedTexts } from '../train/masked-set.js';
import type { TrainingSet } from '../train/sets.js';
import type { TrainSettings } from '../train/settings.js';
import { DataError, ModelError, UsageError } from '../util/errors.js';
import { PURPOSE, RandomStream } from '../util/random.js';
import { plural } from '../util/wording.js';
import { hashOfTexts } from './checkpoints.js';
import { openData } from './file-source.js';
import { PRETRAIN_DEFAULTS, type PretrainOptions } from './pretrain-options.js';

/** What is learnt from, and what is measured on. */
export interface PreparedTexts {
  readonly texts: number;
  readonly train: TrainingSet;
  readonly test: TrainingSet;
  /** SHA-256 of the windows of each. */
  readonly hashes: { readonly train: string; readonly test: string };
}

/** All windows of all texts, part of them set aside. */
export async function prepareTexts(
  options: PretrainOptions,
  settings: TrainSettings,
  { tokenizer, config, positions, folder }: LoadedMaskedLm,
): Promise<PreparedTexts> {
  const maxLength = Math.min(settings.maxLength ?? PRETRAIN_DEFAULTS.maxLength, positions);
  if (options.maxLength !== undefined && options.maxLength > positions) {
    throw new UsageError(
      `--max-length ${options.maxLength}: ${folder} reads at most ${plural(positions, 'token')}.`,
    );
  }
  const { maskId } = tokenizer;
  if (maskId === undefined) {
    throw new ModelError(
      `${folder} has no token for what is masked, so it can't be trained to guess masked tokens.`,
    );
  }
  const contract = { maxLength, truncation: 'windows', stride: 0 } as const;
  const windows: { ids: readonly number[]; origin: string }[] = [];
  let texts = 0;
  for await (const { text, origin } of textsOf(options, settings.clean)) {
    texts++;
    for (const ids of tokenizer.read(text, contract).windows) {
      if (ids.length > tokenizer.specialTokens) windows.push({ ids, origin });
    }
  }
  const share = options.testSplit ?? 0.05;
  if (!(share > 0 && share < 1)) {
    throw new UsageError(`The share to set aside must lie between 0 and 1, not ${share}.`);
  }
  const testCount = Math.max(1, Math.round(share * windows.length));
  if (windows.length < 2) throw new DataError('pre-training needs at least two texts that are not empty.');
  new RandomStream(settings.seed, PURPOSE.split).shuffle(windows);
  const setOf = (part: typeof windows): TrainingSet => {
    const masked: MaskedTexts = {
      texts: part.map(({ ids }) => ids),
      origins: part.map(({ origin }) => origin),
      ...{ padId: tokenizer.padId, maskId, vocabSize: config.vocabSize, seed: settings.seed },
      specialIds: new Set([...tokenizer.specialIds, tokenizer.padId]),
    };
    return maskedSet(masked);
  };
  const parts = { train: windows.slice(testCount), test: windows.slice(0, testCount) };
  const hashOf = (part: typeof windows): string => hashOfTexts(part.map(({ ids }) => [ids]), maskId); // prettier-ignore
  return {
    texts,
    train: setOf(parts.train),
    test: setOf(parts.test),
    hashes: { train: hashOf(parts.train), test: hashOf(parts.test) },
  };
}

async function* textsOf(
  { files = [], texts = [], textColumn }: PretrainOptions,
  cleaning: TrainSettings['clean'],
): AsyncGenerator<{ text: string; origin: string }> {
  if (files.length === 0 && texts.length === 0) {
    throw new UsageError('pretrain needs texts: one or more files, or a list of texts.');
  }
  for (const file of files) {
    if (/\.txt(?:\.gz)?$/i.test(file)) {
      yield* linesOf(file, cleaning);
      continue;
    }
    const options = { textColumn, needLabel: false, clean: cleaning };
    for await (const example of streamExamples(await openData(file), options)) {
      yield { text: example.text, origin: `${file}, ${placeOf(example)}` };
    }
  }
  for (const [index, text] of texts.entries()) {
    yield { text: clean(text, cleaning), origin: `text ${index + 1}` };
  }
}

/** A text a line; empty lines are no texts. */
async function* linesOf(
  file: string,
  cleaning: TrainSettings['clean'],
): AsyncGenerator<{ text: string; origin: string }> {
  let line = 0;
  for await (const text of decodeLines({ name: file, bytes: openBytes(file) })) {
    line++;
    yield { text: clean(text, cleaning), origin: `${file}, line ${line}` };
  }
}
