/** How long the texts are, how much of them is read, and whether that matters. */
import { slicesBy, slicesByCut, slicesByLength, type Judged, type Slice } from '../../evaluate/slices.js';
import { isOrAre, percent, plural, thousands } from '../../util/wording.js';
import type { ReportData, RunFacts } from '../data.js';
import { html, type Markup, type Part } from '../html.js';
import { at, roundDomain } from '../plots/frame.js';
import { histogram } from '../plots/histogram.js';
import type { TestText } from '../predictions.js';

export function lengths({
  predictions,
  facts,
}: {
  readonly predictions: readonly TestText[];
  readonly facts: RunFacts;
}): Markup {
  const cut = predictions.filter((text) => text.cut > 0);
  const sum = (of: (text: (typeof predictions)[number]) => number): number =>
    predictions.reduce((total, text) => total + of(text), 0);
  const lost =
    sum((text) => text.cut) /
    Math.max(
      1,
      sum((text) => text.tokens),
    );
  return html`<section>
    <h2>How long the test texts are</h2>
    <p class="note">
      ${
        cut.length === 0
          ? `All test texts are read whole.`
          : `${thousands(cut.length)} of ${thousands(predictions.length)} test texts ${isOrAre(cut.length)} longer than the ${thousands(facts.maxLength)} tokens that are read (${facts.truncation}): ${percent(lost)} of all tokens are not read.`
      }
    </p>
    <div class="plots">
      <figure>
        <figcaption>Lengths of the test texts</figcaption>
        ${lengthsPlot(
          predictions.map(({ tokens }) => tokens),
          facts.maxLength,
        )}
      </figure>
    </div>
  </section>`;
}

/** The longest texts of all would leave the others no room; they are counted with the last bar. */
const SHOWN_SHARE = 0.99;

function lengthsPlot(tokens: readonly number[], maxLength: number): Markup {
  const sorted = [...tokens].sort((a, b) => a - b);
  const last = sorted[Math.ceil(SHOWN_SHARE * sorted.length) - 1] ?? 1;
  const domain = roundDomain([0, Math.max(last, Math.min(maxLength, 1.2 * last))]);
  return histogram({
    title: `Distribution of the lengths of ${plural(tokens.length, 'text')}`,
    x: { label: 'tokens', domain },
    values: tokens.map((length) => Math.min(length, domain[1])),
    bar: (from, to) => `${from} to ${to} tokens`,
    front: (x, y) =>
      maxLength <= domain[1] &&
      html`<line class="mark" x1="${at(x(maxLength))}" x2="${at(x(maxLength))}" y1="${at(y(0))}" y2="10" />
        <text
          x="${at(x(maxLength) + (isRight(x(maxLength)) ? -4 : 4))}"
          y="18"
          text-anchor="${isRight(x(maxLength)) ? 'end' : 'start'}"
          >read: ${thousands(maxLength)}</text
        >`,
  });
}

const isRight = (place: number): boolean => place > 240;

/** Accuracy by class, by length, and by how much was cut. */
export function slices({ predictions, facts, scores }: ReportData): Markup {
  const judged: (Judged & { readonly labelId: number })[] = predictions.map(
    ({ labelId, predictedId, tokens, cut }) => ({
      ...{ correct: labelId === predictedId, tokens, cut, labelId },
    }),
  );
  const byCut = slicesByCut(judged);
  return html`<section>
    <h2>Where it is right</h2>
    <p class="note">
      The share of texts that are classified rightly, with its 95 % interval; the dashed line is all texts
      together, ${percent(scores.accuracy)}.
    </p>
    <div class="plots">
      ${sliceTable(
        'By class',
        slicesBy(judged, facts.labels, ({ labelId }) => facts.labels[labelId]!),
        scores.accuracy,
      )}
      ${sliceTable('By length', slicesByLength(judged), scores.accuracy)}
      ${byCut.length > 1 && sliceTable('By how much was cut', byCut, scores.accuracy)}
    </div>
  </section>`;
}

/** More rows than these are folded away. */
const MOST_ROWS = 12;

function sliceTable(name: string, all: readonly Slice[], overall: number): Part {
  if (all.length === 0) return null;
  const low = Math.min(overall, ...all.map(({ interval }) => interval[0]));
  const from = Math.max(0, Math.floor(10 * low) / 10);
  const rows = (slices: readonly Slice[]): Part =>
    slices.map(
      (slice) =>
        html`<tr>
          <td><bdi>${slice.name}</bdi></td>
          <td class="drawn">${sliceBar(slice, overall, from)}</td>
          <td class="number">${percent(slice.accuracy)}</td>
          <td class="number">${thousands(slice.examples)}</td>
        </tr>`,
    );
  const table = (slices: readonly Slice[]): Markup =>
    html`<table class="slices">
      <thead>
        <tr>
          <th>${name}</th>
          <th></th>
          <th class="number">right</th>
          <th class="number">texts</th>
        </tr>
      </thead>
      <tbody>
        ${rows(slices)}
      </tbody>
    </table>`;
  if (all.length <= MOST_ROWS) return html`<div class="card">${table(all)}</div>`;
  const worst = [...all].sort((a, b) => a.accuracy - b.accuracy).slice(0, MOST_ROWS);
  return html`<div class="card">
    ${table(worst)}
    <details>
      <summary>All ${all.length}</summary>
      <div class="inside">${table(all)}</div>
    </details>
  </div>`;
}

const BAR_WIDTH = 140;

/** @param from where the axis begins */
function sliceBar({ name, accuracy, interval }: Slice, overall: number, from: number): Markup {
  const x = (value: number): string => at(6 + ((value - from) / (1 - from || 1)) * (BAR_WIDTH - 12));
  return html`<svg
    viewBox="0 0 ${BAR_WIDTH} 20"
    preserveAspectRatio="none"
    role="img"
    aria-label="${name}: ${percent(accuracy)}, ${percent(interval[0])} to ${percent(interval[1])}"
  >
    <line
      class="line reference"
      x1="${x(overall)}"
      x2="${x(overall)}"
      y1="0"
      y2="20"
      vector-effect="non-scaling-stroke"
    />
    <line
      class="range tone-0"
      x1="${x(interval[0])}"
      x2="${x(interval[1])}"
      y1="10"
      y2="10"
      vector-effect="non-scaling-stroke"
    />
    <path class="point tone-0" d="M${x(accuracy)} 10h0.01" vector-effect="non-scaling-stroke" />
  </svg>`;
}
