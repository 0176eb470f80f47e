/** A report's data from the files of a run's folder, as JSON. */
import { intervalsOf, type Intervals } from '../evaluate/bootstrap.js';
import { calibratedLogits, temperatureOf, type Calibrated } from '../evaluate/probabilities.js';
import { reliabilityOf } from '../evaluate/reliability.js';
import { majorityBaseline, metricsOf } from '../evaluate/metrics.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { PROBLEM_TYPES, type ProblemType } from '../util/problem.js';
import type { AnyReport, Calibration, Costs, LogEntry, RunData, RunFacts, Scores } from './data.js';
import { reportOfKind } from './from-run-kinds.js';
import type { Prediction, Predictions } from './predictions.js';

type Json = Readonly<Record<string, unknown>>;

/** The files of a run that a report is made from, parsed. */
export interface RunJson {
  /** `bertune.json` */
  readonly record: Json;
  /** `trainer_state.json` */
  readonly trainerState: Json;
  /** `eval_results.json` */
  readonly evalResults: Json;
}

/**
 * @param name what the run is called: the last part of its folder's path
 * @throws `ModelError` that names the file and field that is missing
 */
export function reportFromRun(name: string, run: RunJson, kept: Predictions): AnyReport {
  const { test } = factsOf(run.record, name).data;
  const common = commonOf(name, run, typeof test === 'string' ? test : 'the test texts');
  if (kept.problemType !== 'single_label_classification') {
    return reportOfKind(common, run, kept, { bagOfWords: bagOfWordsOf(run.record), isOwn: true });
  }
  const { problemType, predictions } = kept;
  return {
    ...{ ...common, problemType, predictions },
    scores: scoresOf(run, predictions, common.facts.labels, name),
    calibration: calibrationOf(run, predictions),
  };
}

function commonOf(name: string, run: RunJson, testName: string): RunData {
  return { name, testName, facts: factsOf(run.record, name), log: logOf(run), costs: costsOf(run) };
}

/** The same of other texts than those that the run was evaluated on when it was trained. */
export function reportOfTexts(
  name: string,
  run: RunJson,
  kept: Predictions,
  other: { readonly testName: string; readonly bagOfWords: object | undefined },
): AnyReport {
  const common = commonOf(name, run, other.testName);
  const { facts } = common;
  if (kept.problemType !== 'single_label_classification') {
    return reportOfKind(common, run, kept, { bagOfWords: other.bagOfWords, isOwn: false });
  }
  const { problemType, predictions } = kept;
  const bagOfWords = other.bagOfWords as Scores['bagOfWords'];
  const logits = calibratedLogits(
    predictions.map((each) => each.logits),
    contractOf(run),
  );
  const labelIds = predictions.map(({ labelId }) => labelId);
  return {
    ...{ ...common, problemType, predictions },
    calibration: calibrationOf(run, predictions),
    scores: {
      ...metricsOf(logits, labelIds, facts.labels),
      intervals: intervalsOf(logits, labelIds),
      baseline: baselineOf(predictions, facts.labels),
      bagOfWords,
    },
  };
}

/** Runs of earlier versions, which don't say it, are of classes. */
export function problemTypeOf({ evalResults }: Pick<RunJson, 'evalResults'>): ProblemType {
  const kind = evalResults['eval_problem_type'];
  return PROBLEM_TYPES.find((known) => known === kind) ?? 'single_label_classification';
}

export function factsOf(record: Json, name: string): RunFacts {
  const { labels, settings, data, versions, base_model, max_length, truncation } = record;
  const at = `${name}/bertune.json`;
  if (!Array.isArray(labels)) throw missing(at, 'labels');
  return {
    baseModel: String(base_model),
    labels: labels.map(String),
    maxLength: Number(max_length),
    truncation: String(truncation),
    settings: isObject(settings) ? settings : {},
    data: isObject(data) ? data : {},
    versions: {
      bertune: String(record['bertune_version']),
      ...(isObject(versions) ? (versions as Record<string, string>) : {}),
    },
  };
}

function logOf({ trainerState }: RunJson): LogEntry[] {
  const history = trainerState['log_history'];
  return Array.isArray(history) ? (history.filter(isObject) as LogEntry[]) : [];
}

/** What `eval_results.json` holds under the names of Hugging Face's Trainer. */
function scoresOf(
  { evalResults, record }: RunJson,
  predictions: readonly Prediction[],
  labels: readonly string[],
  name: string,
): Scores {
  const number = (field: string): number => {
    const value = evalResults[field];
    if (typeof value !== 'number') throw missing(`${name}/eval_results.json`, field);
    return value;
  };
  const intervals = evalResults['eval_confidence_intervals'];
  if (!isObject(intervals)) throw missing(`${name}/eval_results.json`, 'eval_confidence_intervals');
  const area = evalResults['eval_roc_auc'];
  return {
    examples: number('eval_examples'),
    accuracy: number('eval_accuracy'),
    f1: number('eval_f1'),
    roc_auc: typeof area === 'number' ? area : null,
    matthews_correlation: number('eval_matthews_correlation'),
    loss: number('eval_loss'),
    intervals: intervals as unknown as Intervals,
    confusion_matrix: evalResults['eval_confusion_matrix'] as Scores['confusion_matrix'],
    per_class: evalResults['eval_per_class'] as Scores['per_class'],
    baseline: baselineOf(predictions, labels),
    bagOfWords: bagOfWordsOf(record) as Scores['bagOfWords'],
  };
}

/** What the bag of words reached, where the run trained one. */
export function bagOfWordsOf(record: Json): object | undefined {
  const score = record['bag_of_words'];
  return isObject(score) ? score : undefined;
}

function baselineOf(predictions: readonly Prediction[], labels: readonly string[]): Scores['baseline'] {
  const { id, accuracy } = majorityBaseline(predictions.map(({ labelId }) => labelId));
  return { label: labels[id]!, accuracy };
}

/** What of `bertune.json` bears on probabilities. */
function contractOf({ record }: RunJson): Calibrated | undefined {
  const { calibration } = record;
  const temperature = isObject(calibration) ? calibration['temperature'] : undefined;
  return typeof temperature === 'number' ? { calibration: { temperature } } : undefined;
}

function calibrationOf(run: RunJson, predictions: readonly Prediction[]): Calibration {
  const contract = contractOf(run);
  const logits = predictions.map((each) => each.logits);
  const labelIds = predictions.map(({ labelId }) => labelId);
  return {
    before: reliabilityOf(logits, labelIds, undefined),
    after: contract && reliabilityOf(logits, labelIds, contract),
    temperature: temperatureOf(contract),
  };
}

export function costsOf(run: RunJson): Costs {
  const totals = logOf(run).at(-1) ?? {};
  const { evalResults, trainerState } = run;
  const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
  return {
    trainSeconds: totals['train_runtime'],
    textsPerSecond: totals['train_samples_per_second'],
    evaluationSeconds: number(evalResults['eval_runtime']),
    tokensSeen: number(trainerState['num_input_tokens_seen']),
    peakMemory: number(evalResults['peak_memory_bytes']),
  };
}

function missing(file: string, field: string): ModelError {
  return new ModelError(
    `${file} has no "${field}"; a run that bertune saved has. Restore the file, or train again.`,
  );
}
