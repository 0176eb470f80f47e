/** Texts as the numbers of their words, the way scikit-learn's vectorizers cut them. */

/** scikit-learn's `\b\w\w+\b`: words of two characters and more; Python's `\w` counts letters and numbers of any script. */
const WORD = /[\p{L}\p{N}_]{2,}/gu;

/** The words of a text, in lower case, in their order. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** The words of many texts, each as its number in the order of first appearance. */
export interface Corpus {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The words of all texts, one text after another. */
  readonly words: Int32Array;
  /** [texts + 1]: those of text i lie from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Int32Array;
}

/** Numbers the words of texts. Strings are kept once for each different word, not for each that is read. */
export async function readCorpus(texts: readonly string[], pause: () => Promise<void>): Promise<Corpus> {
  const vocabulary = new Map<string, number>();
  const offsets = new Int32Array(texts.length + 1);
  let words = new Int32Array(1024);
  let count = 0;
  for (const [i, text] of texts.entries()) {
    if (i % 1000 === 999) await pause();
    for (const word of wordsOf(text)) {
      let id = vocabulary.get(word);
      if (id === undefined) vocabulary.set(word, (id = vocabulary.size));
      if (count === words.length) {
        const grown = new Int32Array(2 * count);
        grown.set(words);
        words = grown;
      }
      words[count++] = id;
    }
    offsets[i + 1] = count;
  }
  return { vocabulary, words: words.subarray(0, count), offsets };
}
