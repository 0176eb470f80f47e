/**
 * Patterns in a tokenizer.json. JavaScript's engine tries every way in which a pattern may fit: `(a+)+$` takes 2^n steps for
 * a word of n letters, so who made the file could stop whoever reads a text. Only patterns that take time in proportion to
 * the text are let in: those of well-known models, and lists of single classes.
 */
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { show } from '../util/show.js';

/** GPT-2's, Llama 3's and Qwen 2's, as their files have them. What may be tried in two ways is always taken at once. */
const KNOWN: readonly string[] = [
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
];

/** One character or class, perhaps repeated: nothing follows that could fail, so it is never tried again. */
const TERM = String.raw`(?:\\[sSdDwWrnt]|\\[pP]\{\w+\}|\[(?:[^\]\\[]|\\.)+\]|[^\\^$.|?*+()[\]{}])(?:[+*]|\{\d{1,2},?\d{0,2}\})?`;
const SIMPLE = new RegExp(String.raw`^\(?${TERM}(?:\|${TERM})*\)?$`, 'u');

/** Throws a `ModelError` that shows the pattern, where a tokenizer's parts have one that is not known to be fast. */
export function checkPatterns(tokenizer: Readonly<Record<string, unknown>>, name: string): void {
  const { normalizer, pre_tokenizer, post_processor, decoder } = tokenizer;
  // A list, and no recursion: a file may nest as deeply as it likes.
  const open: unknown[] = [normalizer, pre_tokenizer, post_processor, decoder];
  while (open.length > 0) {
    const part = open.pop();
    if (Array.isArray(part)) for (const each of part) open.push(each);
    if (!isObject(part)) continue;
    checkLength(part, name);
    for (const [key, value] of Object.entries(part)) {
      open.push(value);
      if (key === 'pattern') checkPattern(value, name);
    }
  }
}

/** Pieces of no length have no end. */
function checkLength({ type, length }: Readonly<Record<string, unknown>>, name: string): void {
  if (type !== 'FixedLength' || (Number.isSafeInteger(length) && (length as number) > 0)) return;
  throw new ModelError(
    `${name} cuts texts into pieces of the length ${show(length)}, expected a whole number from 1 up.`,
  );
}

function checkPattern(pattern: unknown, name: string): void {
  const { Regex: regex, String: text } = isObject(pattern) ? pattern : {};
  if (regex === undefined && typeof text === 'string') return;
  if (typeof regex === 'string' && (KNOWN.includes(regex) || SIMPLE.test(regex))) return;
  throw new ModelError(
    `${name} has the pattern ${show(pattern)}, expected a text, a list of single ` +
      `classes such as "\\\\s+|\\\\d", or that of GPT-2, Llama 3 or Qwen 2: others may take for ever on a long text.`,
  );
}
