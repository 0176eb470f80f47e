/** How scores are told: with what they may be off by, and beside something simple. */
import type { BagOfWordsScore } from '../api/baseline.js';
import type { Interval } from '../evaluate/bootstrap.js';
import type { Reliability } from '../evaluate/reliability.js';
import { percent, say, thousands } from './terminal.js';

/** `(86.2 to 90.1)`: an interval of shares, in percent. */
export function range([from, to]: Interval): string {
  return `(${(100 * from).toFixed(1)} to ${(100 * to).toFixed(1)})`;
}

/** `(0.8621 to 0.9012)` */
export function interval([from, to]: Interval): string {
  return `(${from.toFixed(4)} to ${to.toFixed(4)})`;
}

/** `Bag of words 84.9 % (trained in 1 s on the same 2,000 training texts)` */
export function bagOfWordsLine({ accuracy, train_seconds, train_examples }: BagOfWordsScore): string {
  const texts = `${thousands(train_examples)} training texts`;
  if (train_seconds === undefined) return `Bag of words ${percent(accuracy)} (trained on the same ${texts})`;
  const seconds = train_seconds < 1 ? 'under 1 s' : `${Math.round(train_seconds)} s`;
  return `Bag of words ${percent(accuracy)} (trained in ${seconds} on the same ${texts})`;
}

/** `Confidence off by 3.1 % on average (8.4 % before calibration)`: the expected calibration error. */
export function reliabilityLine(reliability: Reliability, uncalibrated?: Reliability): string {
  const off = ({ expected_calibration_error: error }: Reliability): string => percent(error);
  const before = uncalibrated ? ` (${off(uncalibrated)} without its temperature)` : '';
  return `Confidence ${off(reliability)} off on average${before}`;
}

/** Says what the wait is for. */
export function sayBagOfWords(texts: number): void {
  say(`Training a bag of words on ${thousands(texts)} texts, to compare with.`);
}
