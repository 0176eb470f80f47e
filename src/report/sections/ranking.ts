/** ROC and precision-recall: what another threshold would give. */
import { rankingCurves, type RankingCurves } from '../../evaluate/ranking.js';
import { probabilitiesOf } from '../../evaluate/probabilities.js';
import { percent } from '../../util/wording.js';
import type { ReportData } from '../data.js';
import { html, type Part } from '../html.js';
import { legend, linesPlot, type Line } from '../plots/lines.js';

/** So many lines can be told apart. */
const MOST_LINES = 6;

interface Curve extends RankingCurves {
  readonly label: string;
}

export function ranking({ predictions, facts, calibration }: ReportData): Part {
  const all = curvesOf(
    predictions.map(({ logits }) => probabilitiesOf(logits, { calibration })),
    predictions.map(({ labelId }) => labelId),
    facts.labels,
  );
  if (all.length === 0) return null;
  const shown = [...all].sort((a, b) => a.area - b.area).slice(0, MOST_LINES);
  const lines = (points: (curve: Curve) => Line['points']): Line[] =>
    shown.map((curve, tone) => ({ name: curve.label, points: points(curve), tone, marks: false }));
  const share = (value: number): string => percent(value, 0);
  const first = shown[0]!;
  const single = shown.length === 1;
  return html`<section>
    <h2>What another threshold would give</h2>
    <p class="note">
      ${
        single
          ? html`For the class “<bdi>${first.label}</bdi>”, as the probability that is asked of it goes from
            high to low.`
          : 'Each class against all others, as the probability that is asked of it goes from high to low.'
      }
      ${all.length > shown.length && `Shown are the ${shown.length} of ${all.length} classes that are told apart worst.`}
    </p>
    <div class="plots">
      <figure>
        <figcaption>
          ROC
          <small
            >${single ? `area ${first.area.toFixed(4)}` : areas(shown, ({ area }) => area, 'area')}</small
          >
        </figcaption>
        ${legend(lines(({ roc }) => roc))}
        ${linesPlot({
          title: 'ROC curve',
          x: { label: 'others taken for it', domain: [0, 1], format: share },
          y: { label: 'of the class found', domain: [0, 1], format: share },
          height: 300,
          lines: [
            {
              name: 'chance',
              points: [
                [0, 0],
                [1, 1],
              ],
              tone: 0,
              reference: true,
            },
            ...lines(({ roc }) => roc),
          ],
        })}
      </figure>
      <figure>
        <figcaption>
          Precision and recall
          <small
            >${single ? `average precision ${first.averagePrecision.toFixed(4)}` : areas(shown, (curve) => curve.averagePrecision, 'average precision')}</small
          >
        </figcaption>
        ${legend(lines(({ precisionRecall }) => precisionRecall))}
        ${linesPlot({
          title: 'Precision-recall curve',
          x: { label: 'recall', domain: [0, 1], format: share },
          y: { label: 'precision', domain: [0, 1], format: share },
          height: 300,
          lines: [
            ...(single
              ? [
                  {
                    name: 'guessing',
                    points: [
                      [0, first.prevalence],
                      [1, first.prevalence],
                    ] as const,
                    tone: 0,
                    reference: true,
                  },
                ]
              : []),
            ...lines(({ precisionRecall }) => precisionRecall),
          ],
        })}
      </figure>
    </div>
  </section>`;
}

function areas(curves: readonly Curve[], of: (curve: Curve) => number, name: string): string {
  const values = curves.map(of);
  return `${name} ${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
}

/** Of two classes the second, as its curve says it all; else each that is there. */
function curvesOf(
  probabilities: readonly (readonly number[])[],
  truth: readonly number[],
  labels: readonly string[],
): Curve[] {
  const ids = labels.length === 2 ? [1] : labels.map((_, id) => id);
  return ids.flatMap((id) => {
    const curves = rankingCurves(
      probabilities.map((row) => row[id]!),
      truth.map((label) => label === id),
    );
    return curves ? [{ label: labels[id]!, ...curves }] : [];
  });
}
