/** What a run keeps of its test texts, for its report. */
import { wholeText, type Example } from '../data/example.js';
import { argmax } from '../evaluate/metrics.js';
import { confidentErrors } from '../evaluate/slices.js';
import type { Prediction } from '../report/predictions.js';

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
  labelIds: ArrayLike<number>,
): Prediction[] {
  const shown = new Set(
    confidentErrors(logits, labelIds)
      .slice(0, SHOWN_ERRORS)
      .map(({ place }) => place),
  );
  return tested.map(({ place, tokens, cut, text, shortened }, i) => ({
    ...{
      place,
      labelId: labelIds[i]!,
      predictedId: argmax(logits[i]!),
      logits: Array.from(logits[i]!),
      tokens,
      cut,
    },
    ...(shown.has(i) && { text, shortened }),
  }));
}
