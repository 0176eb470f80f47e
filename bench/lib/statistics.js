// The bench's arithmetic: from what each contender did in each round to medians, ratios and their spread.

/**
 * @typedef {{ seconds: number, texts: number, tokens: number }} Work What a contender did, and how long it took.
 * @typedef {{ median: number, low: number, high: number }} Spread
 */

/** @param {readonly number[]} values */
export function median(values) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {readonly number[]} values @returns {Spread} */
export function spreadOf(values) {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** @param {readonly number[]} values @returns {{ mean: number, deviation: number }} with the sample's deviation */
export function meanOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** Several slices as one. @param {readonly Work[]} slices @returns {Work} */
export function sumOf(slices) {
  const total = { seconds: 0, texts: 0, tokens: 0 };
  for (const { seconds, texts, tokens } of slices) {
    total.seconds += seconds;
    total.texts += texts;
    total.tokens += tokens;
  }
  return total;
}

/** Texts a second of each round. @param {readonly Work[]} rounds */
export const textRates = (rounds) => rounds.map(({ texts, seconds }) => texts / seconds);

/** Tokens a second of each round, padding not counted. @param {readonly Work[]} rounds */
export const tokenRates = (rounds) => rounds.map(({ tokens, seconds }) => tokens / seconds);

/**
 * How many times as fast `ours` is as `theirs`. Round by round, as both then had the same weather. Where one of them
 * did fewer rounds, so other texts, tokens are compared instead of texts, and medians instead of rounds.
 *
 * @param {readonly Work[]} ours
 * @param {readonly Work[]} theirs
 * @returns {Spread}
 */
export function speedRatio(ours, theirs) {
  const sameTexts = ours.length === theirs.length && ours.every(({ texts }, i) => texts === theirs[i].texts);
  if (sameTexts) {
    const rates = textRates(theirs);
    return spreadOf(textRates(ours).map((rate, round) => rate / rates[round]));
  }
  const rate = median(tokenRates(theirs));
  return spreadOf(tokenRates(ours).map((value) => value / rate));
}
