/** Data that is larger than memory: texts wait on the disk until they are read. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readLabelled } from '../../src/api/data.js';
import { exampleKeeper } from '../../src/api/kept-examples.js';
import type { Example } from '../../src/data/example.js';
import { TextSpill } from '../../src/files/text-spill.js';

/** What is read of examples, whether their texts are fields or not. */
const seen = (examples: readonly Example[]): object[] =>
  examples.map(({ text, textPair, label, labels, row, line, file }) => ({
    ...{ text, textPair, label, labels, row, line, file },
  }));

test('a spilled text is what was added: empty, beyond ASCII, larger than a block, asked for at once and later', () => {
  const texts = ['', 'a', 'é€😀', 'x'.repeat(3e6), 'ß'.repeat(2e5), 'last'];
  const spill = new TextSpill();
  const kept = texts.map((text) => {
    const place = spill.add(text);
    expect(spill.read(place)).toBe(text);
    return place;
  });
  for (let round = 0; round < 100; round++) kept.push(spill.add(`round ${round}`));
  expect(kept.map((place) => spill.read(place)).slice(0, 6)).toEqual(texts);
  expect(spill.read(kept[105]!)).toBe('round 99');
});

test('its file has no name that could be left behind, and is where TMPDIR says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bertune-test-'));
  vi.stubEnv('TMPDIR', folder);
  const spill = new TextSpill();
  const place = spill.add('a text');
  expect(readdirSync(folder)).toEqual([]);
  expect(spill.read(place)).toBe('a text');
  rmSync(folder, { recursive: true });
  expect(() => new TextSpill()).toThrow(/^cannot write .*: its folder doesn't exist/);
  vi.unstubAllEnvs();
});

test('examples are the same whether their texts are held or spilled; a lone surrogate is held', async () => {
  const other = mkdtempSync(join(tmpdir(), 'bertune-test-'));
  try {
    const lines = [
      { text: 'first', label: 'a' },
      { text: 'zweiter é', label: 'b' },
      { text: 'broken \ud800', label: 'b' },
      { text: 'last', label: 'a' },
    ].map((each) => JSON.stringify(each));
    const pairs = ['sentence1,sentence2,label', 'a,b,x', 'c,d,y'];
    writeFileSync(join(other, 'a.jsonl'), lines.join('\n'));
    writeFileSync(join(other, 'pairs.csv'), pairs.join('\n'));
    for (const paths of [['a.jsonl'], ['a.jsonl', 'a.jsonl'], ['pairs.csv']]) {
      const data = paths.map((path) => join(other, path));
      const held = await readLabelled(data, {}, { clean: 'none' });
      const kept = await readLabelled(data, {}, { clean: 'none', held: exampleKeeper(6) });
      expect(seen(kept)).toEqual(seen(held));
      // Only the first is in memory, and what UTF-8 doesn't have.
      const fields = kept.map((example) => Object.hasOwn(example, 'text'));
      expect(fields).toEqual(
        kept.map(({ text }, i) => i < (paths[0] === 'pairs.csv' ? 2 : 1) || text.includes('\ud800')),
      );
    }
  } finally {
    rmSync(other, { recursive: true });
  }
});
