/** Data that can't be used: each is refused by its file and place, with what to do about it. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeTargets, findProblem, labelNames } from '../../src/data/problem.js';
import { readExamples } from '../../src/data/read.js';
import { DataError } from '../../src/util/errors.js';
import { bytesOf, sourceOf, utf8 } from './helpers.js';

type Content = string | Uint8Array;

/** Reads a file as training does; what it is refused with, exit code 2. */
async function refusal(name: string, content: Content): Promise<string> {
  try {
    const { examples } = await readExamples(sourceOf(name, content, 1_000));
    const problem = findProblem(examples, name);
    encodeTargets(examples, problem.problemType, labelNames(examples, problem, name), name);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    expect(error.exitCode).toBe(2);
    expect(error.message.length).toBeLessThan(1_000);
    return error.message;
  }
  throw new Error('it was read');
}

const utf16 = (text: string, mark: number[] = []): Uint8Array => bytesOf(mark, [...Buffer.from(text, 'utf16le')]);
const big = (text: string): Uint8Array => Uint8Array.from(utf16(text)).map((_, i, all) => all[i ^ 1]!);
const HEAD = 'text,label\n';
const GOOD = `${HEAD}a fine film,good\na dull film,bad\n`;
const LINES = '{"text": "a fine film", "label": "good"}\n{"text": "dull", "label": "bad"}\n';
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const deepObject = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

/** The file is named in all of them. */
const BAD: readonly (readonly [string, string, Content, RegExp])[] = [
  ['a quote that never ends', 'a.csv', `${GOOD}"a film,good\nb,bad\n`, /line 4: a quoted field begins.*never ends\. Close it/],
  ['in the last row', 'a.csv', `${GOOD}a,"good`, /line 4: .*never ends/],
  ['in the header', 'a.csv', 'text,"label\na,b\n', /line 1: .*never ends/],
  ['text behind a closing quote', 'a.csv', `${GOOD}"a" film,good\n`, /line 4: .*after its closing quote.*write each quote twice/],
  ['a field too many', 'a.csv', `${GOOD}a, film,good\n`, /line 4: 3 fields where the header has 2 .*Put quotes/],
  ['a field too few', 'a.csv', `${GOOD}a film\n`, /line 4: 1 field where.*Put quotes/],
  ['the same between tabs', 'a.tsv', 'text\tlabel\na\tb\tc\n', /line 2: 3 fields.*holds a tab/],
  ['a field too many behind one with line breaks', 'a.csv', `${HEAD}"a\nb\r\nc",good\nd,e,f\n`, /line 5: 3 fields/],
  ['a header of 100,000 names, a row of one', 'a.csv', `${'x,'.repeat(1e5)}y\na\n`, /line 2: 1 field where the header has 100001/],
  ['a NUL byte', 'a.csv', bytesOf(GOOD, 'a\0b,good\n'), /line 4: a NUL byte.*Save the file as UTF-8/],
  ['NUL bytes alone', 'a.csv', new Uint8Array(1_000), /line 1: a NUL byte/],
  ['a NUL byte in JSON Lines', 'a.jsonl', bytesOf(LINES, '\0\n'), /line 3: a NUL byte/],
  ['bytes that are no UTF-8', 'a.csv', bytesOf(GOOD, 'caf', [0xe9], ',good\n'), /line 4: not valid UTF-8, near "caf.*iconv/],
  ['a character that is cut', 'a.csv', bytesOf(GOOD, 'caf', [0xc3]), /line 4: not valid UTF-8/],
  ['a character in too many bytes', 'a.csv', bytesOf(GOOD, [0xc0, 0xaf], ',good\n'), /line 4: not valid UTF-8/],
  ['half a pair as UTF-8', 'a.csv', bytesOf(GOOD, [0xed, 0xa0, 0x80], ',good\n'), /line 4: not valid UTF-8/],
  ['bad bytes where lines end in CR', 'a.csv', bytesOf('text,label\ra,b\rc', [0xff], ',d\r'), /line 3: not valid UTF-8/],
  ['bad bytes in JSON Lines', 'a.jsonl', bytesOf(LINES, '{"text": "', [0xff], '"}\n'), /line 3: not valid UTF-8/],
  ['bad bytes in a list', 'a.json', bytesOf('[{"text": "', [0xff], '"}]'), /line 1: not valid UTF-8/],
  ['UTF-16, little end first', 'a.csv', utf16(GOOD, [0xff, 0xfe]), /is UTF-16.*Save the file as UTF-8/],
  ['UTF-16, big end first', 'a.csv', bytesOf([0xfe, 0xff], [...big(GOOD)]), /is UTF-16/],
  ['UTF-16 without a mark', 'a.csv', utf16(GOOD), /line 1: a NUL byte.*or UTF-16/],
  ['UTF-16, big end first, without a mark', 'a.csv', big(GOOD), /line 1: a NUL byte.*or UTF-16/],
  ['UTF-16 as JSON Lines', 'a.jsonl', utf16(LINES, [0xff, 0xfe]), /is UTF-16/],
  ['UTF-32', 'a.csv', bytesOf([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /is UTF-16|NUL byte/],
  ['JSON Lines that are cut', 'a.jsonl', `${LINES}{"text": "a fi`, /line 3: not valid JSON.*Each line must be one object/],
  ['an object over two lines', 'a.jsonl', `${LINES}{"text":\n"a"}\n`, /line 3: not valid JSON/],
  ['a list instead of lines', 'a.jsonl', '[\n{"text": "a"}\n]', /line 1: a JSON list over several lines.*jq -c/],
  ['a number as a row', 'a.jsonl', `${LINES}7\n`, /line 3: found a number where an object is expected/],
  ['null as a row', 'a.jsonl', `${LINES}null\n`, /line 3: found null/],
  ['a list as a row', 'a.jsonl', `${LINES}["a"]\n`, /line 3: found a list/],
  ['lists 100,000 deep in JSON Lines', 'a.jsonl', `${LINES}{"text": "a", "label": ${deep(1e5)}}\n`, /line 3: .*more than 127 deep\. Leave/],
  ['objects 100,000 deep', 'a.jsonl', `${LINES}{"text": "a", "label": ${deepObject(1e5)}}\n`, /line 3: .*more than 127 deep/],
  ['lists 100,000 deep in JSON', 'a.json', `[{"text": "a", "label": "b"}, {"text": ${deep(1e5)}}]`, /row 2: .*more than 127 deep/],
  ['a row that is lists 100,000 deep', 'a.json', `[${deep(1e5)}]`, /row 1: a value nested too deeply to show where an object is expected/],
  ['lists alone, 100,000 deep', 'a.jsonl', deep(1e5), /line 1: found a list/],
  ['JSON that is cut', 'a.json', '[{"text": "a"}, {"te', /is not valid JSON.*Expected a list of objects/],
  ['JSON that holds no list', 'a.json', '{"text": "a"}', /holds no list of objects/],
  ['gzip that is cut', 'a.csv', gzipSync(GOOD.repeat(50)).subarray(0, 40), /gzip data is damaged or cut short.*again/],
  ['gzip that is damaged', 'a.csv', gzipSync(GOOD).fill(0xff, 14, 20), /gzip data is damaged/],
  ['a web page', 'a.csv', '<!DOCTYPE html>\n<html><head>', /is a web page, not the file itself: download/],
  ['a pointer of Git LFS', 'a.jsonl', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', /is a Git LFS pointer.*git lfs pull/],
]; // prettier-ignore

test('there are 40 and more', () => {
  expect(BAD.length).toBeGreaterThanOrEqual(40);
});

test.each(BAD)('%s', async (_, name, content, message) => {
  const found = await refusal(name, content);
  expect(found).toContain(name);
  expect(found).toMatch(message);
});

const csv = (rows: readonly string[], head = 'text,label'): string => [head, ...rows].join('\n') + '\n';
const many = (label: (i: number) => string, count = 12): string[] => Array.from({ length: count }, (_, i) => `film ${i},${label(i)}`);

describe('labels and texts', () => {
  test.each<[string, string, Content, RegExp]>([
    ['one class', 'a.csv', csv(many(() => 'good')), /has only one class: every label is "good".*--label-column/],
    ['a label for each row', 'a.csv', csv(many((i) => `id-${i}`)), /each of the 12 rows has a label of its own.*--label-column/],
    ['more classes than anybody has', 'a.csv', csv(many((i) => `c${i % 1_001}`, 2_002)), /1001 different labels, at most 1000/],
    ['an empty label', 'a.csv', `${GOOD}c,\n`, /1 row has no label in the column "label" \(line 4\)\. Fill in/],
    ['seven empty labels', 'a.csv', GOOD + 'c,\n'.repeat(7), /7 rows have no label .*\(lines 4, 5, 6, 7, 8, \.\.\.\)/],
    ['labels of spaces', 'a.csv', `${GOOD}c,  \n`, /1 row has no label/],
    ['an empty text', 'a.csv', `${GOOD},good\n`, /1 row has no text in the column "text" \(line 4\)/],
    ['six empty texts', 'a.csv', GOOD + ',good\n'.repeat(6), /6 rows have no text .*\(lines 4, 5, 6, 7, 8, \.\.\.\)/],
    ['a text of markup alone', 'a.csv', `${GOOD}<br />,good\n`, /1 row has no text/],
    ['no label in a row of JSON Lines', 'a.jsonl', `${LINES}{"text": "x"}\n`, /1 row has no label .*\(line 3\)/],
    ['null as a label', 'a.jsonl', `${LINES}{"text": "x", "label": null}\n`, /1 row has no label/],
    ['an object as a label', 'a.jsonl', `${LINES}{"text": "x", "label": {"a": 1}}\n`, /line 3: "label" holds \{"a":1\}, where a label/],
    ['lists of lists as labels', 'a.jsonl', `${LINES}{"text": "x", "label": [["a"]]}\n`, /line 3: "label" holds/],
    ['a list as a text', 'a.jsonl', `${LINES}{"text": ["x"], "label": "good"}\n`, /line 3: "text" holds a list/],
    ['no column of labels', 'a.csv', 'text,kind\na,b\n', /none of the columns "text", "kind" has a usual name for labels.*--label-column/],
    ['no column of texts', 'a.csv', 'words,label\na,b\n', /none of the columns.*usual name for texts.*--text-column/],
    ['the column of labels twice', 'a.csv', 'text,label,label\na,b,c\n', /the column "label" occurs twice\. Rename one/],
    ['the column of texts twice', 'a.csv', 'text,text,label\na,b,c\n', /the column "text" occurs twice/],
    ['a header alone', 'a.csv', 'text,label\n', /has no rows.*put a line with the names/],
    ['nothing', 'a.csv', '', /is empty: expected a line with the names/],
    ['a mark alone', 'a.csv', utf8('\ufeff'), /is empty/],
    ['an empty list', 'a.json', '[]', /holds an empty list/],
  ])('%s', async (_, name, content, message) => {
    expect(await refusal(name, content)).toMatch(message);
  }); // prettier-ignore

  test('NaN is a name like any other; where a number is needed it is none', () => {
    const examples = ['1.5', '2.5', 'NaN'].map((label, i) => ({ text: 'a', label, row: i + 1, line: i + 2 }));
    expect(findProblem(examples).problemType).toBe('single_label_classification');
    const asNumbers = (): unknown => encodeTargets(examples, 'regression', ['LABEL_0'], 'a.csv');
    expect(asNumbers).toThrow(/a\.csv, line 4: "NaN" is no number.*remove the row/);
  });

  test('a label that the model does not know', () => {
    const examples = [{ text: 'a', label: "goood", row: 1, line: 2 }];
    const encode = (): unknown => encodeTargets(examples, 'single_label_classification', ['good', 'bad'], 'a.csv');
    expect(encode).toThrow(/a\.csv, line 2: unknown label "goood"\. The model knows "good", "bad"\. Did you mean "good"\?/);
  });

  test('rows without text or label are left out only where that is asked for, and counted', async () => {
    const gaps: string[] = [];
    const onGap = (what: string, place: string): void => void gaps.push(`${what} ${place}`);
    const { examples } = await readExamples(sourceOf('a.csv', `${GOOD},good\nc,\n`), { onGap });
    expect(examples).toHaveLength(2);
    expect(gaps).toEqual(['text line 4', 'label line 5']);
  });
});

// No time is measured: each took minutes, or ended the stack, before it was mended.
describe('long', () => {
  const FIELDS = 20_000;
  test.each<[string, string, () => Content, RegExp]>([
    ['digits that are no number', 'a.csv', () => csv(many((i) => (i === 0 ? `${'1'.repeat(3e5)}x` : `${i}`), 24)), /each of the 24 rows/],
    ['a quoted header of 12 MB', 'a.csv', () => `"${'a'.repeat(12e6)}`, /line 1: .*never ends/],
    ['a row of fields that begin with quotes', 'a.csv', () => csv([Array.from({ length: FIELDS }, (_, i) => `"""${i}"`).join()], 'text,label'), /line 2: 20,000 fields/],
    ['names by the ten thousand', 'a.csv', () => csv(['a'], Array.from({ length: FIELDS }, (_, i) => `c${i}`).join()), /line 2: 1 field/],
  ])('%s', async (_, name, content, message) => {
    expect(await refusal(name, content())).toMatch(message);
  }); // prettier-ignore

  test('a label of 12 MB in brackets is one label', () => {
    const labels = ['good', `["${'a'.repeat(12e6)}"]`, 'good'];
    const examples = labels.map((label, i) => ({ text: 'a', label, row: i + 1, line: i + 2 }));
    expect(findProblem(examples).problemType).toBe('single_label_classification');
  });
});
