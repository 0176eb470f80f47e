/** The verdict on several labels in a sentence, and the numbers behind it. */
import type { Interval } from '../../evaluate/bootstrap.js';
import { percent, plural } from '../../util/wording.js';
import type { LabelSetReport } from '../data.js';
import { html, type Markup } from '../html.js';
import { besideSimple, leakNote, standing, tile, within } from './summary.js';

const three = ([from, to]: Interval): string => `${from.toFixed(3)} to ${to.toFixed(3)}`;

export function labelSetVerdict({ metrics, intervals, baseline, bagOfWords }: LabelSetReport): string {
  const start =
    `F1 of ${metrics.f1_micro.toFixed(3)} over all labels of ${plural(metrics.examples, 'text')} ` +
    'it has not seen';
  return besideSimple(start, 'always giving the same label', {
    simplest: standing(intervals.f1_micro, baseline.f1_micro),
    words: bagOfWords && standing(intervals.f1_micro, bagOfWords.f1_micro),
  });
}

export function labelSetSummary(data: LabelSetReport): Markup {
  const { metrics, intervals, baseline, bagOfWords } = data;
  return html`<header>
    <h1><bdi>${data.name}</bdi></h1>
    <p class="verdict">${labelSetVerdict(data)}</p>
    <p>
      Tested on <bdi>${data.testName}</bdi>. On all texts like these its F1 is likely
      ${three(intervals.f1_micro)} (95 % interval). ${percent(metrics.subset_accuracy)} of the texts get all
      of their labels and no others.
      ${
        bagOfWords &&
        html`A bag of words (TF-IDF and logistic regression) that learnt from the same
        ${plural(bagOfWords.train_examples, 'text')} has an F1 of ${bagOfWords.f1_micro.toFixed(3)}.`
      }
      Always giving “<bdi>${baseline.label}</bdi>” has one of ${baseline.f1_micro.toFixed(3)}.
    </p>
    ${leakNote(data, metrics.examples)}
    <ul class="tiles">
      ${tile(metrics.f1_micro.toFixed(3), 'F1, all labels together', three(intervals.f1_micro))}
      ${tile(metrics.f1_macro.toFixed(3), 'F1, mean of labels', three(intervals.f1_macro))}
      ${tile(percent(metrics.subset_accuracy), 'Texts with all labels right', within(intervals.subset_accuracy))}
      ${tile(percent(metrics.hamming_loss), 'Labels wrong, of all texts and labels', within(intervals.hamming_loss))}
      ${
        metrics.mean_average_precision !== null &&
        tile(metrics.mean_average_precision.toFixed(3), 'Average precision, mean of labels', null)
      }
      ${tile(metrics.loss.toFixed(3), 'Binary cross-entropy', null)}
    </ul>
  </header>`;
}
