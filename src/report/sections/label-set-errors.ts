/** The texts with labels too many or too few, by how many of their labels are wrong. */
import { wrongSets } from '../../evaluate/multi-label.js';
import { percent, plural, thousands } from '../../util/wording.js';
import type { LabelSetReport } from '../data.js';
import { html, type Markup, type Part } from '../html.js';
import { errorItem, errorList } from './errors.js';
import { shareBar } from './label-table.js';

type WrongSet = ReturnType<typeof wrongSets>[number];

const countOf = ({ alarms, misses }: WrongSet): number => alarms.length + misses.length;

export function labelSetErrors({ predictions, facts }: LabelSetReport): Markup {
  const wrong = wrongSets(
    predictions.map(({ logits }) => logits),
    predictions.map(({ labelIds }) => labelIds),
  );
  const shown = wrong.filter(({ place }) => predictions[place]!.text !== undefined);
  return html`<section>
    <h2>What it gets wrong</h2>
    <p class="note">
      ${
        wrong.length === 0
          ? 'Nothing: all test texts get all of their labels and no others.'
          : `${thousands(wrong.length)} of ${plural(predictions.length, 'text')} have a label too many or too few. ` +
            (shown.length < wrong.length ? `Here are ${shown.length}, ` : 'Here they are, ') +
            'those with the most wrong labels first; some may be labelled wrongly in the data.'
      }
    </p>
    ${wrong.length > 0 && html`<div class="card scroll counts">${countTable(wrong, predictions.length)}</div>`}
    ${errorList(
      shown.map((error) =>
        errorItem(
          html`${plural(countOf(error), 'label')}
          wrong${listed(', wrongly gave', error.alarms, 'bad', facts.labels)}${listed(', missed', error.misses, 'good', facts.labels)}`,
          predictions[error.place]!,
        ),
      ),
    )}
  </section>`;
}

function listed(what: string, ids: readonly number[], tone: string, labels: readonly string[]): Part {
  if (ids.length === 0) return null;
  return [`${what} `, ids.map((id, i) => [i > 0 && ', ', html`<bdi class="${tone}">${labels[id]}</bdi>`])];
}

/** Counts beyond this are one row. */
const LAST_ROW = 4;

/** How many texts have how many wrong labels. */
function countTable(wrong: readonly WrongSet[], texts: number): Markup {
  const counts = [texts - wrong.length, ...new Array<number>(LAST_ROW).fill(0)];
  for (const error of wrong) {
    const row = Math.min(LAST_ROW, countOf(error));
    counts[row] = counts[row]! + 1;
  }
  const name = (row: number): string =>
    row === 0 ? 'all right' : row === LAST_ROW ? `${row} or more wrong` : `${row} wrong`;
  return html`<table>
    <thead>
      <tr>
        <th>labels</th>
        <th></th>
        <th class="number">of the texts</th>
        <th class="number">texts</th>
      </tr>
    </thead>
    <tbody>
      ${counts.map(
        (count, row) =>
          html`<tr>
            <td>${name(row)}</td>
            <td class="drawn">${shareBar(count / texts, name(row))}</td>
            <td class="number">${percent(count / texts)}</td>
            <td class="number">${thousands(count)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
