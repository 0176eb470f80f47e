/**
 * Integrals from 0 to 1 by Clenshaw and Curtis' rule (1960): places are those of a cosine, closer together at both ends. It
 * converges about as fast as Gauss' rule on what is met in practice (Trefethen 2008, SIAM Review 50), and twice as many
 * intervals take in all the places there were, so that a finer integral costs only what is new.
 */

/** The places of the rule with `intervals` intervals, from 0 to 1: `intervals` + 1 of them. */
export function places(intervals: number): number[] {
  // As a square of the sine, places near 0 keep their digits.
  return Array.from({ length: intervals + 1 }, (_, k) => Math.sin((Math.PI * k) / (2 * intervals)) ** 2);
}

/**
 * What each place counts for; the weights sum to 1.
 *
 * @param intervals an even number
 */
export function weights(intervals: number): number[] {
  const half = intervals / 2;
  return Array.from({ length: intervals + 1 }, (_, k) => {
    let sum = 1;
    for (let j = 1; j <= half; j++) {
      const share = j === half ? 1 : 2;
      sum -= (share * Math.cos((2 * Math.PI * j * k) / intervals)) / (4 * j * j - 1);
    }
    // On [-1, 1] it is 2 / n inside and half of that at the ends; this interval is half as long.
    return (sum * (k === 0 || k === intervals ? 0.5 : 1)) / intervals;
  });
}
