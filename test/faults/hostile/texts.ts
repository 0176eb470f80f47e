/** Ids of awkward texts beside those of the Rust tokenizers: scripts/fixtures/make_hostile.py. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { TextTokenizer } from '../../../src/tokenizer/tokenizer.js';
import { fixtureJson, fixturePath } from '../../support/fixtures.js';
import { textCase } from '../corpora/texts.js';
import { tell } from '../runs.js';

const BERT = fileURLToPath(new URL('../../../models/all-MiniLM-L6-v2', import.meta.url));
const FOLDERS = {
  bert: BERT,
  'bert-cased': BERT,
  'hf-saved-roberta': fixturePath('hf-saved-roberta'),
  'hf-saved-distilbert': fixturePath('hf-saved-distilbert'),
};
type Name = keyof typeof FOLDERS;

/** The hashes of each block of texts, by the tokenizers' names. */
interface Fixture extends Readonly<Record<Name, string>> {
  readonly seed: number;
  readonly count: number;
  readonly block: number;
}

function tokenizerOf(name: Name): TextTokenizer {
  const path = `${FOLDERS[name]}/tokenizer.json`;
  const json = JSON.parse(readFileSync(path, 'utf8')) as { normalizer: object };
  const normalizer = { ...json.normalizer, lowercase: false, strip_accents: false };
  return TextTokenizer.fromSource({
    json: name === 'bert-cased' ? { ...json, normalizer } : json,
    ...{ config: {}, padId: 0, name: path },
  });
}

export function compareWithRustTokenizers(most: number): void {
  const fixture = fixtureJson('hostile/texts.json') as Fixture;
  const count = Math.min(most, fixture.count);
  test.each(Object.keys(FOLDERS) as Name[])(`${count} texts: the ids of the Rust tokenizers, %s`, (name) => {
    const tokenizer = tokenizerOf(name);
    const hashes = fixture[name].split(' ');
    const other: number[] = [];
    for (let start = 0; start < count; start += fixture.block) {
      const rows = Array.from({ length: fixture.block }, (_, i) =>
        tokenizer
          .encode(textCase(fixture.seed, start + i), { maxLength: 1e6, truncation: 'head' })
          .ids.join(),
      );
      const hash = createHash('sha256').update(rows.join('\n')).digest('hex').slice(0, 8);
      if (hash !== hashes[start / fixture.block]) other.push(start);
    }
    tell(`${name} beside the Rust tokenizers`, { texts: count, 'blocks that differ': other.length });
    expect(other).toEqual([]);
  });
}
