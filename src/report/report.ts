/** The report of a run: one HTML file, from the verdict to the settings. */
import { VERSION } from '../util/version.js';
import type { ReportData } from './data.js';
import { html } from './html.js';
import { page } from './page.js';
import { confidence } from './sections/confidence.js';
import { confusion } from './sections/confusion.js';
import { curves } from './sections/curves.js';
import { errors } from './sections/errors.js';
import { facts } from './sections/facts.js';
import { lengths, slices } from './sections/lengths.js';
import { ranking } from './sections/ranking.js';
import { summary } from './sections/summary.js';

/**
 * The whole page, which loads nothing: style and plots are inside it, and no script can run. The same data gives the
 * same bytes.
 */
export function renderReport(data: ReportData): Promise<string> {
  return page({
    title: `${data.name}: report`,
    body: html`${summary(data)} ${curves(data.log)} ${confusion(data.scores)} ${confidence(data.calibration)}
      ${ranking(data)} ${slices(data)} ${lengths(data)} ${errors(data)} ${facts(data.facts, data.costs)}
      <footer>
        Made with bertune ${VERSION} from the files in this folder. <code>bertune report</code> makes it
        again.
      </footer>`,
  });
}
