import { describe, expect, test } from 'vitest';
import type { ParameterKind, ParameterSpec } from '../../src/model/parameters.js';
import { chunksOf, layOut } from '../../src/step/layout.js';
import { RandomStream } from '../../src/util/random.js';

const spec = (name: string, shape: readonly number[], kind: ParameterKind): ParameterSpec => ({
  name,
  shape,
  kind,
});

test('parameters lie one after another; neighbours of one kind share chunks', () => {
  const layout = layOut([
    spec('a.weight', [2, 3], 'weight'),
    spec('b.weight', [4], 'weight'),
    spec('b.bias', [3], 'bias'),
    spec('norm.weight', [2], 'norm'),
    spec('scalar', [], 'weight'),
  ]);
  expect(layout.parameters.map(({ name, start, end }) => [name, start, end])).toEqual([
    ['a.weight', 0, 6],
    ['b.weight', 6, 10],
    ['b.bias', 10, 13],
    ['norm.weight', 13, 15],
    ['scalar', 15, 16],
  ]);
  expect(layout.size).toBe(16);
  expect(chunksOf(layout, undefined, 4)).toEqual([
    { start: 0, end: 4, decays: true, rate: 1 },
    { start: 4, end: 8, decays: true, rate: 1 },
    { start: 8, end: 10, decays: true, rate: 1 },
    { start: 10, end: 14, decays: false, rate: 1 },
    { start: 14, end: 15, decays: false, rate: 1 },
    { start: 15, end: 16, decays: true, rate: 1 },
  ]);
  // Another rate parts neighbours; what has no rule is in no chunk.
  const rule = ({ name }: ParameterSpec) =>
    name === 'b.bias' ? undefined : { decays: true, rate: name.startsWith('a') ? 0.5 : 1 };
  expect(chunksOf(layout, rule, 100)).toEqual([
    { start: 0, end: 6, decays: true, rate: 0.5 },
    { start: 6, end: 10, decays: true, rate: 1 },
    { start: 13, end: 16, decays: true, rate: 1 },
  ]);
});

test('no parameters', () => {
  expect(layOut([])).toEqual({ parameters: [], size: 0 });
  expect(chunksOf(layOut([]))).toEqual([]);
});

test('a chunk has 256 Ki elements unless told otherwise', () => {
  const chunks = chunksOf(layOut([spec('w', [3, 256 * 1024], 'weight')]));
  expect(chunks.map(({ start, end }) => end - start)).toEqual([262144, 262144, 262144]);
});

describe.each([1, 3, 7, 64, 1000])('chunks of at most %i, for random parameters', (chunkElements) => {
  const random = new RandomStream(chunkElements, 1);
  const kinds: ParameterKind[] = ['weight', 'bias', 'norm'];
  const specs = Array.from({ length: 40 }, (_, index) =>
    spec(`p${index}`, [1 + random.below(9), 1 + random.below(9)], kinds[random.below(3)]!),
  );
  const layout = layOut(specs);
  const chunks = chunksOf(layout, undefined, chunkElements);

  test('cover every element once, in order', () => {
    let end = 0;
    for (const chunk of chunks) {
      expect(chunk.start).toBe(end);
      expect(chunk.end).toBeGreaterThan(chunk.start);
      expect(chunk.end - chunk.start).toBeLessThanOrEqual(chunkElements);
      end = chunk.end;
    }
    expect(end).toBe(layout.size);
    expect(layout.parameters.at(-1)!.end).toBe(layout.size);
  });

  test('decay weights and nothing else', () => {
    for (const { kind, start, end } of layout.parameters) {
      const touching = chunks.filter((chunk) => chunk.start < end && chunk.end > start);
      expect(touching.map(({ decays }) => decays)).toEqual(touching.map(() => kind === 'weight'));
    }
  });
});
