/** The data of reports on several labels and on numbers. Their metrics come from the predictions that the run keeps. */
import { measureIntervals, type MultiLabelIntervals, type RegressionIntervals } from '../evaluate/measure.js';
import { multiLabelMetrics } from '../evaluate/multi-label.js';
import { regressionMetrics } from '../evaluate/regression.js';
import { simplestAnswer } from '../evaluate/simplest.js';
import { isObject } from '../util/objects.js';
import type { LabelSetReport, NumberReport, RunData } from './data.js';
import type { LabelSetPrediction, NumberPrediction, Predictions } from './predictions.js';

type EvalResults = Readonly<Record<string, unknown>>;

export interface KindOptions {
  /** What a bag of words reached on the same texts. */
  readonly bagOfWords: object | undefined;
  /** Whether these are the run's own test texts, whose intervals it keeps. */
  readonly isOwn: boolean;
}

export function reportOfKind(
  common: RunData,
  { evalResults }: { readonly evalResults: EvalResults },
  kept: Exclude<Predictions, { readonly problemType: 'single_label_classification' }>,
  options: KindOptions,
): LabelSetReport | NumberReport {
  return kept.problemType === 'regression'
    ? numberReport(common, evalResults, kept.predictions, options)
    : labelSetReport(common, evalResults, kept.predictions, options);
}

function labelSetReport(
  common: RunData,
  evalResults: EvalResults,
  predictions: readonly LabelSetPrediction[],
  { bagOfWords, isOwn }: KindOptions,
): LabelSetReport {
  const { labels } = common.facts;
  const problemType = 'multi_label_classification';
  const logits = predictions.map((each) => each.logits);
  const targets = { problemType, labelSets: predictions.map(({ labelIds }) => labelIds) } as const;
  const { label = '', f1_micro = 0 } = simplestAnswer(targets, targets, labels);
  const intervals = (isOwn && keptIntervals(evalResults)) || measureIntervals(logits, targets);
  return {
    ...{ ...common, problemType, predictions },
    metrics: multiLabelMetrics(logits, targets.labelSets, labels),
    intervals: intervals as MultiLabelIntervals,
    baseline: { label, f1_micro },
    bagOfWords: bagOfWords as LabelSetReport['bagOfWords'],
  };
}

function numberReport(
  common: RunData,
  evalResults: EvalResults,
  predictions: readonly NumberPrediction[],
  { bagOfWords, isOwn }: KindOptions,
): NumberReport {
  const problemType = 'regression';
  const logits = predictions.map(({ predicted }) => [predicted]);
  const targets = { problemType, values: Float64Array.from(predictions, ({ value }) => value) } as const;
  // The mean of the training texts, which were not kept.
  const mean = evalResults['eval_baseline_value'];
  const train =
    typeof mean === 'number' ? ({ problemType, values: Float64Array.of(mean) } as const) : targets;
  const { value = 0, mae = 0 } = simplestAnswer(targets, train, []);
  const intervals = (isOwn && keptIntervals(evalResults)) || measureIntervals(logits, targets);
  return {
    ...{ ...common, problemType, predictions },
    metrics: regressionMetrics(logits, targets.values),
    intervals: intervals as RegressionIntervals,
    baseline: { value, mae },
    bagOfWords: bagOfWords as NumberReport['bagOfWords'],
  };
}

function keptIntervals(evalResults: EvalResults): object | undefined {
  const intervals = evalResults['eval_confidence_intervals'];
  return isObject(intervals) ? intervals : undefined;
}
