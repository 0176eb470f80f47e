/** How predicted numbers lie beside the true ones, and the largest errors to read. */
import { largestErrors } from '../../evaluate/regression.js';
import { plural, thousands } from '../../util/wording.js';
import type { NumberReport } from '../data.js';
import { html, type Markup, type Part } from '../html.js';
import { at, frame, roundDomain } from '../plots/frame.js';
import { histogram } from '../plots/histogram.js';
import { thinned } from '../plots/lines.js';
import type { NumberPrediction } from '../predictions.js';
import { errorItem, errorList } from './errors.js';
import { figure } from './number-summary.js';

export function scatter({ predictions }: NumberReport): Markup {
  const shown = thinned(predictions);
  return html`<section>
    <h2>How near it comes</h2>
    <p class="note">
      Each point is a text; on the dashed line what was predicted is what is true.
      ${
        shown.length < predictions.length &&
        `Drawn are ${thousands(shown.length)} of ${plural(predictions.length, 'text')}, evenly through the data.`
      }
      Errors are predicted minus true: right of zero it said too much, left of it too little.
    </p>
    <div class="plots pairs">
      <figure>
        <figcaption>Predicted and true</figcaption>
        ${pointsPlot(shown)}
      </figure>
      <figure>
        <figcaption>Errors</figcaption>
        ${errorsPlot(predictions.map(({ value, predicted }) => predicted - value))}
      </figure>
    </div>
  </section>`;
}

function pointsPlot(shown: readonly NumberPrediction[]): Markup {
  // Both axes are the same, so that the diagonal means what it seems to.
  const domain = domainOf(shown.flatMap(({ value, predicted }) => [value, predicted]));
  const [from, to] = domain;
  return frame(
    {
      title: `Predicted and true numbers of ${plural(shown.length, 'text')}`,
      x: { label: 'true', domain },
      y: { label: 'predicted', domain },
      height: 320,
    },
    (x, y) => [
      html`<path class="line reference" d="M${at(x(from))} ${at(y(from))}L${at(x(to))} ${at(y(to))}" />`,
      shown.map(
        ({ place, value, predicted }) =>
          html`<circle class="dot faint tone-0" cx="${at(x(value))}" cy="${at(y(predicted))}" r="3"
            ><title>${place}: ${figure(predicted)}, is ${figure(value)}</title></circle
          >`,
      ),
    ],
  );
}

function errorsPlot(errors: readonly number[]): Markup {
  const domain = domainOf([0, ...errors]);
  return histogram({
    title: `Distribution of the errors of ${plural(errors.length, 'text')}`,
    x: { label: 'predicted minus true', domain },
    values: errors,
    bar: (from, to) => `off by ${figure(from)} to ${figure(to)}`,
    front: (x, y) => html`<line class="mark" x1="${at(x(0))}" x2="${at(x(0))}" y1="${at(y(0))}" y2="10" />`,
  });
}

function domainOf(values: readonly number[]): [number, number] {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  return roundDomain([low, high]);
}

export function numberErrors({ predictions }: NumberReport): Markup {
  const all = largestErrors(
    predictions.map(({ predicted }) => predicted),
    predictions.map(({ value }) => value),
  );
  const shown = all.filter(({ place }) => predictions[place]!.text !== undefined);
  return html`<section>
    <h2>Where it is furthest off</h2>
    <p class="note">
      ${
        shown.length < all.length
          ? `The ${shown.length} largest errors of ${thousands(all.length)} texts`
          : 'All texts, the largest error first'
      };
      some may be labelled wrongly.
    </p>
    ${errorList(shown.map(({ place, error }) => oneError(predictions[place]!, error)))}
  </section>`;
}

function oneError(prediction: NumberPrediction, error: number): Part {
  const { value, predicted } = prediction;
  const said = html`Said <span class="bad">${figure(predicted)}</span>, is
    <span class="good">${figure(value)}</span>: ${figure(Math.abs(error))} too ${error > 0 ? 'high' : 'low'}`;
  return errorItem(said, prediction);
}
