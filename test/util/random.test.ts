import { describe, expect, test } from 'vitest';
import { philox, PURPOSE, RandomStream, type Purpose } from '../../src/util/random.js';

const purposes = Object.values(PURPOSE);

function draw(count: number, stream: RandomStream): number[] {
  return Array.from({ length: count }, () => stream.uint32());
}

describe('philox', () => {
  /** kat_vectors of Random123, the authors' own implementation (github.com/DEShawResearch/random123). */
  test.each([
    ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      'digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('known answer: %s', (_, counter, key, expected) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    expect([...out]).toEqual(expected);
  });

  /** The same in integers of any size: the products' high halves are where a carry can be lost. */
  function philoxExact(counter: readonly number[], key: readonly number[]): number[] {
    const mask = 0xffffffffn;
    let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
    let [k0, k1] = key.map(BigInt) as [bigint, bigint];
    for (let round = 0; round < 10; round++) {
      const [p0, p1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
      [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
      k0 = (k0 + 0x9e3779b9n) & mask;
      k1 = (k1 + 0xbb67ae85n) & mask;
    }
    return [c0, c1, c2, c3].map(Number);
  }

  test('equals the definition for 2,000 counters and keys', () => {
    const random = new RandomStream(1, PURPOSE.split);
    const out = new Uint32Array(4);
    for (let i = 0; i < 2000; i++) {
      const [counter, key] = [draw(4, random), draw(2, random)];
      philox(counter, key, out);
      expect([...out]).toEqual(philoxExact(counter, key));
    }
  });
});

describe('streams', () => {
  test('a stream is its blocks, one after the other', () => {
    const blocks = [0, 1, 2].flatMap((block) => {
      const out = new Uint32Array(4);
      philox([block, PURPOSE.order, 8, 9], [5, 2], out);
      return [...out];
    });
    expect(draw(12, new RandomStream(5 + 2 * 2 ** 32, PURPOSE.order, 8, 9))).toEqual(blocks);
  });

  test('the same place gives the same numbers, every other place others', () => {
    const places: [number, Purpose, number, number][] = [
      ...purposes.map((purpose) => [7, purpose, 1, 2] as [number, Purpose, number, number]),
      [8, PURPOSE.order, 1, 2],
      [7 + 2 ** 32, PURPOSE.order, 1, 2],
      [7, PURPOSE.order, 2, 1],
      [7, PURPOSE.order, 1, 3],
      [7, PURPOSE.order, 0, 2],
    ];
    const texts = places.map((place) => draw(8, new RandomStream(...place)).join());
    expect(new Set(texts).size).toBe(places.length);
    expect(places.map((place) => draw(8, new RandomStream(...place)).join())).toEqual(texts);
  });

  test('purposes share no two numbers in a row in 10,000 draws each, and do not correlate', () => {
    const count = 10_000;
    const neighbours = (xs: readonly number[]): string[] =>
      xs.slice(1).map((x, j) => `${String(xs[j])} ${String(x)}`);
    const streams = purposes.map((purpose) => {
      const stream = new RandomStream(43, purpose);
      return Array.from({ length: count }, () => stream.uniform() - 0.5);
    });
    streams.forEach((a, i) => {
      for (const b of streams.slice(i + 1)) {
        const correlation = (12 / count) * a.reduce((sum, x, j) => sum + x * b[j]!, 0);
        // Five standard deviations of 1 / sqrt(10,000).
        expect(Math.abs(correlation)).toBeLessThan(0.05);
        // Two neighbours, as one number is met by chance: 10^8 pairs of streams' draws among 2^32 numbers.
        const known = new Set(neighbours(a));
        expect(neighbours(b).filter((two) => known.has(two))).toEqual([]);
      }
    });
  });
});

describe('distributions', () => {
  const count = 200_000;
  const moments = (next: () => number): number[] => {
    const xs = Array.from({ length: count }, next);
    return [1, 2, 3, 4].map((power) => xs.reduce((sum, x) => sum + x ** power, 0) / count);
  };

  test('uniform: in [0, 1), with the moments 1/2, 1/3, 1/4, 1/5', () => {
    const stream = new RandomStream(3, PURPOSE.head);
    let outside = 0;
    const measured = moments(() => {
      const x = stream.uniform();
      if (!(x >= 0 && x < 1)) outside++;
      return x;
    });
    expect(outside).toBe(0);
    // Standard deviations are below 0.3 / sqrt(200,000) = 0.0007; five of them.
    measured.forEach((moment, index) => {
      expect(Math.abs(moment - 1 / (index + 2))).toBeLessThan(0.0035);
    });
  });

  test('normal: moments 0, 1, 0, 3, and tails', () => {
    const stream = new RandomStream(4, PURPOSE.head);
    let beyond2 = 0;
    const measured = moments(() => {
      const x = stream.normal();
      if (Math.abs(x) > 2) beyond2++;
      return x;
    });
    // Five standard deviations of the mean of x^n: sqrt(1, 2, 15, 96) / sqrt(200,000).
    [0, 1, 0, 3].forEach((expected, index) => {
      const deviation = Math.sqrt([1, 2, 15, 96][index]! / count);
      expect(Math.abs(measured[index]! - expected), `moment ${index + 1}`).toBeLessThan(5 * deviation);
    });
    // P(|x| > 2) = 0.0455; its standard deviation here is 0.0005.
    expect(Math.abs(beyond2 / count - 0.0455)).toBeLessThan(0.0025);
  });

  test('neighbours are independent', () => {
    const stream = new RandomStream(5, PURPOSE.head);
    const xs = Array.from({ length: count }, () => stream.normal());
    for (const lag of [1, 2, 3, 4]) {
      const product = xs.slice(lag).reduce((sum, x, i) => sum + x * xs[i]!, 0) / count;
      expect(Math.abs(product), `lag ${lag}`).toBeLessThan(5 / Math.sqrt(count));
    }
  });

  test('below: every integer under the bound, equally often', () => {
    const stream = new RandomStream(6, PURPOSE.split);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[stream.below(7)]!++;
    // Expected 10,000 each, standard deviation 93.
    for (const seen of counts) expect(Math.abs(seen - 10_000)).toBeLessThan(465);
    expect(new RandomStream(6, PURPOSE.split).below(1)).toBe(0);
  });
});

describe('shuffle', () => {
  test('permutes in place', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const shuffled = new RandomStream(1, PURPOSE.order).shuffle(items);
    expect(shuffled).toBe(items);
    expect(shuffled).not.toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(new RandomStream(1, PURPOSE.order).shuffle([])).toEqual([]);
    expect(new RandomStream(1, PURPOSE.order).shuffle(['a'])).toEqual(['a']);
  });

  test('all 24 orders of four items, equally often', () => {
    const counts = new Map<string, number>();
    const runs = 24_000;
    for (let run = 0; run < runs; run++) {
      const order = new RandomStream(9, PURPOSE.order, run).shuffle([0, 1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0);
    // 23 degrees of freedom: beyond 60 by chance in 1 of 30,000 seeds.
    expect(chiSquare).toBeLessThan(60);
  });
});
