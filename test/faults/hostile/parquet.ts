/** Parquet files with faults in footer, page headers and data. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parquetRecords } from '../../../src/data/parquet.js';
import { fixturePath } from '../../support/fixtures.js';
import { inflate, mutateBytes, randomOf } from '../corpora/random.js';
import { expectNoPollution, heard, outcomeOf, SEED, tell } from '../runs.js';

const FILES = [
  'reviews.none',
  'reviews.snappy',
  'reviews.gzip',
  'reviews.zstd',
  'reviews.brotli',
  'words',
].map((name) => new Uint8Array(readFileSync(fixturePath(`data/${name}.parquet`))));
/** No fixture has more rows; what a file may promise beyond that it can't keep. */
const MOST_ROWS = 1_000;

/** A file with faults: half of them in the footer, whose length is put right again. */
function parquetCase(index: number, seed = SEED): Uint8Array {
  const random = randomOf(seed, index);
  const file = FILES[index % FILES.length]!;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const footer = file.length - 8 - view.getUint32(file.length - 8, true);
  const spoil = (part: Uint8Array): Uint8Array =>
    random.chance(0.6) ? inflate(part, random) : mutateBytes(part, random);
  if (random.chance(0.2)) return mutateBytes(file, random);
  if (random.chance(0.4)) {
    const bytes = file.slice();
    bytes.set(spoil(file.subarray(4, footer)).subarray(0, footer - 4), 4);
    return bytes;
  }
  const spoilt = spoil(file.subarray(footer, file.length - 8));
  const bytes = new Uint8Array(footer + spoilt.length + 8);
  bytes.set(file.subarray(0, footer));
  bytes.set(spoilt, footer);
  bytes.set(file.subarray(file.length - 8), footer + spoilt.length);
  new DataView(bytes.buffer).setUint32(bytes.length - 8, spoilt.length, true);
  return bytes;
}

async function countRows(bytes: Uint8Array): Promise<number> {
  const slice = (start: number, end = bytes.length): ArrayBuffer =>
    bytes.slice(start < 0 ? bytes.length + start : start, end).buffer;
  let rows = 0;
  for await (const { values } of parquetRecords('a.parquet', { byteLength: bytes.length, slice })) {
    rows++;
    if (rows > MOST_ROWS) throw new Error(`row ${rows} of a file that has 7 (${values.size} values)`);
  }
  return rows;
}

export function fuzzParquet(runs: number): void {
  test(`${runs} Parquet files: rows or a typed error, and an end`, async () => {
    let read = 0;
    const unheard: string[] = [];
    for (let i = 0; i < runs; i++) {
      const { outcome, failures } = await heard(() =>
        outcomeOf(`file ${i}`, () => countRows(parquetCase(i))),
      );
      unheard.push(...failures.map((failure) => `file ${i}: ${failure}`));
      if ('value' in outcome) read++;
      else if (outcome.refused.code !== 'DATA') throw outcome.refused;
    }
    expectNoPollution();
    expect(unheard).toEqual([]);
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1000);
    tell('Parquet', { files: runs, read, refused: runs - read, 'MB at the peak': megabytes });
    expect(read).toBeGreaterThan(0);
    expect(runs - read).toBeGreaterThan(runs / 4);
  });
}

test('a footer that promises more rows than there are is refused', async () => {
  const file = FILES[0]!;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const footer = file.length - 8 - view.getUint32(file.length - 8, true);
  // Each single number of the footer made huge in turn, num_rows among them: none goes on for ever.
  let promised = 0;
  for (let at = footer; at < file.length - 8; at++) {
    const grown = [
      ...file.subarray(footer, at),
      0xfe,
      0xff,
      0xff,
      0xff,
      0xff,
      0x0f,
      ...file.subarray(at + 1, -8),
    ];
    const bytes = Uint8Array.from([...file.subarray(0, footer), ...grown, ...file.subarray(-8)]);
    new DataView(bytes.buffer).setUint32(bytes.length - 8, grown.length, true);
    const outcome = await outcomeOf(`byte ${at}`, () => countRows(bytes));
    if ('refused' in outcome && /promises \d+ rows, and has 7/.test(outcome.refused.message)) promised++;
  }
  expect(promised).toBeGreaterThan(0);
});

test('columns that are there twice, one of them damaged: refused, and nothing fails where nobody waits', async () => {
  const text = Buffer.from(FILES[0]!).toString('latin1');
  const [first, rest] = [text.slice(0, 4), text.slice(4)];
  // The label's column says it is the text's; what the label's page begins with is no header.
  const footer = text.length - 8 - Buffer.from(text, 'latin1').readUInt32LE(text.length - 8);
  expect(text.slice(footer)).toContain('\x19\x18\x05label');
  const twice = text.slice(footer, -8).replaceAll('\x19\x18\x05label', '\x19\x18\x04text');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(twice.length);
  const body = rest.slice(0, footer - 4);
  const bytes = Buffer.from(
    `${first}${body.slice(0, -40)}${'\xff'.repeat(40)}${twice}${length.toString('latin1')}PAR1`,
    'latin1',
  );
  const { outcome, failures } = await heard(() => outcomeOf('twice', () => countRows(new Uint8Array(bytes))));
  expect(failures).toEqual([]);
  expect('refused' in outcome && outcome.refused.message).toMatch(/a column that is there twice/);
});

test('files that made the decoder take 268 MB, 102 MB and 1.8 GB are refused for what they promise', async () => {
  for (const [index, why] of [
    [2_357, /a list of \d+ in a header that has \d+ bytes more/],
    [4_769, /a run of 8388608 where 8 values are left/],
    [31_457, /a file of 8038 bytes that unfolds to too many bytes/],
  ] as const) {
    const outcome = await outcomeOf(`file ${index}`, () => countRows(parquetCase(index, 20_261_125)));
    expect('refused' in outcome && outcome.refused.message).toMatch(why);
  }
});
