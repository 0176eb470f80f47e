import { describe, expect, test } from 'vitest';

import { DataError } from '../../src/util/errors.js';
import { rowsOf, sourceOf, tableOf, utf8 } from './helpers.js';

async function failure(name: string, content: string, chunk?: number): Promise<string> {
  const error = await rowsOf(sourceOf(name, content, chunk)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('CSV', () => {
  // Line breaks of all kinds, inside quotes and out; quotes doubled, in the middle, at both ends; empty
  // fields and lines; characters of one to four bytes; no line break at the end.
  const tricky =
    '\uFEFFtext,"la""bel"\r\n' + //           1
    'plain,1\r\n' + //                        2
    '"a, b","say ""hi"""\n' + //              3
    '"two\nlines","and\r\nthree\rmore"\r\n' + // 4 to 7
    '\n' + //                                 8
    '5" nails,it"s\r' + //                    9
    ',""\n' + //                              10
    '"""",""""""\n' + //                      11
    ' spaced ,\té日👩‍👧\n' + //                   12
    '__proto__,"constructor"'; //             13
  const expected = [
    [2, 'plain', '1'],
    [3, 'a, b', 'say "hi"'],
    [4, 'two\nlines', 'and\r\nthree\rmore'],
    [9, '5" nails', 'it"s'],
    [10, '', ''],
    [11, '"', '""'],
    [12, ' spaced ', '\té日👩‍👧'],
    [13, '__proto__', 'constructor'],
  ];

  test('a tricky file, whole', async () => {
    const rows = await rowsOf(sourceOf('a.csv', tricky));
    expect(rows.map((row) => [row.line, ...row.values.values()])).toEqual(expected);
    expect(rows.map((row) => row.row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows[0]!.columns).toEqual(['text', 'la"bel']);
    expect(rows[0]!.values.get('la"bel')).toBe('1');
  });

  test('the same, split at every byte', async () => {
    for (let at = 1; at < utf8(tricky).length; at++) {
      const bytes = utf8(tricky);
      // eslint-disable-next-line @typescript-eslint/require-await
      async function* halves(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, at);
        yield bytes.subarray(at);
      }
      expect(await tableOf({ name: 'a.csv', format: 'csv', bytes: halves() }), `split at ${at}`).toEqual(expected);
    }
  });

  test.each([1, 2, 3])('the same in chunks of %d bytes, and with a line break at the end', async (chunk) => {
    expect(await tableOf(sourceOf('a.csv', tricky, chunk))).toEqual(expected);
    expect(await tableOf(sourceOf('a.csv', tricky + '\r\n', chunk))).toEqual(expected);
  });

  test('columns named as the inner parts of objects are plain data', async () => {
    const [row] = await rowsOf(sourceOf('a.csv', '__proto__,constructor,toString\n1,2,3\n'));
    expect([...row!.values]).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['toString', '3'],
    ]);
  });

  test('columns without a name get one by their place', async () => {
    const [row] = await rowsOf(sourceOf('spam.csv', 'v1,v2,,\nham,hello,,\n'));
    expect(row!.columns).toEqual(['v1', 'v2', 'column 3', 'column 4']);
  });

  test('one column: a quoted empty field is a row, an empty line is not', async () => {
    expect(await tableOf(sourceOf('a.csv', 'text\na\n\n""\nb\n'))).toEqual([
      [2, 'a'],
      [4, ''],
      [5, 'b'],
    ]);
  });

  test('a large field, larger than any chunk', async () => {
    const large = 'x"\n,'.repeat(50_000);
    const content = `text,label\n"${large.replaceAll('"', '""')}",1\nb,2\n`;
    expect(await tableOf(sourceOf('a.csv', content, 4096))).toEqual([
      [2, large, '1'],
      [50_003, 'b', '2'],
    ]);
  });

  test('TSV: the same rules with tabs', async () => {
    expect(await tableOf(sourceOf('a.tsv', 'text\tlabel\na, b\t1\n"c\td"\t2\nsay "hi"\t3\n'))).toEqual([
      [2, 'a, b', '1'],
      [3, 'c\td', '2'],
      [4, 'say "hi"', '3'],
    ]);
  });
});

describe('CSV that is refused', () => {
  const RAGGED =
    'Put quotes around a text that holds a comma, a quote or a line break, and write each quote in it twice.';

  test.each([
    ['too many fields', 'text,label\n"a\nb",1\nc,d,2\n', `a.csv, line 4: 3 fields where the header has 2 (text, label). ${RAGGED}`],
    ['too few', 'text,label\na,1\nb\n', `a.csv, line 3: 1 field where the header has 2 (text, label). ${RAGGED}`],
    ['too few on the last line', 'text,label\r\na,1\r\nb', `a.csv, line 3: 1 field where the header has 2 (text, label). ${RAGGED}`],
    [
      'a quote that is never closed',
      'text,label\n"a\r\nb",1\nc,"d\ne,2\n',
      'a.csv, line 4: a quoted field begins in this row and never ends. Close it, or write a quote that is part of the text twice ("").',
    ],
    [
      'text after a closing quote',
      'text,label\na,1\n"b" c,2\n',
      'a.csv, line 3: a quoted field goes on after its closing quote. Inside a quoted field, write each quote twice ("").',
    ],
    [
      'a missing quote that swallows rows',
      'text,label\n"a,1\nb,1\n"c",2\n',
      'a.csv, line 2: a quoted field goes on after its closing quote. Inside a quoted field, write each quote twice ("").',
    ],
[
      'nothing',
      '',
      'a.csv is empty: expected a line with the names of the columns (such as review,sentiment) and rows below it.',
    ],
    [
      'nothing but line breaks and a byte order mark',
      '\uFEFF\n\r\n \n',
      'a.csv is empty: expected a line with the names of the columns (such as review,sentiment) and rows below it.',
    ],
    [
      'a header only',
      'text,label\n\n',
      'a.csv has no rows: its only line names the columns "text", "label". If that line is data, put a line with the names of the columns above it.',
    ],
  ])('%s', async (_, content, message) => {
    expect(await failure('a.csv', content)).toBe(message);
    expect(await failure('a.csv', content, 1)).toBe(message);
  });

  test('rows before the fault are given', async () => {
    const lines: number[] = [];
    const reading = (async () => {
      const { readRows } = await import('../../src/data/table.js');
      for await (const row of readRows(sourceOf('a.csv', 'text\na\nb\n"c'))) lines.push(row.line!);
    })();
    await expect(reading).rejects.toThrow('line 4');
    expect(lines).toEqual([2, 3]);
  });

  test('TSV speaks of tabs', async () => {
    expect(await failure('a.tsv', 'text\tlabel\na\n')).toContain('holds a tab, a quote');
  });
});

describe('JSONL', () => {
  const content =
    '\uFEFF{"text": "a\\nb", "label": 1}\r\n' +
    '\n' +
    '{"label": true, "text": "é日👩‍👧", "extra": null, "more": 0.5}\n' +
    '{"__proto__": "p", "text": "half \\ud83d", "label": {"a": [1]}}';

  test.each([1, 2, 1000])('rows, in chunks of %d bytes', async (chunk) => {
    const rows = await rowsOf(sourceOf('a.jsonl', content, chunk));
    expect(rows.map((row) => ({ ...row, values: [...row.values] }))).toEqual([
      {
        columns: ['text', 'label'],
        line: 1,
        row: 1,
        values: [
          ['text', 'a\nb'],
          ['label', '1'],
        ],
      },
      {
        columns: ['text', 'label'],
        line: 3,
        row: 2,
        values: [
          ['label', 'true'],
          ['text', 'é日👩‍👧'],
          ['more', '0.5'],
        ],
      },
      {
        columns: ['text', 'label'],
        line: 4,
        row: 3,
        values: [
          ['__proto__', 'p'],
          ['text', 'half \uFFFD'],
          ['label', '{"a":[1]}'],
        ],
        nested: new Set(['label']),
      },
    ]);
  });

  test.each([
    ['{"text": "a"}\n{"text": }\n', 'a.jsonl, line 2: not valid JSON ('],
    ['{"text": "a"}\n["a"]\n', 'a.jsonl, line 2: found a list where an object is expected. Each line must be one'],
    ['null', 'a.jsonl, line 1: found null where an object is expected.'],
    ['{"text": "a"}\n\n7', 'a.jsonl, line 3: found a number where an object is expected.'],
    ['[\n{"text": "a"}\n]', 'a.jsonl, line 1: a JSON list over several lines, where JSONL has one object a line. To'],
    ['', 'a.jsonl is empty: expected one JSON object a line.'],
    ['\n \n', 'a.jsonl is empty: expected one JSON object a line.'],
  ])('refused: %j', async (bad, message) => {
    expect(await failure('a.jsonl', bad)).toContain(message);
  });
});
