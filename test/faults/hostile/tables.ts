/** Tables as CSV, TSV, JSON Lines and JSON, wrong in structure or in their bytes: read as training reads them. */
import { expect, test } from 'vitest';
import { encodeTargets, findProblem, labelNames } from '../../../src/data/problem.js';
import { readExamples } from '../../../src/data/read.js';
import { sourceOf } from '../../data/helpers.js';
import { NAMES, spoilJson } from '../corpora/json.js';
import { mutateBytes, randomOf, type Random } from '../corpora/random.js';
import { fuzz, SEED } from '../runs.js';

const COLUMNS = [
  'text',
  'label',
  'review',
  'sentiment',
  'id',
  'sentence1',
  'sentence2',
  'labels',
  ...NAMES,
] as const;
const LABELS = ['good', 'bad', '0', '1', '2.5', 'a|b', 'a', 'NaN', ...NAMES] as const;
const TEXTS = [
  ...[
    'A fine film',
    'a "quoted" one',
    'one, two; three\tfour|five',
    'two\nlines',
    'cr\r\nlf',
    "'",
    '=1+1',
    '<br />',
    '',
  ],
  ...[
    '\ufeffbom',
    '&amp;',
    'é ü 日本 👍🏽',
    '"',
    '""',
    ' " ',
    '\\',
    'x'.repeat(200),
    '&#0;&#xD800;&notanentity;',
  ],
] as const;
/** What stands between fields and rows where it shouldn't. */
const PIECES = [
  '"',
  '""',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\u0000',
  '\ufeff',
  '\\',
  "'",
  '{',
  '}',
  '[',
  ']',
];

function csv(random: Random): string {
  const { pick, below, chance } = random;
  const delimiter = pick([',', ';', '\t', '|']);
  const end = pick(['\n', '\r\n', '\r']);
  const quoted = (field: string): string =>
    chance(0.95) && /[",;\t|\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  const columns = chance(0.8) ? ['text', 'label'] : Array.from({ length: 1 + below(5) }, () => pick(COLUMNS));
  const row = (): string[] => columns.map((name) => (name.startsWith('l') ? pick(LABELS) : pick(TEXTS)));
  const rows = [columns, ...Array.from({ length: below(8) }, row)];
  if (chance(0.05)) rows.at(-1)!.push(pick(TEXTS));
  return (
    (chance(0.1) ? '\ufeff' : '') + rows.map((fields) => fields.map(quoted).join(delimiter) + end).join('')
  );
}

const value = (random: Random): unknown =>
  random.chance(0.6)
    ? random.pick(LABELS)
    : random.pick([1, 0, -1.5, 1e300, true, null, [], ['a', 'b'], [0, 1], [[1]], {}, { a: 1 }]);

function records(random: Random): string[] {
  const { pick, below, chance } = random;
  const keys = chance(0.8) ? ['text', 'label'] : Array.from({ length: 1 + below(4) }, () => pick(COLUMNS));
  return Array.from({ length: 1 + below(6) }, () => {
    const row = keys.map((key): [string, unknown] => [key, key === 'text' ? pick(TEXTS) : value(random)]);
    const text = JSON.stringify(Object.fromEntries(row));
    return chance(0.1) ? spoilJson(text, random) : text;
  });
}

/** Something put between characters, or bytes that are changed. */
function spoilt(text: string, random: Random): Uint8Array {
  let spoilt = text;
  if (random.chance(0.3)) {
    const at = random.below(spoilt.length + 1);
    spoilt = spoilt.slice(0, at) + random.pick(PIECES) + spoilt.slice(at + random.below(2));
  }
  const bytes = Buffer.from(
    spoilt,
    random.chance(0.03) ? 'utf16le' : random.chance(0.03) ? 'latin1' : 'utf8',
  );
  return random.chance(0.15) ? mutateBytes(bytes, random) : bytes;
}

const FORMATS: Readonly<Record<string, (random: Random) => string>> = {
  csv,
  tsv: csv,
  jsonl: (random) => records(random).join('\n') + '\n',
  json: (random) => {
    const list = `[${records(random).join()}]`;
    return random.chance(0.2) ? `{"version": 1, "data": ${list}}` : list;
  },
};

async function readAsTraining(format: string, index: number): Promise<void> {
  const random = randomOf(SEED, index);
  const name = `a.${format}`;
  const bytes = spoilt(FORMATS[format]!(random), random);
  const source = sourceOf(name, bytes, random.pick([7, 64, Infinity]));
  const gaps = random.chance(0.5) ? { onGap: () => undefined } : {};
  const { examples } = await readExamples(source, gaps);
  for (const { text, label } of examples) {
    if (/\p{Surrogate}/u.test(text) || label === undefined)
      throw new Error(`${JSON.stringify(text)}, ${String(label)}`);
  }
  const problem = findProblem(examples, name);
  encodeTargets(examples, problem.problemType, labelNames(examples, problem, name), name);
}

export function fuzzTables(runs: number): void {
  test.each(Object.keys(FORMATS))(`${runs} files of .%s: examples or a typed error`, async (format) => {
    const { read, refused } = await fuzz(`.${format}`, runs, ['DATA'], (i) => readAsTraining(format, i));
    expect(read).toBeGreaterThan(runs / 50);
    expect(refused).toBeGreaterThan(runs / 20);
  });
}
