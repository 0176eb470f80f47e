/** The errors to read: those that the model was surest of. */
import { calibratedLogits } from '../../evaluate/probabilities.js';
import { confidentErrors, type WrongText } from '../../evaluate/slices.js';
import { excerpt, percent, plural, thousands } from '../../util/wording.js';
import type { ReportData } from '../data.js';
import { html, Markup, type Part } from '../html.js';
import type { Prediction } from '../predictions.js';

/** What is shown of a text before it is opened. */
const EXCERPT = 160;
/** More errors than these are folded away. */
const UNFOLDED = 20;

export function errors({ predictions, facts, calibration, explanations }: ReportData): Markup {
  const wrong = confidentErrors(
    calibratedLogits(
      predictions.map(({ logits }) => logits),
      { calibration },
    ),
    predictions.map(({ labelId }) => labelId),
  );
  const shown = wrong.filter(({ place }) => predictions[place]!.text !== undefined);
  const one = (error: WrongText): Part =>
    oneError(error, predictions[error.place]!, facts.labels, explanations?.get(error.place));
  return html`<section>
    <h2>What it gets wrong</h2>
    <p class="note">
      ${
        wrong.length === 0
          ? 'Nothing: all test texts are classified rightly.'
          : `${thousands(wrong.length)} of ${plural(predictions.length, 'text')}. ` +
            (shown.length < wrong.length
              ? `Here are the ${shown.length} that it was surest of; `
              : 'The surest first; ') +
            'some may be labelled wrongly.'
      }
    </p>
    <div class="errors">
      ${shown.slice(0, UNFOLDED).map(one)}
      ${
        shown.length > UNFOLDED &&
        html`<details>
          <summary>${plural(shown.length - UNFOLDED, 'more error')}</summary>
          <div class="inside">${shown.slice(UNFOLDED).map(one)}</div>
        </details>`
      }
    </div>
  </section>`;
}

function oneError(
  { truth, predicted, score }: WrongText,
  prediction: Prediction,
  labels: readonly string[],
  why: string | undefined,
): Part {
  const { text = '', place, tokens, cut, shortened } = prediction;
  return html`<details class="error">
    <summary>
      <span class="said"
        >Said <bdi class="bad">${labels[predicted]}</bdi> (${percent(score)}), is
        <bdi class="good">${labels[truth]}</bdi></span
      >
      <span class="where"
        ><bdi>${place}</bdi>, ${thousands(tokens)}
        tokens${cut > 0 && `, ${percent(cut / tokens, 0)} cut`}</span
      >
      <span class="excerpt" dir="auto">${excerpt(text, EXCERPT)}</span>
    </summary>
    ${
      why === undefined
        ? html`<p class="text" dir="auto">${text}${shortened && '…'}</p>`
        : html`<div class="text" dir="auto">${new Markup(why)}</div>
            <p class="note inside">
              Green words spoke for <bdi>${labels[predicted]}</bdi>, red ones against it; grey was not read.
            </p>`
    }
  </details>`;
}
