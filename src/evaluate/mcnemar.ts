/**
 * Whether one classifier is better than another on the same texts: McNemar's test (1947), exact, on the texts that one alone
 * classifies rightly. Were both as good, these would fall to either side as a fair coin does.
 */

export interface McNemar {
  /** The chance of a split at least as uneven, were both as good: two-sided, binomial. */
  readonly p_value: number;
  /** Mid-p, which counts the split itself half (Fagerland, Lydersen and Laake 2013): less conservative. */
  readonly mid_p_value: number;
}

/**
 * ```ts
 * mcnemar(12, 31); // { p_value: 0.0054, mid_p_value: 0.0037 }
 * ```
 *
 * @param onlyA texts that the first alone classifies rightly
 * @param onlyB texts that the second alone does
 */
export function mcnemar(onlyA: number, onlyB: number): McNemar {
  const texts = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  // log of the probability of k of n, from that of k - 1: no factorials that overflow
  let log = -texts * Math.LN2;
  let tail = Math.exp(log);
  for (let k = 1; k <= fewer; k++) {
    log += Math.log((texts - k + 1) / k);
    tail += Math.exp(log);
  }
  return { p_value: Math.min(1, 2 * tail), mid_p_value: Math.min(1, 2 * tail - Math.exp(log)) };
}

/** Below it, a difference counts as real. */
export const SIGNIFICANT = 0.05;
/** Quantiles of the normal distribution: 97.5 % for a two-sided level of 0.05, 80 % for the power. */
const [Z_LEVEL, Z_POWER] = [1.959964, 0.841621];

/**
 * Texts with which a difference of this size would be found significant four times out of five (Connor 1987, "Sample size for
 * testing differences in proportions for the paired-sample design", Biometrics 43); `undefined` where there is no difference.
 *
 * ```ts
 * textsNeeded(20, 26, 1000); // 10,027
 * ```
 */
export function textsNeeded(onlyA: number, onlyB: number, examples: number): number | undefined {
  const difference = Math.abs(onlyA - onlyB) / examples;
  if (difference === 0) return undefined;
  const discordant = (onlyA + onlyB) / examples;
  const root = Z_LEVEL * Math.sqrt(discordant) + Z_POWER * Math.sqrt(discordant - difference ** 2);
  return Math.ceil((root / difference) ** 2);
}
