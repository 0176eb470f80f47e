/** Golden texts: what a finished model made of a few texts, computed again by every loader and compared. */
import type { GoldenText, RunContract } from '../checkpoint/contract.js';
import { logitsOf, type Scorer } from '../evaluate/logits.js';
import { textsOf, writtenOf, type Written } from '../tokenizer/pair.js';
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import type { TextContract } from '../tokenizer/truncate.js';
import { ModelError } from '../util/errors.js';
import { excerpt } from '../util/wording.js';

const SHORT = ['A fine film.', 'I want those two hours back.', 'Ünïcode, 123 & <b>markup</b>'];

/** What the long text is made of; each sentence is numbered, so that it matters which part is read. */
const SENTENCES = [
  'It begins slowly, with a long road and rain.',
  'Nobody in the village says what everybody knows!',
  'The music is lovely, the acting is wooden.',
  'Then, at last, somebody laughs; so did we.',
  'I would not sit through this part again.',
  'What a beautiful, sad and funny ending it has.',
];

/** How far the logits of golden texts may be from those at saving: another processor sums in another order. */
const TOLERANCE = 1e-3;

/** Short texts, and one that is longer than the contract reads at once; each beside another where pairs are read. */
export function goldenTexts({ maxLength }: TextContract, pairs = false): Written[] {
  const words: string[] = [];
  // A word is at least one token.
  for (let i = 0; words.length < 1.25 * maxLength; i++) {
    words.push(`${i + 1}.`, ...SENTENCES[i % SENTENCES.length]!.split(' '));
  }
  const texts = [...SHORT, words.join(' ')];
  if (!pairs) return texts;
  return texts.map((text, i) => ({ text, textPair: texts[(i + 1) % texts.length]! }));
}

/** The golden texts with their logits under the scorer's parameters. */
export async function goldenOf(
  scorer: Scorer,
  tokenizer: TextTokenizer,
  contract: TextContract,
  pairs = false,
): Promise<GoldenText[]> {
  const texts = goldenTexts(contract, pairs);
  const logits = await logitsOfEach(scorer, tokenizer, contract, texts);
  return texts.map((written, i) => {
    const [text = '', textPair] = textsOf(written);
    return {
      ...{ text, ...(textPair !== undefined && { text_pair: textPair }) },
      logits: Array.from(logits[i]!),
    };
  });
}

/** Throws a `ModelError` where a golden text of the contract doesn't give what it gave when the run was saved. */
export async function replayGolden(
  scorer: Scorer,
  tokenizer: TextTokenizer,
  contract: RunContract,
  { folder, labels }: { readonly folder: string; readonly labels: readonly string[] },
): Promise<void> {
  const { golden } = contract;
  const texts = golden.map(({ text, text_pair: textPair }) => writtenOf({ text, textPair }));
  const logits = await logitsOfEach(scorer, tokenizer, contract, texts);
  golden.forEach((expected, i) => {
    expected.logits.forEach((value, id) => {
      const found = logits[i]![id] ?? NaN;
      if (Math.abs(found - value) <= TOLERANCE * Math.max(1, Math.abs(value))) return;
      throw new ModelError(
        `${folder} doesn't compute what it did when it was saved: for ${JSON.stringify(excerpt(expected.text, 80))} the ` +
          `logit of "${labels[id]!}" was ${value}, now it is ${found}. A file in it was changed since; restore it.`,
      );
    });
  });
}

/** One by one: the short ones would be padded to the length of the long one. */
async function logitsOfEach(
  scorer: Scorer,
  tokenizer: TextTokenizer,
  contract: TextContract,
  texts: readonly Written[],
): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  for (const text of texts) {
    logits.push(...(await logitsOf(scorer, [tokenizer.read(text, contract).windows])));
  }
  return logits;
}
