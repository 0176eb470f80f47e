/** Whether what it says of its confidence is so. */
import { wilson } from '../../evaluate/interval.js';
import { percent, plural } from '../../util/wording.js';
import type { Calibration, Confidence, ConfidenceBin } from '../data.js';
import { html, type Markup, type Part } from '../html.js';
import { at, frame, type Scale } from '../plots/frame.js';

export function confidence({ before, after, temperature }: Calibration): Markup {
  return html`<section>
    <h2>Whether its confidence can be believed</h2>
    <p class="note">
      Of answers given with 90 % confidence, 90 % should be right: points on the dashed line. Below it the
      model is too sure of itself. Upright lines are 95 % intervals; bars show how many texts there are.
    </p>
    <div class="plots">
      ${diagram(after ? 'As it comes' : 'Confidence and accuracy', before, 1)}
      ${after && diagram(`With the run's temperature, ${temperature.toFixed(2)}`, after, 0)}
    </div>
  </section>`;
}

function diagram(
  caption: string,
  { reliability, expected_calibration_error }: Confidence,
  tone: number,
): Markup {
  const most = Math.max(1, ...reliability.map(({ count }) => count));
  return html`<figure>
    <figcaption>
      ${caption} <small>calibration error ${percent(expected_calibration_error)}</small>
    </figcaption>
    ${frame(
      {
        title: `Accuracy by confidence: ${caption}`,
        x: { label: 'confidence', domain: [0, 1], format: (value) => percent(value, 0) },
        y: { label: 'share that is right', domain: [0, 1], format: (value) => percent(value, 0) },
        height: 300,
      },
      (x, y) => [
        reliability.map((bin) => countBar(bin, most, tone, x, y)),
        html`<path class="line reference" d="M${at(x(0))} ${at(y(0))}L${at(x(1))} ${at(y(1))}" />`,
        reliability.map((bin) => binPoint(bin, tone, x, y)),
      ],
    )}
  </figure>`;
}

/** At the bottom, the highest a quarter of the plot. */
function countBar({ from, to, count }: ConfidenceBin, most: number, tone: number, x: Scale, y: Scale): Part {
  if (count === 0) return null;
  const top = y((0.25 * count) / most);
  return html`<rect
    class="bar quiet tone-${tone}"
    x="${at(x(from) + 0.5)}"
    y="${at(top)}"
    width="${at(x(to) - x(from) - 1)}"
    height="${at(y(0) - top)}"
  />`;
}

function binPoint({ count, confidence, accuracy }: ConfidenceBin, tone: number, x: Scale, y: Scale): Part {
  if (confidence === null || accuracy === null) return null;
  const [low, high] = wilson(Math.round(accuracy * count), count);
  const place = at(x(confidence));
  return [
    html`<line
      class="range tone-${tone}"
      x1="${place}"
      x2="${place}"
      y1="${at(y(low))}"
      y2="${at(y(high))}"
    />`,
    html`<circle class="dot tone-${tone}" cx="${place}" cy="${at(y(accuracy))}" r="3.4">
      <title>
        ${plural(count, 'text')} with ${percent(confidence)} confidence: ${percent(accuracy)} right
        (${percent(low)} to ${percent(high)})
      </title>
    </circle>`,
  ];
}
