import { expect, test } from 'vitest';
import { cosine, Nearest } from '../../src/explain/nearest-texts.js';
import { findSimilar } from '../../src/index.js';
import { TINY } from '../support/cli.js';
import { reviews } from '../support/reviews.js';

test('the cosine, by hand', () => {
  expect(cosine([3, 4], [4, 3])).toBeCloseTo(24 / 25, 12);
  expect(cosine([1, 0], [-2, 0])).toBe(-1);
  expect(cosine([0, 0], [1, 2])).toBe(0);
});

test('the nearest of many, the earlier of equal ones first', () => {
  const nearest = new Nearest<string>(3);
  [0.1, 0.9, 0.5, 0.9, -1, 0.7].forEach((similarity, i) => {
    nearest.add(`text ${i}`, similarity);
  });
  expect(nearest.all.map(({ item }) => item)).toEqual(['text 1', 'text 3', 'text 5']);
});

test('a text is most like itself; label and prediction come with each', async () => {
  const data = reviews(40);
  const asked = [data[7]!.text, data[12]!.text];
  const found = await findSimilar(TINY, asked, { data, count: 3, threads: 1 });
  expect(found.map((list) => list.length)).toEqual([3, 3]);
  found.forEach((list, i) => {
    expect(list[0]).toMatchObject({ text: asked[i], place: `row ${i === 0 ? 8 : 13}` });
    expect(list[0]!.similarity).toBeCloseTo(1, 5);
    expect(list[0]!.label).toBe(data[i === 0 ? 7 : 12]!.label);
    expect(list[1]!.similarity).toBeLessThanOrEqual(list[0]!.similarity);
    expect(list[0]!.score).toBeGreaterThanOrEqual(0.5);
  });
  await expect(findSimilar(TINY, asked, { threads: 1 })).rejects.toThrow(/Name texts: --data <file>\.$/);
});
