import { describe, expect, test } from 'vitest';
import { comparable, exactGroups, NEAR, nearPairs } from '../../src/data/duplicates.js';
import { RandomStream } from '../../src/util/random.js';

test.each([
  ['A  fine\nfilm!', 'a fine film'],
  ['“A” FINE—film...', 'a fine film'],
  ['Ünïcode 中文 10/10', 'ünïcode 中文 10 10'],
  ['!?', ''],
])('%j is compared as %j', (text, key) => {
  expect(comparable(text)).toBe(key);
});

test('exact groups: the places of what occurs more than once', () => {
  expect(exactGroups(['a', 'b', 'a', 'c', 'b', 'a'])).toEqual([[0, 2, 5], [1, 4]]); // prettier-ignore
  expect(exactGroups(['a', 'b'])).toEqual([]);
});

/** The share of three-word runs that two texts have in common, by the definition. */
function jaccard(a: string, b: string): number {
  const runs = (text: string): Set<string> => {
    const words = text.split(' ');
    return new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(' ')));
  };
  const [x, y] = [runs(a), runs(b)];
  const shared = [...x].filter((run) => y.has(run)).length;
  return shared / (x.size + y.size - shared);
}

describe('near pairs', () => {
  test('of many texts by one template each is found, with few of the others', () => {
    const template = 'your parcel is on its way and will be with you on monday between nine and noon at your door';
    const keys = Array.from({ length: 4000 }, (_, i) => `${i} ${template}`);
    const pairs = nearPairs(keys);
    expect(new Set(pairs.map(([, later]) => later)).size).toBe(3999);
    expect(pairs.length).toBeLessThan(4000 * 8 * 16);
  });

  const random = new RandomStream(5, 2);
  const words = (count: number): string[] => Array.from({ length: count }, () => `w${random.below(5000)}`);

  test('are those that share enough, told by counting all pairs', () => {
    const texts = Array.from({ length: 30 }, () => words(100));
    // Of each the first 12 words may be others: from nothing changed up to a quarter of the runs.
    const copies = texts.map((text, i) => [...words(i % 13), ...text.slice(i % 13)]);
    const keys = [...texts, ...copies].map((text) => text.join(' '));
    const expected: [number, number][] = [];
    for (let a = 0; a < keys.length; a++) {
      for (let b = a + 1; b < keys.length; b++) {
        if (keys[a] !== keys[b] && jaccard(keys[a]!, keys[b]!) >= NEAR) expected.push([a, b]);
      }
    }
    expect(expected.length).toBeGreaterThan(15);
    expect(expected.length).toBeLessThan(30);
    // Bands find a pair that shares 80 % in 985 of 1,000 cases, and one that shares more nearly always.
    expect(nearPairs(keys)).toEqual(expected);
  });

  test('unrelated, equal and very short texts are none', () => {
    const same = words(50).join(' ');
    expect(nearPairs([same, same])).toEqual([]);
    expect(nearPairs(Array.from({ length: 200 }, () => words(40).join(' ')))).toEqual([]);
    expect(nearPairs(['a good film', 'a good movie', '', 'x'])).toEqual([]);
  });
});
