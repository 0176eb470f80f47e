import { expect, test } from 'vitest';

import { type ColumnOptions, type Columns, findColumns } from '../../src/data/columns.js';
import { formatOf } from '../../src/data/example.js';
import { DataError } from '../../src/util/errors.js';
import { nearest } from '../../src/util/nearest.js';

test.each<[string[], ColumnOptions, Columns]>([
  [['review', 'sentiment'], {}, { text: 'review', label: 'sentiment' }],
  [['label', 'text'], {}, { text: 'text', label: 'label' }],
  [['Sentiment', 'Review'], {}, { text: 'Review', label: 'Sentiment' }],
  [['text', 'review', 'label', 'sentiment'], {}, { text: 'review', label: 'sentiment' }],
  [['id', ' tweet ', 'target'], {}, { text: ' tweet ', label: 'target' }],
  [['Review_Text', 'Rating'], {}, { text: 'Review_Text', label: 'Rating' }],
  [['title', 'body', 'stars'], { textColumn: 'title' }, { text: 'title', label: 'stars' }],
  [['title', 'body', 'stars'], { labelColumn: 'TITLE' }, { text: 'body', label: 'title' }],
  [['Text', 'text', 'label'], { textColumn: 'text' }, { text: 'text', label: 'label' }],
  [['text', 'label'], { needLabel: false }, { text: 'text' }],
  [['text', 'label'], { needLabel: false, labelColumn: 'label' }, { text: 'text', label: 'label' }],
])('columns of %j with %j', (columns, options, expected) => {
  expect(findColumns(columns, options)).toEqual(expected);
});

test.each<[string[], ColumnOptions, string]>([
  [
    ['review', 'sentiment'],
    { textColumn: 'reviw' },
    'a.csv has no column "reviw" (--text-column). The columns are "review", "sentiment". Did you mean "review"?',
  ],
  [
    ['review', 'sentiment'],
    { labelColumn: 'stars' },
    'a.csv has no column "stars" (--label-column). The columns are "review", "sentiment".',
  ],
  [
    ['A fine film', 'positive'],
    {},
    'a.csv: none of the columns "A fine film", "positive" has a usual name for texts (review, text, sentence, content, ...). ' +
      `Say which one holds the texts: --text-column <name>. The file's first line must name the columns.`,
  ],
  [
    ['text', 'opinion'],
    {},
    'a.csv: none of the columns "text", "opinion" has a usual name for labels (sentiment, label text, label, labels, ...). ' +
      `Say which one holds the labels: --label-column <name>. The file's first line must name the columns.`,
  ],
  [
    ['text', 'label'],
    { textColumn: 'label' },
    'a.csv: the column "label" is named both for the texts and for the labels. The columns are "text", "label".',
  ],
])('columns of %j with %j: refused', (columns, options, message) => {
  expect(() => findColumns(columns, { ...options, fileName: 'a.csv' })).toThrow(new DataError(message));
});

test.each([
  ['a.csv', 'csv'],
  ['dir.d/A.CSV.GZ', 'csv'],
  ['a.tsv', 'tsv'],
  ['a.b.jsonl', 'jsonl'],
  ['a.ndjson.gz', 'jsonl'],
])('%s is %s', (name, format) => {
  expect(formatOf(name)).toBe(format);
});

test.each(['a.txt', 'csv', 'a.gz', 'a.constructor', 'a.csv.zip', '.', ''])('%j is of no known format', (name) => {
  expect(() => formatOf(name)).toThrow(
    new DataError(
      `${name}: can't tell what kind of data this is from its name. Expected a file ending in ` +
        `.csv, .tsv, .json, .jsonl or .ndjson, each also with .gz after it, in .parquet, a folder for each class, or - for standard input.`,
    ),
  );
});

test.each([
  ['sentimant', 'sentiment'],
  ['SENTIMENT', 'sentiment'],
  ['reviews', 'review'],
  ['colour', undefined],
  ['', undefined],
])('nearest to %j: %j', (name, expected) => {
  expect(nearest(name, ['review', 'sentiment', '1'])).toBe(expected);
});
