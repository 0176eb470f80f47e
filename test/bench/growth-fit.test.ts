import { describe, expect, it } from 'vitest';
import { powerLaw } from '../../bench/growth/fit.js';

describe('the exponent of a growth', () => {
  it('is that of an exact power law, with its factor', () => {
    const lengths = [64, 128, 192, 256, 384, 512];
    const { exponent, factor } = powerLaw(lengths.map((x) => [x, 3 * x ** 1.25]));
    expect(exponent).toBeCloseTo(1.25, 12);
    expect(factor).toBeCloseTo(3, 10);
  });

  it('is 0 for what does not grow, and negative for what falls', () => {
    expect(powerLaw([500, 5000, 25_000].map((x) => [x, 2800])).exponent).toBeCloseTo(0, 12);
    expect(powerLaw([1, 2].map((x) => [x, 12 / x])).exponent).toBeCloseTo(-1, 12);
  });

  // In powers of two the points are (0, 0), (1, 2), (2, 1). Means 1 and 1; the products of the deviations are
  // (-1)(-1) + 0 * 1 + 1 * 0 = 1, the squares 1 + 0 + 1 = 2: exponent 1/2; at x = 1 the line is at 1 - 1/2, so the
  // factor is 2^(1/2).
  it('is the least-squares one where the points are off the line', () => {
    const { exponent, factor } = powerLaw([
      [1, 1],
      [2, 4],
      [4, 2],
    ]);
    expect(exponent).toBeCloseTo(0.5, 12);
    expect(factor).toBeCloseTo(Math.SQRT2, 12);
  });

  it('is refused where there is none', () => {
    expect(() => powerLaw([[2, 3]])).toThrow('two places');
    expect(() =>
      powerLaw([
        [1, 0],
        [2, 3],
      ]),
    ).toThrow('positive numbers');
  });
});
