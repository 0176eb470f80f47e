/** The verdict on predicted numbers in a sentence, and the numbers behind it. */
import type { Interval } from '../../evaluate/bootstrap.js';
import { plural } from '../../util/wording.js';
import type { NumberReport } from '../data.js';
import { html, type Markup, type Part } from '../html.js';
import { besideSimple, leakNote, standing, tile, type Standing } from './summary.js';

/**
 * A number of any size with three digits.
 *
 * ```ts
 * figure(0.41666); // '0.417'
 * figure(41666); // '41,700'
 * ```
 */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

const span = ([from, to]: Interval, write: (value: number) => string): string =>
  `${write(from)} to ${write(to)}`;

/** Of errors less is better. */
const standingOfError = ([from, to]: Interval, other: number): Standing => standing([-to, -from], -other);

export function numberVerdict({ metrics, intervals, baseline, bagOfWords }: NumberReport): string {
  const start = `Off by ${figure(metrics.mae)} on average on ${plural(metrics.examples, 'text')} it has not seen`;
  return besideSimple(start, 'always saying the mean', {
    simplest: standingOfError(intervals.mae, baseline.mae),
    words: bagOfWords && standingOfError(intervals.mae, bagOfWords.mae),
  });
}

export function numberSummary(data: NumberReport): Markup {
  const { metrics, intervals, baseline, bagOfWords } = data;
  return html`<header>
    <h1><bdi>${data.name}</bdi></h1>
    <p class="verdict">${numberVerdict(data)}</p>
    <p>
      Tested on <bdi>${data.testName}</bdi>. On all texts like these it is likely off by
      ${span(intervals.mae, figure)} on average (95 % interval).
      ${
        bagOfWords &&
        html`A bag of words (TF-IDF and ridge regression) that learnt from the same
        ${plural(bagOfWords.train_examples, 'text')} is off by ${figure(bagOfWords.mae)}.`
      }
      Always saying ${figure(baseline.value)}, the mean of the training texts, is off by
      ${figure(baseline.mae)}.
    </p>
    ${leakNote(data, metrics.examples)}
    <ul class="tiles">
      ${tile(figure(metrics.mae), 'Mean absolute error', span(intervals.mae, figure))}
      ${tile(figure(metrics.rmse), 'Root of the mean squared error', span(intervals.rmse, figure))}
      ${shareTile(metrics.pearson, 'Pearson correlation', intervals.pearson)}
      ${shareTile(metrics.spearman, 'Spearman correlation, of ranks', intervals.spearman)}
      ${shareTile(metrics.r2, 'R², the share of variance explained', intervals.r2)}
    </ul>
  </header>`;
}

/** Where all true numbers are the same there is no correlation. */
function shareTile(value: number | null, name: string, interval: Interval | null): Part {
  if (value === null) return null;
  return tile(value.toFixed(3), name, interval && span(interval, (end) => end.toFixed(3)));
}
