import { describe, expect, test } from 'vitest';
import type { Example } from '../../src/data/example.js';
import { columnsWithoutHeader } from '../../src/data/headerless.js';
import { listIn } from '../../src/data/label-sets.js';
import { encodeTargets, findProblem, labelNames } from '../../src/data/problem.js';
import { readExamples } from '../../src/data/read.js';
import { iterativeSplit, splitTargets } from '../../src/data/split-kinds.js';
import { DataError } from '../../src/util/errors.js';
import { RandomStream } from '../../src/util/random.js';
import { sourceOf, tableOf } from './helpers.js';

const labelled = (labels: readonly string[]): Example[] =>
  labels.map((label, i) => ({ text: `text ${i}`, label, row: i + 1 }));
const listed = (lists: readonly (readonly string[])[]): Example[] =>
  lists.map((labels, i) => ({ text: `text ${i}`, label: JSON.stringify(labels), labels, row: i + 1 }));
const many = (labels: readonly string[], times: number): string[] =>
  Array.from({ length: times }, () => labels).flat();

describe('the kind is found', () => {
  test.each<[string, Example[], string, RegExp]>([
    ['words', labelled(['a', 'b', 'a']), 'single_label_classification', /one class/],
    ['lists', listed([['a'], ['a', 'b'], []]), 'multi_label_classification', /lists/],
    ['lists in quotes', labelled(['["a", "b"]', "['b']", '[]']), 'multi_label_classification', /lists/],
    ['bars', labelled(['a|b', 'b', 'c|a']), 'multi_label_classification', /"\|" separates/],
    ['semicolons', labelled(['a; b', 'b; c', 'a']), 'multi_label_classification', /";" separates/],
    ['commas', labelled(['a, b', 'b', 'a']), 'multi_label_classification', /"," separates/],
    // Names that hold a comma, none of whose parts is met elsewhere.
    ['names', labelled(['Arts, Crafts', 'Food, Drink', 'Toys']), 'single_label_classification', /one class/],
    ['more parts than fields', labelled(['Movies, TV', 'Music, CDs', 'TV, Radio']), 'single_label_classification', /./],
    ['a bar that is no separator', labelled(['a|b', 'c|d', 'a|b']), 'single_label_classification', /./],
    ['zeros and ones', labelled(['0', '1', '0']), 'single_label_classification', /2 different whole/],
    ['stars', labelled(many(['1', '2', '3', '4', '5'], 4)), 'single_label_classification', /5 different whole/],
    ['classes by number', labelled(many(Array.from({ length: 77 }, (_, i) => String(i)), 2)), 'single_label_classification', /77/],
    ['half stars', labelled(['1.5', '2', '4.5', '1.5']), 'regression', /such as 1\.5/],
    ['a measure', labelled(many(Array.from({ length: 30 }, (_, i) => String(7 * i)), 2)), 'regression', /30 different/],
  ])('%s', (_, examples, problemType, reason) => {
    const found = findProblem(examples);
    expect(found.problemType).toBe(problemType);
    expect(found.reason).toMatch(reason);
  }); // prettier-ignore

  test('what else could be meant is said', () => {
    expect(findProblem(labelled(many(['1', '2', '3'], 3))).note).toContain('--problem-type regression');
    expect(findProblem(labelled(['0', '1', '0'])).note).toBeUndefined();
    expect(findProblem(labelled(['1.5', '2', '1'])).note).toContain('single_label_classification');
  });

  test('what is asked for goes first, if the labels fit it', () => {
    expect(findProblem(labelled(['1', '2']), 'a.csv', 'regression').problemType).toBe('regression');
    expect(findProblem(labelled(['a|b', 'b']), 'a.csv', 'single_label_classification')).toEqual({
      problemType: 'single_label_classification',
      reason: undefined,
    });
    expect(() => findProblem(labelled(['1', 'good']), 'a.csv', 'regression')).toThrow(
      new DataError('a.csv, row 2: "good", where --problem-type regression expects a number for each text.'),
    );
    expect(() => findProblem(listed([['a']]), 'a.csv', 'single_label_classification')).toThrow(
      'a list of labels',
    );
  });
});

describe('labels become numbers', () => {
  test('sets, however they are written', () => {
    for (const examples of [
      labelled(['comedy|drama', 'drama', 'war|comedy']),
      labelled(["['comedy', 'drama']", '["drama"]', '["war", "comedy", "war"]']),
      listed([['comedy', 'drama'], ['drama'], ['war', 'comedy']]),
    ]) {
      const problem = findProblem(examples);
      const names = labelNames(examples, problem);
      expect(names).toEqual(['comedy', 'drama', 'war']);
      expect(encodeTargets(examples, problem.problemType, names)).toEqual({
        problemType: 'multi_label_classification',
        labelSets: [[0, 1], [1], [0, 2]],
      });
    }
  });

  test('rows of zeros and ones, as models are given them', () => {
    const examples = listed([['1', '0', '0'], ['0', '0', '0'], ['0', '1', '1']]); // prettier-ignore
    const names = labelNames(examples, findProblem(examples));
    expect(names).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
    expect(encodeTargets(examples, 'multi_label_classification', names)).toMatchObject({
      labelSets: [[0], [], [1, 2]],
    });
  });

  test('numbers, and what is none', () => {
    const targets = encodeTargets(labelled(['4.5', ' -1e2 ', '3']), 'regression', ['LABEL_0']);
    expect(targets).toEqual({ problemType: 'regression', values: Float64Array.of(4.5, -100, 3) });
    expect(() => encodeTargets(labelled(['3', 'n/a']), 'regression', ['LABEL_0'], 'a.csv')).toThrow(
      'a.csv, row 2: "n/a" is no number',
    );
    expect(() =>
      encodeTargets(labelled(['comedy|dramma']), 'multi_label_classification', ['comedy', 'drama'], 'a.csv'),
    ).toThrow('a.csv, row 1: unknown label "dramma". The model knows "comedy", "drama". Did you mean "drama"?');
  });

  test.each<[string, string[] | undefined]>([
    ['["a b", \'c, d\', e]', ['a b', 'c, d', 'e']],
    ['[]', []],
    ['[1, 0]', ['1', '0']],
    ['a', undefined],
    ['[a] b', undefined],
    ['[{"a": 1}]', undefined],
  ])('the list in %s', (text, expected) => {
    expect(listIn(text)).toEqual(expected);
  });
});

describe('a share is set aside', () => {
  const stream = (seed: number) => {
    const random = new RandomStream(seed, 2);
    return () => random.uniform();
  };

  test('of several labels each in its proportion, a rare one to learn from, the same each time', () => {
    // Label 0 is on every text, 1 on every second, 2 on every tenth, 3 on one.
    const sets = Array.from({ length: 200 }, (_, i) =>
      [0, 1, 2, 3].filter((id) => id === 0 || (id === 1 && i % 2 === 0) || (id === 2 && i % 10 === 0) || (id === 3 && i === 77)),
    ); // prettier-ignore
    const { train, test: held } = iterativeSplit(sets, 0.2, stream(1));
    expect(iterativeSplit(sets, 0.2, stream(1)).test).toEqual(held);
    expect(iterativeSplit(sets, 0.2, stream(2)).test).not.toEqual(held);
    expect([...train, ...held].sort((a, b) => a - b)).toEqual(sets.map((_, i) => i));
    const with_ = (id: number): number => held.filter((place) => sets[place]!.includes(id)).length;
    expect([with_(0), with_(1), with_(2), with_(3)]).toEqual([40, 20, 4, 0]);
  });

  test('of numbers from every part of their range', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    const { test: held } = splitTargets({ problemType: 'regression', values }, 0.1, stream(3));
    const tens = held.map((place) => Math.floor(values[place]! / 10)).sort((a, b) => a - b);
    expect(tens).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('of 200 classes with three texts each as many as there should be, and no class is lost', () => {
    const labelIds = Int32Array.from({ length: 600 }, (_, i) => i % 200);
    const targets = { problemType: 'single_label_classification', labelIds } as const;
    const { train, test: held } = splitTargets(targets, 0.1, stream(4));
    expect(held).toHaveLength(60);
    expect(new Set(train.map((place) => labelIds[place]))).toHaveProperty('size', 200);
  });
});

describe('a file', () => {
  test('with a list of labels, and one whose lists hold something else', async () => {
    const lines = '{"text": "a", "labels": ["x", 2]}\n{"text": "b", "labels": []}\n';
    const { examples } = await readExamples(sourceOf('a.jsonl', lines));
    expect(examples.map(({ labels }) => labels)).toEqual([['x', '2'], []]);
    const other = readExamples(sourceOf('a.jsonl', '{"text": "a", "labels": [{"x": 1}]}\n'));
    await expect(other).rejects.toThrow('a.jsonl, line 1: "labels" holds [{"x":1}], where a label or a list');
  });

  test('with pairs, by their usual names or the one that is said', async () => {
    const { examples, columns } = await readExamples(
      sourceOf('a.csv', 'premise,hypothesis,label\nIt rains.,It is <b>wet</b>.,yes\n'),
    );
    expect(columns).toEqual({ text: 'premise', textPair: 'hypothesis', label: 'label' });
    expect(examples[0]).toMatchObject({ text: 'It rains.', textPair: 'It is wet.', label: 'yes' });
    const said = await readExamples(sourceOf('a.csv', 'text,context,label\na,b,c\n'), {
      textPairColumn: 'context',
    });
    expect(said.examples[0]).toMatchObject({ text: 'a', textPair: 'b', label: 'c' });
    const gap = readExamples(sourceOf('a.csv', 'sentence1,sentence2,label\na,,c\n'));
    await expect(gap).rejects.toThrow('1 row has no text in the column "sentence1" or "sentence2" (line 2)');
  });

  test('label_text names what label numbers', async () => {
    const { columns } = await readExamples(sourceOf('a.csv', 'text,label,label_text\na,0,bad\n'));
    expect(columns.label).toBe('label_text');
  });

  test('without a header, where the first line is clearly a row', async () => {
    const rows = ['positive,"A film that I liked"', 'negative,Dull', 'positive,Fine', 'negative,Long', 'negative,Old'];
    const { examples } = await readExamples(sourceOf('a.csv', rows.join('\n')));
    expect(examples).toHaveLength(5);
    expect(examples[0]).toEqual({ text: 'A film that I liked', label: 'positive', row: 1, line: 1 });
    // Nothing tells that these are rows: no text of several words, no label that is met again, a usual name.
    for (const first of [['Dull', 'negative'], ['A film that I liked', 'so-so'], ['label', 'A film that I liked']]) {
      expect(columnsWithoutHeader([first, ['b', 'negative'], ['c', 'positive'], ['d', 'negative']])).toBeUndefined();
    } // prettier-ignore
  });

  test('with a column twice: the others are used, and of the two one has to be named', async () => {
    const text = 'text,note,label,note\na,b,c,d\n';
    expect(await tableOf(sourceOf('a.csv', text))).toEqual([[2, 'a', 'b', 'c', 'd']]);
    const { header } = await readExamples(sourceOf('a.csv', text));
    expect(header).toEqual(['text', 'note', 'label', 'note (2)']);
    const twice = 'text,label,text\na,b,c\n';
    await expect(readExamples(sourceOf('a.csv', twice))).rejects.toThrow(
      'a.csv: the column "text" occurs twice. Rename one of the two, or say which one is meant: --text-column "text" ' +
        'for the first, "text (2)" for the second.',
    );
    const { examples } = await readExamples(sourceOf('a.csv', twice), { textColumn: 'text (2)' });
    expect(examples[0]!.text).toBe('c');
  });
});
