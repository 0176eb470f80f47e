/**
 * Two places where `@huggingface/tokenizers` 0.2 normalises a text otherwise than the Rust `tokenizers`, put right
 * before it sees the text. Found by comparing both on every code point; what remains are characters of rare scripts
 * that came with newer versions of Unicode than the Rust tables know (docs/architecture.md).
 */

/** The ideographs beyond the first 65,536 code points, as BERT's original tokenizer lists them. */
const ASTRAL_IDEOGRAPH =
  /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

interface BertNormalizer {
  readonly type: 'BertNormalizer';
  readonly lowercase?: boolean;
  readonly handle_chinese_chars?: boolean;
}

/** What to do to a text first; `normalizer` is that of a tokenizer.json. */
export function beforeNormalizer(normalizer: unknown): (text: string) => string {
  if (!isBertNormalizer(normalizer)) return (text) => text;
  const { lowercase = true, handle_chinese_chars: splitIdeographs = true } = normalizer;
  return (text) => {
    // A string's toLowerCase() makes the last sigma of a word a final one; a character at a time there is no word.
    const lowered = lowercase ? text.replaceAll('\u03A3', '\u03C3') : text;
    return splitIdeographs ? lowered.replace(ASTRAL_IDEOGRAPH, ' $& ') : lowered;
  };
}

function isBertNormalizer(value: unknown): value is BertNormalizer {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'BertNormalizer';
}
