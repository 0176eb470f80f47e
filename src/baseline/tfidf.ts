/**
 * Texts as weighted words and pairs of neighbours: scikit-learn's
 * `TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)`, the same numbers in another order.
 */
import { PairTable } from './pair-table.js';
import { readCorpus, wordsOf, type Corpus } from './words.js';

/** A feature is kept that is in so many texts. */
const MIN_TEXTS = 2;

/** Sparse rows: those of text i lie from `offsets[i]` to `offsets[i + 1]`. */
export interface SparseRows {
  readonly offsets: Int32Array; // [texts + 1]
  readonly features: Int32Array;
  readonly values: Float32Array;
  /** How many features there are. */
  readonly width: number;
}

/** Which words and pairs are features, and what each weighs. */
export class TfIdf {
  private constructor(
    /** The features of words and, by the numbers of both words, of pairs; -1 for what is too rare. */
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly wordFeatures: Int32Array,
    private readonly pairs: PairTable,
    private readonly pairFeatures: Int32Array,
    /** [features]: ln((1 + texts) / (1 + texts with it)) + 1 */
    private readonly idf: Float64Array,
  ) {}

  /**
   * Learns features and their weights from texts, and gives the texts' own rows.
   *
   * @param mostFeatures if there are more, those that are in the most texts are kept
   */
  static async fit(
    texts: readonly string[],
    mostFeatures: number,
    pause: () => Promise<void>,
  ): Promise<{ tfidf: TfIdf; rows: SparseRows }> {
    const corpus = await readCorpus(texts, pause);
    const words = countWords(corpus);
    const { pairs, counts } = await countPairs(corpus, words, pause);
    const least = leastTexts([words, counts], mostFeatures);
    const idf: number[] = [];
    const number = (df: Int32Array): Int32Array =>
      df.map((n) => (n < least ? -1 : idf.push(Math.log((1 + texts.length) / (1 + n)) + 1) - 1));
    const wordFeatures = number(words);
    const pairFeatures = number(counts);
    const tfidf = new TfIdf(corpus.vocabulary, wordFeatures, pairs, pairFeatures, Float64Array.from(idf));
    const rows = await tfidf.#rows(texts.length, pause, (i) =>
      corpus.words.subarray(corpus.offsets[i], corpus.offsets[i + 1]),
    );
    return { tfidf, rows };
  }

  get width(): number {
    return this.idf.length;
  }

  /** The rows of other texts; what wasn't learnt has no part in them. */
  transform(texts: readonly string[], pause: () => Promise<void>): Promise<SparseRows> {
    return this.#rows(texts.length, pause, (i) =>
      Int32Array.from(wordsOf(texts[i]!), (word) => this.vocabulary.get(word) ?? -1),
    );
  }

  async #rows(
    size: number,
    pause: () => Promise<void>,
    wordsAt: (text: number) => Int32Array,
  ): Promise<SparseRows> {
    const counts = new Int32Array(this.width); // of one text; set back to 0 after it
    const offsets = new Int32Array(size + 1);
    let features = new Int32Array(1024);
    let values = new Float32Array(1024);
    let end = 0;
    for (let i = 0; i < size; i++) {
      if (i % 1000 === 999) await pause();
      const words = wordsAt(i);
      if (end + 2 * words.length > features.length) {
        const grown = 2 * (end + 2 * words.length);
        features = resized(features, new Int32Array(grown));
        values = resized(values, new Float32Array(grown));
      }
      const start = end;
      const count = (feature: number): void => {
        if (feature < 0) return;
        if (counts[feature] === 0) features[end++] = feature;
        counts[feature] = counts[feature]! + 1;
      };
      for (let at = 0; at < words.length; at++) {
        const word = words[at]!;
        if (word < 0) continue; // a word never seen
        count(this.wordFeatures[word]!);
        const pair = at === 0 || words[at - 1]! < 0 ? undefined : this.pairs.get(words[at - 1]!, word);
        if (pair !== undefined) count(this.pairFeatures[pair]!);
      }
      let squares = 0;
      for (let at = start; at < end; at++) {
        const feature = features[at]!;
        values[at] = (1 + Math.log(counts[feature]!)) * this.idf[feature]!;
        squares += values[at]! ** 2;
        counts[feature] = 0;
      }
      const norm = Math.sqrt(squares);
      for (let at = start; at < end; at++) values[at] = values[at]! / norm;
      offsets[i + 1] = end;
    }
    return { offsets, features: features.slice(0, end), values: values.slice(0, end), width: this.width };
  }
}

/** In how many texts each word is. */
function countWords({ vocabulary, words, offsets }: Corpus): Int32Array {
  const texts = new Int32Array(vocabulary.size);
  const last = new Int32Array(vocabulary.size).fill(-1); // the last text that it was seen in
  for (let i = 0; i + 1 < offsets.length; i++) {
    for (let at = offsets[i]!; at < offsets[i + 1]!; at++) {
      const word = words[at]!;
      if (last[word] === i) continue;
      last[word] = i;
      texts[word] = texts[word]! + 1;
    }
  }
  return texts;
}

/** In how many texts each pair is. A pair with a word that is too rare is too rare itself, so it isn't counted. */
async function countPairs(
  { words, offsets }: Corpus,
  textsOfWord: Int32Array,
  pause: () => Promise<void>,
): Promise<{ pairs: PairTable; counts: Int32Array }> {
  const pairs = new PairTable();
  let texts = new Int32Array(1024);
  let last = new Int32Array(1024).fill(-1);
  for (let i = 0; i + 1 < offsets.length; i++) {
    if (i % 1000 === 999) await pause();
    for (let at = offsets[i]! + 1; at < offsets[i + 1]!; at++) {
      const [first, second] = [words[at - 1]!, words[at]!];
      if (textsOfWord[first]! < MIN_TEXTS || textsOfWord[second]! < MIN_TEXTS) continue;
      const pair = pairs.getOrAdd(first, second, pairs.size);
      if (pair >= texts.length) {
        texts = resized(texts, new Int32Array(2 * pair));
        last = resized(last, new Int32Array(2 * pair).fill(-1));
      }
      if (last[pair] === i) continue;
      last[pair] = i;
      texts[pair] = texts[pair]! + 1;
    }
  }
  return { pairs, counts: texts.subarray(0, pairs.size) };
}

/** The fewest texts that a feature has to be in, so that no more than `most` are kept. */
function leastTexts(counts: readonly Int32Array[], most: number): number {
  let least = MIN_TEXTS;
  const kept = (): number =>
    counts.reduce((sum, each) => sum + each.reduce((n, texts) => (texts < least ? n : n + 1), 0), 0);
  while (kept() > most) least++;
  return least;
}

function resized<T extends Int32Array | Float32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
