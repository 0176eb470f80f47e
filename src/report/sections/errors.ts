/** The errors to read: those that the model was surest of. */
import { calibratedLogits } from '../../evaluate/probabilities.js';
import { confidentErrors, type WrongText } from '../../evaluate/slices.js';
import { excerpt, percent, plural, thousands } from '../../util/wording.js';
import type { ReportData } from '../data.js';
import { html, Markup, type Part } from '../html.js';
import type { TestText } from '../predictions.js';

/** What is shown of a text before it is opened. */
const EXCERPT = 160;
/** More errors than these are folded away. */
const UNFOLDED = 20;

/** Pieces of the page, by `explanationHtml`: why texts got their labels, by their places. */
export type Explanations = ReadonlyMap<number, string>;

export function errors({ predictions, facts, calibration }: ReportData, explanations?: Explanations): Markup {
  const wrong = confidentErrors(
    calibratedLogits(
      predictions.map(({ logits }) => logits),
      { calibration },
    ),
    predictions.map(({ labelId }) => labelId),
  );
  const shown = wrong.filter(({ place }) => predictions[place]!.text !== undefined);
  const items = shown.map((error) =>
    oneError(error, predictions[error.place]!, facts.labels, explanations?.get(error.place)),
  );
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
    ${errorList(items)}
  </section>`;
}

/** Errors one below the other, many of them folded away. */
export function errorList(items: readonly Part[]): Markup {
  return html`<div class="errors">
    ${items.slice(0, UNFOLDED)}
    ${
      items.length > UNFOLDED &&
      html`<details>
        <summary>${plural(items.length - UNFOLDED, 'more error')}</summary>
        <div class="inside">${items.slice(UNFOLDED)}</div>
      </details>`
    }
  </div>`;
}

function oneError(
  { truth, predicted, score }: WrongText,
  prediction: TestText,
  labels: readonly string[],
  why: string | undefined,
): Part {
  const said = html`Said <bdi class="bad">${labels[predicted]}</bdi> (${percent(score)}), is
    <bdi class="good">${labels[truth]}</bdi>`;
  return errorItem(
    said,
    prediction,
    why === undefined
      ? undefined
      : html`<div class="text" dir="auto">${new Markup(why)}</div>
          <p class="note inside">
            Green words spoke for <bdi>${labels[predicted]}</bdi>, red ones against it; grey was not read.
          </p>`,
  );
}

/**
 * A text that can be opened, under what was wrong about it.
 *
 * @param shown what stands there when it is open, instead of the text
 */
export function errorItem(
  said: Part,
  { text = '', place, tokens, cut, shortened }: TestText,
  shown?: Part,
): Part {
  return html`<details class="error">
    <summary>
      <span class="said">${said}</span>
      <span class="where"
        ><bdi>${place}</bdi>, ${thousands(tokens)}
        tokens${cut > 0 && `, ${percent(cut / tokens, 0)} cut`}</span
      >
      <span class="excerpt" dir="auto">${excerpt(text, EXCERPT)}</span>
    </summary>
    ${shown ?? html`<p class="text" dir="auto">${text}${shortened && '…'}</p>`}
  </details>`;
}
