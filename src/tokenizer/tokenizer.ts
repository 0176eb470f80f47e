/** Text to ids, by a model's own tokenizer.json. */
import { Tokenizer } from '@huggingface/tokenizers';
import { ModelError, messageOf, UsageError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { excerpt } from '../util/wording.js';
import { beforeNormalizer } from './bert-normalizer.js';
import { wordSpans, type WordSpan } from './spans.js';
import { checkPatterns } from './patterns.js';
import { asSecond, longestFirst, textsOf, type TextPair, type Written } from './pair.js';
import { vocabularySizeOf } from './vocabulary.js';
import { partsOf, truncate, type CutContract, type TextContract } from './truncate.js';

interface EncodeOptions {
  readonly add_special_tokens?: boolean;
  readonly text_pair?: string;
}

/** What is used of the package's class: its own declarations don't resolve in Node's ES modules. */
interface HubTokenizer {
  /** Ids are `undefined` where the vocabulary has neither a token nor one that stands for it. */
  encode(text: string, options?: EncodeOptions): { ids: (number | undefined)[] };
  token_to_id(token: string): number | undefined;
}
const HubTokenizer = Tokenizer as unknown as new (tokenizer: object, config: object) => HubTokenizer;

/** What a model reads of a text at once. */
export interface Encoding {
  /** With the special tokens: `[CLS] ... [SEP]` for BERT. */
  readonly ids: readonly number[];
  /** How many word pieces were cut off. */
  readonly cut: number;
}

/** A text as the model reads it, and which words its ids are of. */
export interface WordEncoding extends Encoding {
  /** The words of the whole text, also those that were cut off; of a pair those of the first text, then those of the second. */
  readonly words: readonly WordSpan[];
  /** How many of the words are the first text's. */
  readonly firstWords: number;
  /** For each id the place of its word in `words`; -1 for special tokens. */
  readonly wordOf: readonly number[];
}

/** A text as a model reads it by any contract. */
export interface Reading {
  /** The ids of each window, with the special tokens: one, unless the contract's truncation is `windows`. */
  readonly windows: readonly (readonly number[])[];
  /** How many word pieces were cut off. */
  readonly cut: number;
}

/** What a tokenizer is made of: plain objects, so that other threads can make the same one. */
export interface TokenizerSource {
  /** The parsed tokenizer.json; its own truncation and padding are not used. */
  readonly json: unknown;
  /** The parsed tokenizer_config.json, if there is one. */
  readonly config: unknown;
  /** What pads a batch. */
  readonly padId: number;
  /** Whether the model tells the second text of a pair from the first by its token type. @default false */
  readonly pairTypes?: boolean;
  /** What to call the file in an error. */
  readonly name: string;
}

export class TextTokenizer {
  readonly #tokenizer: HubTokenizer;
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  private constructor(
    readonly source: TokenizerSource,
    tokenizer: HubTokenizer,
    private readonly prepare: (text: string) => string,
    /** The longest text by `model_max_length`; `Infinity` where there is none. */
    readonly maxLength: number,
    /** The largest id that a text can get, plus 1. */
    readonly vocabularySize: number,
  ) {
    this.#tokenizer = tokenizer;
    // What the tokenizer puts around any text, seen on a text of one token.
    const bare = this.#idsOf('a', { add_special_tokens: false });
    const whole = this.#idsOf('a');
    const at = bare.length === 0 ? whole.length : whole.indexOf(bare[0]!);
    this.#before = whole.slice(0, at);
    this.#after = whole.slice(at + bare.length);
  }

  static fromSource(source: TokenizerSource): TextTokenizer {
    const { json, config, name } = source;
    if (!isObject(json) || !isObject(json['model'])) {
      throw new ModelError(
        `${name} is not a tokenizer: it has no "model". Save it with transformers' fast tokenizer.`,
      );
    }
    checkPatterns(json, name);
    const vocabularySize = vocabularySizeOf(json, name);
    try {
      return new TextTokenizer(
        source,
        new HubTokenizer(json, isObject(config) ? config : {}),
        beforeNormalizer(json['normalizer']),
        maxLengthOf(config),
        vocabularySize,
      );
    } catch (error) {
      throw error instanceof ModelError ? error : unusable(name, messageOf(error), error);
    }
  }

  /** Whether its settings say that a text that is too long is cut at the front. */
  get cutsFront(): boolean {
    const { config } = this.source;
    return isObject(config) && config['truncation_side'] === 'left';
  }

  /** What pads a batch. */
  get padId(): number {
    return this.source.padId;
  }

  /** How many special tokens every text gets. */
  get specialTokens(): number {
    return this.#before.length + this.#after.length;
  }

  /**
   * The ids of a text, or of a pair of texts, cut to the contract's length. A lone surrogate (half a character, which no UTF-8 file can
   * hold) is read as U+FFFD.
   *
   * ```ts
   * tokenizer.encode('A fine film.', { maxLength: 256, truncation: 'head' });
   * // { ids: [101, 1037, 2986, 2143, 1012, 102], cut: 0 }
   * ```
   */
  encode(text: Written, contract: CutContract): Encoding {
    const { windows, cut } = this.read(text, contract);
    return { ids: windows[0]!, cut };
  }

  /**
   * The same by any contract: all of the text in overlapping windows where it says so.
   *
   * ```ts
   * tokenizer.read('one two three four', { maxLength: 5, truncation: 'windows', stride: 1 });
   * // { windows: [[101, 2028, 2048, 2093, 102], [101, 2093, 2176, 102]], cut: 0 }
   * ```
   */
  read(text: Written, contract: TextContract): Reading {
    return typeof text === 'string' ? this.#readOne(text, contract) : this.#readPair(text, contract);
  }

  #readOne(text: string, contract: TextContract): Reading {
    const pieces = this.#pieces(text);
    const parts = partsOf(pieces, this.#roomOf(contract), contract);
    const cut = contract.truncation === 'windows' ? 0 : pieces.length - parts[0]!.length;
    return { windows: parts.map((ids) => [...this.#before, ...ids, ...this.#after]), cut };
  }

  /** As `encode`, with the words that the ids are of. */
  encodeWords(text: string, contract: CutContract): WordEncoding {
    return this.readWords(text, contract)[0]!;
  }

  /** Each window of a text, or of a pair of texts, with the words that its ids are of. */
  readWords(written: Written, contract: TextContract): WordEncoding[] {
    const spans = textsOf(written).map((text) => wordSpans(text, (part) => this.#pieces(part)));
    const words = spans.flat();
    const firstWords = spans[0]!.length;
    const all = words.flatMap(({ pieces }, word) => new Array<number>(pieces).fill(word));
    const special = (ids: readonly number[]): number[] => ids.map(() => -1);
    const { windows, cut } = this.read(written, contract);
    if (typeof written !== 'string') {
      const ofFirst = all.filter((word) => word < firstWords);
      const { before, first, between, second, after } = this.#pairParts(
        ...([ofFirst, all.slice(ofFirst.length)] as const),
        contract,
      );
      const wordOf = [special(before), first, special(between), second, special(after)].flat();
      return [{ ids: windows[0]!, cut, words, firstWords, wordOf }];
    }
    return partsOf(all, this.#roomOf(contract), contract).map((part, i) => ({
      ...{ ids: windows[i]!, cut, words, firstWords },
      wordOf: [...special(this.#before), ...part, ...special(this.#after)],
    }));
  }

  /** Both texts with what stands around and between them; of those of the second the complement, where types tell. */
  #readPair({ text, textPair }: TextPair, contract: TextContract): Reading {
    const [whole, wholeSecond] = [this.#pieces(text), this.#pieces(textPair)];
    const { before, first, between, second, after } = this.#pairParts(whole, wholeSecond, contract);
    const rest = [...second, ...after];
    const typed = this.source.pairTypes === true ? rest.map(asSecond) : rest;
    return {
      windows: [[...before, ...first, ...between, ...typed]],
      cut: whole.length + wholeSecond.length - first.length - second.length,
    };
  }

  /** What is kept of the pieces of both texts, or of what else there is one of for each piece, and what stands around them. */
  #pairParts(
    pieces: readonly number[],
    others: readonly number[],
    { maxLength, truncation }: TextContract,
  ): Record<'before' | 'first' | 'between' | 'second' | 'after', readonly number[]> {
    if (truncation === 'windows') throw pairInWindows();
    const [before, between, after] = this.#aroundPairs();
    const room = maxLength - before.length - between.length - after.length;
    const [firstRoom, secondRoom] = longestFirst(pieces.length, others.length, room);
    const first = truncate(pieces, firstRoom, { truncation });
    const second = truncate(others, secondRoom, { truncation });
    return { before, first, between, second, after };
  }

  /** The special tokens before, between and after the texts of a pair, seen on a pair of one token each. */
  #aroundPairs(): readonly [number[], number[], number[]] {
    const [bare] = this.#idsOf('a', { add_special_tokens: false });
    const whole = this.#idsOf('a', { text_pair: 'a' });
    const [first, second] = [whole.indexOf(bare!), whole.lastIndexOf(bare!)];
    return [whole.slice(0, first), whole.slice(first + 1, second), whole.slice(second + 1)];
  }

  /** How many special tokens every pair gets. */
  get pairSpecialTokens(): number {
    return this.#aroundPairs().reduce((sum, { length }) => sum + length, 0);
  }

  /** The id of the token that stands for a hidden one; `undefined` where the vocabulary has none. */
  get maskId(): number | undefined {
    const { config } = this.source;
    const said = isObject(config) ? config['mask_token'] : undefined;
    const content = isObject(said) ? said['content'] : said;
    return this.#tokenizer.token_to_id(typeof content === 'string' ? content : '[MASK]');
  }

  /** The ids that stand around every text. */
  get specialIds(): readonly number[] {
    return [...this.#before, ...this.#after];
  }

  #roomOf({ maxLength }: TextContract): number {
    return maxLength - this.specialTokens;
  }

  #pieces(text: string): number[] {
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\uFFFD');
    return this.#idsOf(this.prepare(wellFormed), { add_special_tokens: false });
  }

  /** What the tokenizer makes of a text. Some parts of a tokenizer.json turn out to be none only when a text needs them. */
  #idsOf(text: string, options?: EncodeOptions): number[] {
    let ids: readonly (number | undefined)[];
    try {
      ids = this.#tokenizer.encode(text, options).ids;
    } catch (error) {
      throw unusable(this.source.name, messageOf(error), error);
    }
    if (ids.every((id) => id !== undefined)) return [...ids];
    throw unusable(this.source.name, 'a part of a text has no id, and there is no unk_token for it');
  }
}

/** Which of the two would go on in the next window, and what it would stand beside, nobody can say. */
export function pairInWindows(): UsageError {
  return new UsageError(
    'pairs of texts are read at once and cut where they are long: --truncation head, tail or head+tail, not windows.',
  );
}

function unusable(name: string, why: string, cause?: unknown): ModelError {
  return new ModelError(`${name} can't be used: ${excerpt(why, 200)}`, { cause });
}

/** transformers writes 10^30 where a tokenizer has no limit. */
function maxLengthOf(tokenizerConfig: unknown): number {
  const length = isObject(tokenizerConfig) ? tokenizerConfig['model_max_length'] : undefined;
  return typeof length === 'number' && length >= 1 ? Math.floor(length) : Infinity;
}
