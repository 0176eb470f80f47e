/** How well each label is given. */
import type { LabelMetrics, MultiLabelMetrics } from '../../evaluate/multi-label.js';
import { percent, thousands } from '../../util/wording.js';
import { html, type Markup, type Part } from '../html.js';
import { at } from '../plots/frame.js';

/** More labels than these are folded away. */
const MOST_ROWS = 20;

export function labelTable({ per_label }: MultiLabelMetrics): Markup {
  const worst = [...per_label].sort((a, b) => a.f1 - b.f1 || b.support - a.support);
  const many = per_label.length > MOST_ROWS;
  return html`<section>
    <h2>How it does on each label</h2>
    <p class="note">
      Precision is the share of those given the label that should have it, recall the share of those that
      should have it that get it; bars are F1.
      ${many && `These are the ${MOST_ROWS} of ${thousands(per_label.length)} labels with the lowest F1.`}
    </p>
    <div class="scroll card">${table(many ? worst.slice(0, MOST_ROWS) : per_label)}</div>
    ${
      many &&
      html`<details>
        <summary>All ${per_label.length}</summary>
        <div class="scroll inside">${table(per_label)}</div>
      </details>`
    }
  </section>`;
}

function table(rows: readonly LabelMetrics[]): Markup {
  return html`<table class="wide">
    <thead>
      <tr>
        <th>label</th>
        <th></th>
        <th class="number">F1</th>
        <th class="number">precision</th>
        <th class="number">recall</th>
        <th class="number">texts</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ label, precision, recall, f1, support }) =>
          html`<tr>
            <td><bdi>${label}</bdi></td>
            <td class="drawn">${shareBar(f1, `F1 of ${label}`)}</td>
            <td class="number">${percent(f1)}</td>
            <td class="number">${percent(precision)}</td>
            <td class="number">${percent(recall)}</td>
            <td class="number">${thousands(support)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const BAR_WIDTH = 140;

/** A share as a bar, beside the number that says it. */
export function shareBar(share: number, name: string): Part {
  return html`<svg
    class="share-bar"
    viewBox="0 0 ${BAR_WIDTH} 12"
    role="img"
    aria-label="${name}: ${percent(share)}"
  >
    <rect class="bar quiet reference" width="${BAR_WIDTH}" height="12" rx="2" />
    <rect class="bar tone-0" width="${at(share * BAR_WIDTH)}" height="12" rx="2" />
  </svg>`;
}
