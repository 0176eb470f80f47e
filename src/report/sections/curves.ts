/** How the training went: loss, held-out metrics, the rate. */
import { percent } from '../../util/wording.js';
import type { LogEntry } from '../data.js';
import type { ProblemType } from '../../util/problem.js';
import { html, type Markup, type Part } from '../html.js';
import { roundDomain } from '../plots/frame.js';
import { legend, linesPlot, type Line, type Point } from '../plots/lines.js';

/** A field of all log entries that have it, by update. */
function series(log: readonly LogEntry[], field: string): Point[] {
  return log.flatMap((entry): Point[] => {
    const [step, value] = [entry['step'], entry[field]];
    return step !== undefined && value !== undefined && Number.isFinite(value) ? [[step, value]] : [];
  });
}

const extent = (lines: readonly { readonly points: readonly Point[] }[]): [number, number] => {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  return [Math.min(...values), Math.max(...values)];
};

export interface CurvesOptions {
  /** Updates in all. @default as many as the log has */
  readonly steps?: number | undefined;
  /** @default single_label_classification */
  readonly problemType?: ProblemType | undefined;
  /** Of a run under way: held-out texts will be evaluated on the way, though none were yet. @default false */
  readonly willEvaluate?: boolean;
  /** Of a run that parts. @default 1 */
  readonly branches?: number;
}

/** @param log `log_history`, whose last evaluation may be that of the test texts */
export function curves(
  log: readonly LogEntry[],
  {
    steps,
    problemType = 'single_label_classification',
    willEvaluate = false,
    branches = 1,
  }: CurvesOptions = {},
): Markup {
  const training = series(log, 'loss');
  const last = steps ?? Math.max(1, ...log.map((entry) => entry['step'] ?? 0));
  const evaluations = validationEntries(log);
  const plots = [
    lossPlot(training, series(evaluations, 'eval_loss'), last, problemType),
    metricsPlot(evaluations, last, problemType),
    ratePlot(series(log, 'learning_rate'), last),
    normPlot(series(log, 'grad_norm'), last),
  ].filter((plot) => plot !== null);
  return html`<section>
    <h2>How it learnt</h2>
    <p class="note">
      Each point of the training loss is the mean since the one before.
      ${
        evaluations.length > 0 || willEvaluate
          ? 'Held-out texts are those that the best weights are chosen by, not the test texts.'
          : '--eval-steps 50 would show here how held-out texts went on the way.'
      }
      ${branches > 1 && `Where the rate jumps up, another of ${branches} branches begins at the weights with which the run parted; their mean is kept.`}
    </p>
    <div class="plots ${plots.length > 3 && 'pairs'}">${plots}</div>
  </section>`;
}

/** Evaluations on the way; the last one, at the end of the log, is of the test texts. */
function validationEntries(log: readonly LogEntry[]): LogEntry[] {
  return log.filter((entry) => entry['eval_loss'] !== undefined && entry['eval_runtime'] === undefined);
}

const updates = (last: number) => ({ label: 'updates', domain: [0, last] as const });

function lossPlot(training: Point[], heldOut: Point[], last: number, problemType: ProblemType): Part {
  if (training.length === 0) return null;
  const lines: Line[] = [
    { name: 'training', points: training, tone: 0, marks: false },
    ...(heldOut.length > 0 ? [{ name: 'held-out', points: heldOut, tone: 1 }] : []),
  ];
  const [, high] = extent(lines);
  return html`<figure>
    <figcaption>Loss</figcaption>
    ${legend(lines)}
    ${linesPlot({
      title: 'Loss over the updates',
      x: updates(last),
      y: { label: LOSSES[problemType], domain: roundDomain([0, high]) },
      lines,
      value: (value) => value.toFixed(4),
    })}
  </figure>`;
}

const LOSSES = {
  single_label_classification: 'cross-entropy',
  multi_label_classification: 'binary cross-entropy',
  regression: 'mean squared error',
} as const;

const METRICS = {
  single_label_classification: [
    ['eval_accuracy', 'accuracy'],
    ['eval_f1', 'F1'],
    ['eval_roc_auc', 'ROC AUC'],
  ],
  multi_label_classification: [
    ['eval_f1_micro', 'F1, all labels together'],
    ['eval_f1_macro', 'F1, mean of labels'],
    ['eval_subset_accuracy', 'all labels right'],
  ],
  regression: [
    ['eval_pearson', 'Pearson'],
    ['eval_spearman', 'Spearman'],
  ],
} as const;

function metricsPlot(evaluations: readonly LogEntry[], last: number, problemType: ProblemType): Part {
  const isShare = problemType !== 'regression';
  const lines = METRICS[problemType]
    .map(([field, name], tone): Line => ({
      name,
      points: series(evaluations, field),
      tone,
    }))
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return null;
  const [low, high] = extent(lines);
  return html`<figure>
    <figcaption>Held-out texts</figcaption>
    ${legend(lines)}
    ${linesPlot({
      title: 'Metrics of held-out texts over the updates',
      x: updates(last),
      y: {
        label: isShare ? 'share' : 'correlation',
        domain: roundDomain([low, Math.max(high, low + 0.02)]),
        ...(isShare && { format: (value) => percent(value, high - low < 0.05 ? 1 : 0) }),
      },
      lines,
      value: (value) => (isShare ? percent(value, 2) : value.toFixed(4)),
    })}
  </figure>`;
}

function ratePlot(points: Point[], last: number): Part {
  if (points.length === 0) return null;
  const high = Math.max(...points.map(([, value]) => value));
  return html`<figure>
    <figcaption>Learning rate</figcaption>
    ${linesPlot({
      title: 'Learning rate over the updates',
      x: updates(last),
      y: { label: 'rate', domain: roundDomain([0, high]) },
      lines: [{ name: 'rate', points, tone: 2, marks: false }],
    })}
  </figure>`;
}

function normPlot(points: Point[], last: number): Part {
  if (points.length === 0) return null;
  const high = Math.max(...points.map(([, value]) => value));
  return html`<figure>
    <figcaption>Norm of the gradient <small>before it is clipped</small></figcaption>
    ${linesPlot({
      title: 'Norm of the gradient over the updates',
      x: updates(last),
      y: { label: 'norm', domain: roundDomain([0, high]) },
      lines: [{ name: 'norm', points, tone: 3, marks: false }],
    })}
  </figure>`;
}
