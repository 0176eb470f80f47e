import { expect, test } from 'vitest';
import { BLOCK_CHARACTERS, blocksByLength, blocksInOrder } from '../../src/encoding/blocks.js';

const texts = Array.from({ length: 400 }, (_, i) => 'x'.repeat(1 + ((i * 7919) % 2000)));
const inOrder = (some: readonly string[]): string[][] =>
  blocksInOrder(some.length, (place) => some[place]!.length).map((block) =>
    block.map((place) => some[place]!),
  );
const charactersIn = (block: readonly string[]): number => block.reduce((sum, { length }) => sum + length, 0);

test('by length: every text once, the longest first, equals in their order', () => {
  const places = blocksByLength([...texts, ...texts]).flat();
  expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, i) => i));
  const expected = [...places].sort((a, b) => texts[b % 400]!.length - texts[a % 400]!.length || a - b);
  expect(places).toEqual(expected);
});

test('a block is full, and holds no more than it may unless one text does', () => {
  const blocks = inOrder(texts);
  expect(blocks.flat()).toEqual(texts);
  expect(blocks.length).toBeGreaterThan(2);
  blocks.forEach((block, i) => {
    expect(charactersIn(block)).toBeLessThanOrEqual(BLOCK_CHARACTERS);
    const next = blocks[i + 1]?.[0];
    if (next) expect(charactersIn(block) + next.length).toBeGreaterThan(BLOCK_CHARACTERS);
  });
  const huge = 'x'.repeat(BLOCK_CHARACTERS + 1);
  expect(inOrder(['a', huge, huge, 'b'])).toEqual([['a'], [huge], [huge], ['b']]);
  expect(inOrder([])).toEqual([]);
});
