import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { readExamples, type ReadOptions, streamExamples } from '../../src/data/read.js';
import { csvLine } from '../../src/data/write.js';
import { DataError } from '../../src/util/errors.js';
import { sourceOf, tableOf } from './helpers.js';

async function failure(content: string, options?: ReadOptions, name = 'a.csv'): Promise<string> {
  const error = await readExamples(sourceOf(name, content), options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('readExamples', () => {
  const content = 'id,review,sentiment\n7,"Good.<br />See\nit", positive \n8,I <3 AT&amp;T,0\n';

  test('texts are cleaned, labels trimmed, places kept', async () => {
    expect(await readExamples(sourceOf('a.csv', content))).toEqual({
      examples: [
        { text: 'Good.\nSee\nit', label: 'positive', row: 1, line: 2 },
        { text: 'I <3 AT&T', label: '0', row: 2, line: 4 },
      ],
      columns: { text: 'review', label: 'sentiment' },
      header: ['id', 'review', 'sentiment'],
    });
  });

  test('without cleaning and without labels', async () => {
    const options = { clean: 'none', needLabel: false } as const;
    const { examples, columns } = await readExamples(sourceOf('a.csv', content), options);
    expect(examples[0]).toEqual({ text: 'Good.<br />See\nit', row: 1, line: 2 });
    expect(columns).toEqual({ text: 'review' });
  });

  test('JSONL, labels of any plain kind', async () => {
    const lines = '{"text": "a", "label": 1}\n{"text": 2, "label": false}\n{"text": "c", "label": "NaN"}\n';
    const { examples } = await readExamples(sourceOf('a.jsonl', lines));
    expect(examples.map(({ text, label }) => [text, label])).toEqual([
      ['a', '1'],
      ['2', 'false'],
      ['c', 'NaN'],
    ]);
  });
});

describe('what is refused', () => {
  test('empty texts: the first five lines, and how many', async () => {
    const rows = ['"a\nb",1', ' ,1', '"",1', 'c,1', '<br />,0', ',0', ',0', ',0', ',0'];
    expect(await failure('text,label\n' + rows.join('\n'))).toBe(
      'a.csv: 7 rows have no text in the column "text" (lines 4, 5, 7, 8, 9, ...). Fill in the text, or remove those rows.',
    );
  });

  test('an empty label', async () => {
    expect(await failure('text,label\na,1\nb, \n')).toBe(
      'a.csv: 1 row has no label in the column "label" (line 3). Fill in the label, or remove that row.',
    );
  });

  test('a JSONL row that lacks the column', async () => {
    expect(await failure('{"text": "a", "label": 1}\n{"txt": "b", "label": 1}\n', {}, 'a.jsonl')).toBe(
      'a.jsonl: 1 row has no text in the column "text" (line 2). Fill in the text, or remove that row.',
    );
  });

  test('a list where a text should be; elsewhere it does not matter', async () => {
    expect(await failure('{"text": "a", "label": 1}\n{"text": ["b"], "label": 1}', {}, 'a.jsonl')).toBe(
      'a.jsonl, line 2: "text" holds a list or an object, where a text is expected. Put the text itself there, or name another column.',
    );
    const { examples } = await readExamples(sourceOf('a.jsonl', '{"text": "a", "label": 1, "more": [1]}'));
    expect(examples).toHaveLength(1);
  });

  test('columns are looked for before anything else', async () => {
    expect(await failure('a,b\n1\n')).toContain('a.csv, line 2: 1 field');
    expect(await failure('a,b\n1,2\n')).toContain('a.csv: none of the columns "a", "b"');
  });
});

describe('streamExamples', () => {
  test('gives the row as it is in the file', async () => {
    const found = [];
    for await (const example of streamExamples(sourceOf('a.csv', 'id,text\n7,a<br>b\n'), { needLabel: false })) {
      found.push([example.text, ...example.source.values]);
    }
    expect(found).toEqual([['a\nb', ['id', '7'], ['text', 'a<br>b']]]);
  });

  test('stops at a row without a text', async () => {
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { text } of streamExamples(sourceOf('a.csv', 'text\na\n""\nb\n""\n'), { needLabel: false })) {
        texts.push(text);
      }
    })();
    await expect(reading).rejects.toThrow('2 rows have no text in the column "text" (lines 3, 5)');
    expect(texts).toEqual(['a']);
  });
});

describe('csvLine', () => {
  test.each([
    [['a', 'b'], 'a,b\n'],
    [['a "fine" film', 'x,y', 'line\nbreak', 'cr\r'], '"a ""fine"" film","x,y","line\nbreak","cr\r"\n'],
    [[' spaced ', 'é', 'a\tb'], ' spaced ,é,a\tb\n'],
    // Numbers stay numbers; what a spreadsheet would run becomes text.
    [['+1', '-1', '-0.5e-7', '1.5', '-.5'], '+1,-1,-0.5e-7,1.5,-.5\n'],
    [['=1+2', '+a', '-1+1', '@x', ' =1', '\t=1', '\tx', '＝1'], "'=1+2,'+a,'-1+1,'@x,' =1,'\t=1,'\tx,'＝1\n"],
    [['=HYPERLINK("http://x","y")'], '"\'=HYPERLINK(""http://x"",""y"")"\n'],
    [['', ''], ',\n'],
    [[''], '""\n'],
    [[' '], '" "\n'],
  ])('%j', (fields, line) => {
    expect(csvLine(fields)).toBe(line);
  });

  test('tabs', () => {
    expect(csvLine(['a\tb', 'c,d'], '\t')).toBe('"a\tb"\tc,d\n');
  });

  test('what it writes is read back the same', async () => {
    const rows = [
      ['a', '"', '""', ',', '\n'],
      ['\r\n', ' ', '', '"a",b', '-1'],
      ['"a\nb"', 'x"', '"y', '\r', 'é'],
    ];
    const text = csvLine(['1', '2', '3', '4', '5']) + rows.map((row) => csvLine(row)).join('');
    expect((await tableOf(sourceOf('a.csv', text))).map((row) => row.slice(1))).toEqual(rows);
  });
});

// The counts that data/imdb-sample/README.md gives.
test.each([
  ['train', 2000, 977],
  ['test', 1000, 480],
])('the bundled reviews: %s.csv', async (part, count, positive) => {
  const bytes = await readFile(new URL(`../../data/imdb-sample/${part}.csv`, import.meta.url));
  const { examples, columns } = await readExamples(sourceOf(`${part}.csv`, bytes, 65_536));
  expect(columns).toEqual({ text: 'review', label: 'sentiment' });
  expect(examples).toHaveLength(count);
  expect(examples.filter(({ label }) => label === 'positive')).toHaveLength(positive);
  expect(examples.filter(({ label }) => label === 'negative')).toHaveLength(count - positive);
  expect(examples.filter(({ text }) => /<\/?(br|p|i|b|a)\b/i.test(text))).toEqual([]);
  // Each record takes one line, so the last one is on line count + 1.
  expect(examples.at(-1)).toMatchObject({ row: count, line: count + 1 });
});
