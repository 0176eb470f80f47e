/** Which classes are taken for which. */
import { percent, thousands } from '../../util/wording.js';
import type { Scores } from '../data.js';
import { html, type Markup, type Part } from '../html.js';
import { at } from '../plots/frame.js';

/** More classes than these are drawn without numbers, with the commonest confusions listed. */
const MOST_WITH_NUMBERS = 12;
const SHADES = 6;
const LISTED = 20;

export function confusion({ confusion_matrix: matrix, per_class }: Scores): Markup {
  const labels = per_class.map(({ label }) => label);
  const few = labels.length <= MOST_WITH_NUMBERS;
  return html`<section>
    <h2>What it confuses</h2>
    <p class="note">
      Rows are the true classes, columns what the model said; the darker, the larger the share of the row.
      ${!few && 'Rows and columns stand in the order of the table below; the diagonal is what is right.'}
    </p>
    <div class="beside">
      ${few ? html`<div class="scroll card">${numbers(matrix, labels)}</div>` : html`<figure class="heat">${heatMap(matrix, labels)}</figure>`}
      ${classTable(per_class, few)}
    </div>
    ${labels.length > 2 && confusions(matrix, labels)}
  </section>`;
}

const sumOf = (row: readonly number[]): number => row.reduce((sum, count) => sum + count, 0);

function numbers(matrix: readonly (readonly number[])[], labels: readonly string[]): Markup {
  return html`<table class="confusion">
    <thead>
      <tr>
        <th>true \\ said</th>
        ${labels.map((label) => html`<th class="number" scope="col"><bdi>${label}</bdi></th>`)}
      </tr>
    </thead>
    <tbody>
      ${matrix.map((row, truth) => {
        const total = sumOf(row);
        return html`<tr>
          <th scope="row"><bdi>${labels[truth]}</bdi></th>
          ${row.map((count, said) => cell(count, total, said === truth))}
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function cell(count: number, total: number, isRight: boolean): Markup {
  const share = total === 0 ? 0 : count / total;
  const shade = count === 0 ? 0 : Math.max(1, Math.ceil(share * SHADES));
  return html`<td class="shade-${shade} ${isRight ? 'right' : ''}">
    ${thousands(count)}<span class="share">${total === 0 ? '–' : percent(share)}</span>
  </td>`;
}

const SIDE = 360;

function heatMap(matrix: readonly (readonly number[])[], labels: readonly string[]): Markup {
  const size = SIDE / labels.length;
  const cells = matrix.flatMap((row, truth) => {
    const total = sumOf(row);
    return row.map((count, said) => {
      if (count === 0) return null;
      const share = count / total;
      return html`<rect
        class="heat-cell"
        x="${at(said * size)}"
        y="${at(truth * size)}"
        width="${at(size)}"
        height="${at(size)}"
        fill-opacity="${at(0.08 + 0.92 * share)}"
      >
        <title>${labels[truth]} taken for ${labels[said]}: ${thousands(count)} (${percent(share)})</title>
      </rect>`;
    });
  });
  return html`<svg
    class="plot"
    viewBox="0 0 ${SIDE} ${SIDE}"
    role="img"
    aria-label="Confusion matrix of ${labels.length} classes"
  >
    <rect class="heat-cell" width="${SIDE}" height="${SIDE}" fill-opacity="0.04" />
    ${cells}
  </svg>`;
}

/** The commonest pairs that are mixed up. */
function confusions(matrix: readonly (readonly number[])[], labels: readonly string[]): Part {
  const pairs = matrix
    .flatMap((row, truth) => row.map((count, said) => ({ count, truth, said, share: count / sumOf(row) })))
    .filter(({ count, truth, said }) => count > 0 && truth !== said)
    .sort((a, b) => b.count - a.count || a.truth - b.truth || a.said - b.said);
  if (pairs.length === 0) return null;
  const shown = pairs.slice(0, LISTED);
  return html`<details>
    <summary>The commonest confusions</summary>
    <div class="scroll inside">
      <table>
        <thead>
          <tr>
            <th>true</th>
            <th>said</th>
            <th class="number">texts</th>
            <th class="number">of the class</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ count, truth, said, share }) =>
              html`<tr>
                <td><bdi>${labels[truth]}</bdi></td>
                <td><bdi>${labels[said]}</bdi></td>
                <td class="number">${thousands(count)}</td>
                <td class="number">${percent(share)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function classTable(classes: Scores['per_class'], few: boolean): Markup {
  const table = html`<table>
    <thead>
      <tr>
        <th>class</th>
        <th class="number">precision</th>
        <th class="number">recall</th>
        <th class="number">F1</th>
        <th class="number">texts</th>
      </tr>
    </thead>
    <tbody>
      ${classes.map(
        ({ label, precision, recall, f1, support }) =>
          html`<tr>
            <td><bdi>${label}</bdi></td>
            <td class="number">${percent(precision)}</td>
            <td class="number">${percent(recall)}</td>
            <td class="number">${percent(f1)}</td>
            <td class="number">${thousands(support)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
  if (few) return html`<div class="scroll card">${table}</div>`;
  return html`<details>
    <summary>Precision and recall of each class</summary>
    <div class="scroll inside">${table}</div>
  </details>`;
}
