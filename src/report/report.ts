/** The report of a run: one HTML file, from the verdict to the settings. */
import { VERSION } from '../util/version.js';
import type { AnyReport } from './data.js';
import { html, type Part } from './html.js';
import { page } from './page.js';
import { confidence } from './sections/confidence.js';
import { confusion } from './sections/confusion.js';
import { curves } from './sections/curves.js';
import { errors, type Explanations } from './sections/errors.js';
import { facts } from './sections/facts.js';
import { labelSetErrors } from './sections/label-set-errors.js';
import { labelSetSummary } from './sections/label-set-summary.js';
import { labelTable } from './sections/label-table.js';
import { lengths, slices } from './sections/lengths.js';
import { numberErrors, scatter } from './sections/numbers.js';
import { numberSummary } from './sections/number-summary.js';
import { ranking } from './sections/ranking.js';
import { summary } from './sections/summary.js';

/**
 * The whole page, which loads nothing: style and plots are inside it, and no script can run. The same data gives the
 * same bytes.
 */
export function renderReport(data: AnyReport, explanations?: Explanations): Promise<string> {
  return page({
    title: `${data.name}: report`,
    body: html`${sectionsOf(data, explanations)} ${facts(data.facts, data.costs)}
      <footer>
        Made with bertune ${VERSION} from the files in this folder. <code>bertune report</code> makes it
        again.
      </footer>`,
  });
}

function sectionsOf(data: AnyReport, explanations: Explanations | undefined): Part {
  const { problemType } = data;
  const learnt = curves(data.log, { problemType, branches: Number(data.facts.settings['branches'] ?? 1) });
  switch (problemType) {
    case 'single_label_classification':
      return html`${summary(data)} ${learnt} ${confusion(data.scores)} ${confidence(data.calibration)}
      ${ranking(data)} ${slices(data)} ${lengths(data)} ${errors(data, explanations)}`;
    case 'multi_label_classification':
      return html`${labelSetSummary(data)} ${learnt} ${labelTable(data.metrics)} ${lengths(data)}
      ${labelSetErrors(data)}`;
    case 'regression':
      return html`${numberSummary(data)} ${learnt} ${scatter(data)} ${lengths(data)} ${numberErrors(data)}`;
  }
}
