/** What a run keeps of its test texts, for its report. */
import { wholeText, type Example } from '../data/example.js';
import { argmax } from '../evaluate/metrics.js';
import { wrongSets } from '../evaluate/multi-label.js';
import { calibratedLogits, type Calibrated } from '../evaluate/probabilities.js';
import { largestErrors } from '../evaluate/regression.js';
import { confidentErrors } from '../evaluate/slices.js';
import type { Predictions, TestText } from '../report/predictions.js';
import type { Targets } from '../util/problem.js';

/** So many errors are shown with their texts, each to so many characters. */
const SHOWN_ERRORS = 100;
const SHOWN_CHARACTERS = 4000;

/** A test text as it is kept until it is known whether it is shown. */
export interface TestedText {
  /** Where it came from, such as `line 17`. */
  readonly place: string;
  /** Its beginning. */
  readonly text: string;
  readonly shortened: boolean;
  /** Word pieces of the whole text, and how many of them were cut off. */
  readonly tokens: number;
  readonly cut: number;
}

/** All test texts together keep no more characters than about this. */
const KEPT_CHARACTERS = 50e6;

/** Beginnings of texts that hold on to nothing of the rest. */
export function beginnings(
  examples: readonly Pick<Example, 'text' | 'textPair'>[],
): Pick<TestedText, 'text' | 'shortened'>[] {
  const most = Math.min(SHOWN_CHARACTERS, Math.max(80, Math.floor(KEPT_CHARACTERS / examples.length)));
  return examples.map((example) => {
    const text = wholeText(example);
    if (text.length <= most) return { text, shortened: false };
    // A slice would keep the whole text alive.
    return { text: Buffer.from(text.slice(0, most)).toString(), shortened: true };
  });
}

/** What became of each test text; those errors that are shown keep their texts. */
export function predictionsOf(
  tested: readonly TestedText[],
  logits: readonly ArrayLike<number>[],
  targets: Targets,
  contract: Calibrated | undefined,
): Predictions {
  const { problemType } = targets;
  switch (problemType) {
    case 'single_label_classification': {
      const { labelIds } = targets;
      const texts = withTexts(tested, confidentErrors(calibratedLogits(logits, contract), labelIds));
      const predictions = texts.map((text, i) => {
        const row = logits[i]!;
        return { ...text, labelId: labelIds[i]!, predictedId: argmax(row), logits: Array.from(row) };
      });
      return { problemType, predictions };
    }
    case 'multi_label_classification': {
      const texts = withTexts(tested, wrongSets(logits, targets.labelSets));
      const predictions = texts.map((text, i) => {
        return { ...text, labelIds: targets.labelSets[i]!, logits: Array.from(logits[i]!) };
      });
      return { problemType, predictions };
    }
    case 'regression': {
      const predicted = logits.map((row) => row[0]!);
      const texts = withTexts(tested, largestErrors(predicted, targets.values));
      const predictions = texts.map((text, i) => {
        return { ...text, value: targets.values[i]!, predicted: predicted[i]! };
      });
      return { problemType, predictions };
    }
  }
}

/** @param errors the worst first */
function withTexts(tested: readonly TestedText[], errors: readonly { readonly place: number }[]): TestText[] {
  const shown = new Set(errors.slice(0, SHOWN_ERRORS).map(({ place }) => place));
  return tested.map(({ place, tokens, cut, text, shortened }, i) => ({
    ...{ place, tokens, cut },
    ...(shown.has(i) && { text, shortened }),
  }));
}
