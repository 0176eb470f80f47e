/** How scores are told: with what they may be off by, and beside something simple. */
import type { BagOfWordsScore } from '../api/baseline.js';
import type { Interval } from '../evaluate/bootstrap.js';
import type { Answered } from '../evaluate/threshold.js';
import { percent, plural, say, shown } from './terminal.js';

/** `(86.2 to 90.1)`: an interval of shares, in percent. */
export function range([from, to]: Interval): string {
  return `(${(100 * from).toFixed(1)} to ${(100 * to).toFixed(1)})`;
}

/** `(0.8621 to 0.9012)` */
export function interval([from, to]: Interval): string {
  return `(${from.toFixed(4)} to ${to.toFixed(4)})`;
}

/** `Bag of words 84.9 % (trained in 1 s on the same 2,000 training texts)` */
export function bagOfWordsLine(bag: BagOfWordsScore): string {
  const { train_seconds, train_examples } = bag;
  const texts = plural(train_examples, 'training text');
  if (train_seconds === undefined) return `Bag of words ${score(bag)} (trained on the same ${texts})`;
  const seconds = train_seconds < 1 ? 'under 1 s' : `${Math.round(train_seconds)} s`;
  return `Bag of words ${score(bag)} (trained in ${seconds} on the same ${texts})`;
}

function score(bag: BagOfWordsScore): string {
  if (bag.accuracy !== undefined) return percent(bag.accuracy);
  if (bag.f1_micro !== undefined) return bag.f1_micro.toFixed(4);
  return `${bag.pearson?.toFixed(4) ?? 'none'}, off by ${bag.mae.toFixed(3)}`;
}

/** `Confidence off by 3.1 % on average (8.4 % before calibration)`: the expected calibration error. */
export function reliabilityLine(error: number, uncalibrated?: number): string {
  const before = uncalibrated === undefined ? '' : ` (${percent(uncalibrated)} without its temperature)`;
  return `Confidence ${percent(error)} off on average${before}`;
}

/** `Answered   71.2 % of the texts, 98.1 % (97.2 to 98.7) of them rightly; the others are below its threshold of 0.931` */
export function answeredLine({ coverage, accuracy, accuracy_interval, threshold, label }: Answered): string {
  const right =
    accuracy === null || accuracy_interval === null
      ? ''
      : `, ${percent(accuracy)} ${range(accuracy_interval)} of them rightly`;
  const whose = label === null ? '' : ` for "${shown(label, 30)}"`;
  return `Answered   ${percent(coverage)} of the texts${right}; the others are below its threshold of ${threshold.toFixed(3)}${whose}`;
}

/** Says what the wait is for. */
export function sayBagOfWords(texts: number): void {
  say(`Training a bag of words on ${plural(texts, 'text')}, to compare with.`);
}
