/**
 * The vocabulary of a tokenizer.json: an id that is none would make `NaN` of what a model is fed, and one of four thousand
 * million a list of that length.
 */
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { quote, show } from '../util/show.js';

/** As many as `config.json` may say. */
const MOST_IDS = 10_000_000;
const ID = `a whole number from 0 to ${MOST_IDS - 1}`;

/**
 * The largest id that a text can get, plus 1. Throws a `ModelError` for a vocabulary whose entries are not tokens with their
 * ids, and for one of word pieces without what stands for unknown words.
 *
 * @param tokenizer the object of a tokenizer.json
 * @param name what to call the file in an error
 */
export function vocabularySizeOf(tokenizer: Readonly<Record<string, unknown>>, name: string): number {
  const { model, added_tokens: added } = tokenizer;
  const check = (fits: boolean, what: string, found: unknown, expected: string): void => {
    if (!fits) throw new ModelError(`${name}: ${what} is ${show(found)}, expected ${expected}.`);
  };
  const {
    type,
    vocab,
    unk_token: unknown,
    continuing_subword_prefix: prefix,
    merges,
  } = isObject(model) ? model : {};
  let size = 0;
  const count = (id: unknown, what: () => string): void => {
    const fits = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MOST_IDS;
    if (fits) size = Math.max(size, id + 1);
    else check(false, what(), id, ID);
  };
  if (Array.isArray(vocab)) {
    for (const [id, entry] of (vocab as unknown[]).entries()) {
      const fits = Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number';
      if (!fits) check(false, `vocab ${id}`, entry, 'a token and its score');
    }
    size = vocab.length;
  } else if (vocab !== undefined) {
    check(isObject(vocab), 'vocab', vocab, 'an object of tokens and their ids');
    for (const [token, id] of Object.entries(vocab as object)) count(id, () => `the id of ${quote(token)}`);
  }
  check(Array.isArray(added), 'added_tokens', added, 'a list');
  for (const [i, entry] of (added as unknown[]).entries()) {
    const { id, content } = isObject(entry) ? entry : {};
    count(id, () => `the id of added_tokens ${i}`);
    check(
      typeof content === 'string' && content !== '',
      `the content of added_tokens ${i}`,
      content,
      'a token',
    );
  }
  const isWordPiece =
    type === 'WordPiece' || (type === undefined && prefix !== undefined && merges === undefined);
  if (isWordPiece && isObject(vocab)) {
    const isThere = typeof unknown === 'string' && Object.hasOwn(vocab, unknown);
    check(isThere, 'unk_token', unknown, 'a token of the vocabulary, for words that it lacks');
    check(typeof prefix === 'string', 'continuing_subword_prefix', prefix, 'a text such as "##"');
  }
  return size;
}
