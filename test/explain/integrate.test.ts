import { describe, expect, test } from 'vitest';
import { FEWEST_INTERVALS, integrate, type PathOf } from '../../src/explain/integrate.js';
import { places, weights } from '../../src/explain/quadrature.js';

/** The path of a function of x from `from` to `to`, and how often it was looked at. */
function pathOf(
  value: (x: number[]) => number,
  gradient: (x: number[]) => number[],
  from: number[],
  to: number[],
): { path: PathOf; looked: () => number } {
  let looked = 0;
  const path: PathOf = (along) => {
    looked += along.length;
    return Promise.resolve(
      along.map((t) => {
        const x = from.map((start, i) => start + t * (to[i]! - start));
        return { value: value(x), slopes: gradient(x).map((slope, i) => slope * (to[i]! - from[i]!)) };
      }),
    );
  };
  return { path, looked: () => looked };
}

describe('quadrature', () => {
  test('Simpson’s rule is the one with two intervals', () => {
    expect(places(2).map((x) => x.toFixed(12))).toEqual(['0', '0.5', '1'].map((x) => Number(x).toFixed(12)));
    [1 / 6, 4 / 6, 1 / 6].forEach((weight, k) => {
      expect(weights(2)[k]).toBeCloseTo(weight, 14);
    });
  });

  test.each([4, 16, 64])('with %i intervals, polynomials of as high a degree are exact', (intervals) => {
    for (let degree = 0; degree <= Math.min(intervals, 20); degree++) {
      const at = places(intervals);
      const sum = weights(intervals).reduce((total, weight, k) => total + weight * at[k]! ** degree, 0);
      expect(sum, `x^${degree}`).toBeCloseTo(1 / (degree + 1), 13);
    }
  });

  test('each even place is one of the rule with half as many intervals', () => {
    places(16).forEach((place, k) => {
      expect(places(32)[2 * k]).toBeCloseTo(place, 15);
    });
  });
});

describe('integrated gradients', () => {
  test('of a linear model: each weight times its step, whatever the way', async () => {
    // 2 x - 3 y + 0.5 z + 7 from (1, 1, 1) to (4, 2, -1): 2 * 3, -3 * 1, 0.5 * -2
    const { path } = pathOf(
      ([x, y, z]) => 2 * x! - 3 * y! + 0.5 * z! + 7,
      () => [2, -3, 0.5],
      [1, 1, 1],
      [4, 2, -1],
    );
    const found = await integrate(path);
    [6, -3, -1].forEach((expected, i) => {
      expect(found.contributions[i]).toBeCloseTo(expected, 12);
    });
    expect(found).toMatchObject({ baseline: 6.5, value: 8.5, complete: true, intervals: FEWEST_INTERVALS });
    expect(Math.abs(found.residual)).toBeLessThan(1e-12);
  });

  test('a product is shared equally between its factors from 0', async () => {
    const { path } = pathOf(
      ([x, y]) => x! * y!,
      ([x, y]) => [y!, x!],
      [0, 0],
      [2, 3],
    );
    const { contributions } = await integrate(path);
    expect(contributions[0]).toBeCloseTo(3, 12);
    expect(contributions[1]).toBeCloseTo(3, 12);
  });

  // tanh(200 (x - 0.31)): nearly all of the difference of 2 lies in a hundredth of the way.
  const steep = (): ReturnType<typeof pathOf> =>
    pathOf(
      ([x]) => Math.tanh(200 * (x! - 0.31)),
      ([x]) => [200 / Math.cosh(200 * (x! - 0.31)) ** 2],
      [0],
      [1],
    );

  test('is made finer until it is complete, and looks at no place twice', async () => {
    const { path, looked } = steep();
    const found = await integrate(path, { mostIntervals: 4096 });
    expect(found.complete).toBe(true);
    expect(found.intervals).toBeGreaterThan(FEWEST_INTERVALS);
    expect(Math.abs(found.residual)).toBeLessThanOrEqual(0.02);
    expect(looked()).toBe(found.intervals + 1);
  });

  test('says so when it is not complete', async () => {
    const { path, looked } = steep();
    const found = await integrate(path, { mostIntervals: 32 });
    expect(found.complete).toBe(false);
    expect(found.residual).toBeCloseTo(found.contributions[0]! - 2, 12);
    expect(Math.abs(found.residual)).toBeGreaterThan(0.02);
    expect(looked()).toBe(33);
  });

  test('a difference of nothing needs no digits of its own', async () => {
    // sin(2 pi x): the same at both ends.
    const { path } = pathOf(
      ([x]) => Math.sin(2 * Math.PI * x!),
      ([x]) => [2 * Math.PI * Math.cos(2 * Math.PI * x!)],
      [0],
      [1],
    );
    expect(await integrate(path)).toMatchObject({ complete: true, intervals: FEWEST_INTERVALS });
  });
});
