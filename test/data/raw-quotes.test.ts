/** Tables between tabs whose quotes are letters like others, as GLUE's are. */
import { expect, test } from 'vitest';
import { readExamples } from '../../src/data/read.js';
import { sourceOf } from './helpers.js';

const textsOf = async (name: string, text: string): Promise<string[]> =>
  (await readExamples(sourceOf(name, text), { clean: 'none' })).examples.map((each) => each.text);

test('a text that begins with a quoted word is taken as it is written', async () => {
  const rows = ['"Wow" is all\t1', 'it is 5" long\t0', '"All of it"\t1', 'a "b" c\t0', '"Wow" "again"\t1'];
  expect(await textsOf('a.tsv', `text\tlabel\n${rows.join('\n')}\n`)).toEqual([
    ...['"Wow" is all', 'it is 5" long', 'All of it', 'a "b" c', '"Wow" "again"'],
  ]);
});

test('a quote that is never closed, and one that is closed lines later, are refused', async () => {
  await expect(textsOf('a.tsv', 'text\tlabel\n"Wow is all\t1\nb\t0\n')).rejects.toThrow(/a\.tsv, line 2: a quoted field begins/);
  await expect(textsOf('a.tsv', 'text\tlabel\n"Wow is all\t1\n"b" c\t0\n')).rejects.toThrow(/a\.tsv, line 2: /);
});

test('between commas such a text is refused, with what to do', async () => {
  await expect(textsOf('a.csv', 'text,label\n"Wow" is all,1\n')).rejects.toThrow(/goes on after its closing quote/);
});
