/** The verdict in a sentence, and the numbers behind it. */
import type { Interval } from '../../evaluate/bootstrap.js';
import { isOrAre, percent, plural, thousands } from '../../util/wording.js';
import type { Calibration, ReportData, RunData, Scores } from '../data.js';
import { html, type Markup, type Part } from '../html.js';

/** How the model's accuracy lies beside that of something simple. */
export type Standing = 'better' | 'no different' | 'worse';

/** Better or worse only where the whole interval says so. */
export function standing([from, to]: Interval, other: number): Standing {
  return from > other ? 'better' : to < other ? 'worse' : 'no different';
}

/** `88.3 %` with its interval in words. */
export const within = ([from, to]: Interval): string =>
  `${(100 * from).toFixed(1)} to ${(100 * to).toFixed(1)} %`;

/** The sentence that a hurried reader needs. */
export function verdictOf({ accuracy, examples, intervals, baseline, bagOfWords }: Scores): string {
  const start = `Right on ${percent(accuracy)} of ${plural(examples, 'text')} it has not seen`;
  return besideSimple(start, 'always giving the same answer', {
    simplest: standing(intervals.accuracy, baseline.accuracy),
    words: bagOfWords && standing(intervals.accuracy, bagOfWords.accuracy),
  });
}

/** The sentence that says what stands beside the simplest answer, and beside a bag of words where there is one. */
export function besideSimple(
  start: string,
  answer: string,
  { simplest, words }: { readonly simplest: Standing; readonly words: Standing | undefined },
): string {
  if (simplest !== 'better') {
    return `${start}: ${simplest === 'worse' ? 'worse than' : 'no better than'} ${answer}.`;
  }
  if (!words) return `${start}: better than ${answer}.`;
  if (words === 'better') return `${start}: better than a bag of words, and than ${answer}.`;
  if (words === 'worse') return `${start}: worse than a bag of words, which costs seconds.`;
  return `${start}: so many texts can't tell it from a bag of words.`;
}

export function summary(data: ReportData): Markup {
  const { scores, name } = data;
  const { intervals, baseline, bagOfWords } = scores;
  return html`<header>
    <h1><bdi>${name}</bdi></h1>
    <p class="verdict">${verdictOf(scores)}</p>
    <p>
      Tested on <bdi>${data.testName}</bdi>. On all texts like these it is likely
      ${within(intervals.accuracy)} (95 % interval).
      ${
        bagOfWords &&
        html`A bag of words (TF-IDF and logistic regression) that learnt from the same
        ${plural(bagOfWords.train_examples, 'text')} is right on ${percent(bagOfWords.accuracy)}.`
      }
      Always answering “<bdi>${baseline.label}</bdi>” is right on ${percent(baseline.accuracy)}.
    </p>
    ${leakNote(data, scores.examples)}
    <ul class="tiles">
      ${tilesOf(data)}
    </ul>
  </header>`;
}

/** Test texts that were learnt from make every number here too good. */
export function leakNote({ facts }: RunData, examples: number): Part {
  const { leaks, drops_leaks } = facts.data;
  if (typeof leaks !== 'number' || leaks === 0 || drops_leaks === true) return null;
  return html`<p class="warning">
    ${thousands(leaks)} of the training texts ${isOrAre(leaks)} among the ${thousands(examples)} test texts
    too, which makes these numbers too good.
    <code>--drop-leaks</code> leaves them out.
  </p>`;
}

function tilesOf({ scores, calibration }: ReportData): Part {
  const { intervals, per_class, roc_auc } = scores;
  const four = ([from, to]: Interval): string => `${from.toFixed(3)} to ${to.toFixed(3)}`;
  const f1Name =
    per_class.length === 2 ? html`F1 of “<bdi>${per_class[1]!.label}</bdi>”` : 'F1, mean of classes';
  return [
    tile(percent(scores.accuracy), 'Accuracy', within(intervals.accuracy)),
    tile(scores.f1.toFixed(3), f1Name, four(intervals.f1)),
    roc_auc !== null &&
      tile(roc_auc.toFixed(3), 'Area under the ROC curve', intervals.roc_auc && four(intervals.roc_auc)),
    tile(
      scores.matthews_correlation.toFixed(3),
      'Matthews correlation',
      four(intervals.matthews_correlation),
    ),
    tile(scores.loss.toFixed(3), 'Cross-entropy', null),
    errorTile(calibration),
  ];
}

function errorTile({ before, after }: Calibration): Markup {
  const error = (after ?? before).expected_calibration_error;
  const raw = after && `${percent(before.expected_calibration_error)} without temperature`;
  return tile(percent(error), 'Calibration error', raw);
}

export function tile(value: string, name: Part, range: Part): Markup {
  return html`<li>
    <span class="value">${value}</span><span class="name">${name}</span>
    ${range && html`<span class="range">${range}</span>`}
  </li>`;
}
