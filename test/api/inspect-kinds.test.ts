/** A look at data of several labels, of numbers, and of pairs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspect } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { bertuneOk, TINY } from '../support/cli.js';
import { csv } from '../support/reviews.js';

const model = TINY;

test('of several labels each is counted; their order is no conflict', async () => {
  const data = [
    { text: 'a fine film', label: ['war', 'drama'] },
    { text: 'A fine film!', label: ['drama', 'war'] },
    { text: 'a dull film', label: ['drama'] },
    { text: 'A dull film', label: [] },
  ];
  const found = await inspect({ data, model });
  expect(found).toMatchObject({
    problem: { problemType: 'multi_label_classification', reason: 'lists of labels' },
    classes: [
      { label: 'drama', texts: 3, share: 3 / 4 },
      { label: 'war', texts: 2, share: 2 / 4 },
    ],
    labelSets: { withoutAny: 1, meanLabels: 5 / 4 },
    duplicates: { texts: 2, examples: [{ labels: ['drama, war'] }, { labels: ['drama', 'no label'] }] },
    conflicts: { texts: 2, examples: [{ text: 'a dull film' }] },
  });
  expect(found.numbers).toBeUndefined();
});

test('numbers have a least, quartiles and a greatest; 1 and 1.0 are no conflict', async () => {
  const data = ['1', '1.0', '2.5', '4', '9'].map((label, i) => ({ text: `text ${Math.max(1, i)}`, label }));
  const found = await inspect({ data, model });
  expect(found).toMatchObject({
    problem: { problemType: 'regression', reason: 'numbers that are not whole, such as 2.5' },
    classes: [],
    // Of 5 sorted numbers the quartiles are the second and the fourth.
    numbers: { min: 1, lowerQuartile: 1, median: 2.5, upperQuartile: 4, max: 9, mean: 17.5 / 5 },
    duplicates: { texts: 1, examples: [{ places: ['row 1', 'row 2'], labels: ['1'] }] },
    conflicts: { texts: 0 },
  });
  const other = await inspect({ data: [...data, { text: 'text 4', label: '8' }], model });
  expect(other.conflicts).toMatchObject({ texts: 2, examples: [{ labels: ['9', '8'] }] });
});

test('the kind that is asked for counts', async () => {
  const data = ['1', '2', '3', '3'].map((label, i) => ({ text: `text ${i}`, label }));
  expect((await inspect({ data, model })).classes).toHaveLength(3);
  const found = await inspect({ data, model, problemType: 'regression' });
  expect(found).toMatchObject({ problem: { problemType: 'regression' }, numbers: { median: 2.5 } });
});

test('pairs are the same where both texts are, and both are counted in tokens', async () => {
  const data = [
    { text: 'film', textPair: 'film film', label: 'a' },
    { text: 'film', textPair: 'film '.repeat(30), label: 'b' },
    { text: 'film', textPair: 'film film', label: 'b' },
  ];
  const { pairs, lengths, duplicates, conflicts } = await inspect({ data, model, maxLength: 20 });
  expect({ pairs, duplicates: duplicates.texts, conflicts: conflicts.texts }).toEqual({
    ...{ pairs: true, duplicates: 1, conflicts: 2 },
  });
  expect(conflicts.examples).toEqual([
    { text: 'film | film film', places: ['row 1', 'row 3'], labels: ['a', 'b'] },
  ]);
  // BERT puts three special tokens into a pair: 3 + 1 + 2, and 3 + 1 + 30.
  expect(lengths).toMatchObject({ median: 6, longest: 34, cutTexts: 1 });
  // 17 of the 37 word pieces of these pairs that are read are of the long one.
  expect(lengths.truncations.map(({ truncation, kept }) => [truncation, kept])).toEqual(
    ['head', 'tail', 'head+tail'].map((way) => [way, 23 / 37]),
  );
  expect(lengths.suggestion).toBe('--max-length 24 reads more');
});

test('the command says the kind and why', async () => {
  const cwd = tempFolder();
  const table = (rows: readonly (readonly string[])[]): void => {
    writeFileSync(join(cwd, 'a.csv'), csv([['text', 'label'], ...rows]));
  };
  table([['a fine film', 'war|drama'], ['a dull film', 'war'], ['a third', 'drama'], ['a fourth', '']]); // prettier-ignore
  const args = ['inspect', 'a.csv', '--model', TINY];
  const sets = await bertuneOk(args, { cwd });
  expect(sets).toContain(
    'Kind        multi_label_classification (found: "|" separates labels that recur)\n' +
      '            if each is one class: --problem-type single_label_classification\n' +
      '            if rows with an empty field have no label: --problem-type multi_label_classification\n' +
      '            1.33 labels for a text on average, 0 with none\n' +
      'Labels\n  drama  2  66.7 %\n',
  );
  const asked = [...args, '--problem-type', 'multi_label_classification'];
  expect(await bertuneOk(asked, { cwd })).toContain('1.00 labels for a text on average, 1 with none');
  table([['a fine film', '4.5'], ['a dull film', '1'], ['A dull film', '2']]); // prettier-ignore
  const numbers = await bertuneOk(args, { cwd });
  expect(numbers).toContain(
    'Numbers     from 1 to 4.5, half of them from 1.5 to 3.25, the median 2, the mean 2.5\n',
  );
  expect(numbers).toContain('Conflicts   2 that have several numbers; correct them');
  expect(numbers).not.toContain('Classes');
  expect(JSON.parse(await bertuneOk([...args, '--json'], { cwd }))).toMatchObject({
    ...{ problem: { problemType: 'regression' }, numbers: { max: 4.5 }, classes: [] },
  });
});
