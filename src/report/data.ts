/** What a report is made of. All of it lies in a run's folder, so the page can be made again at any time. */
import type { Interval, Intervals } from '../evaluate/bootstrap.js';
import type { ClassMetrics } from '../evaluate/metrics.js';
import type { MultiLabelIntervals, RegressionIntervals } from '../evaluate/measure.js';
import type { MultiLabelMetrics } from '../evaluate/multi-label.js';
import type { RegressionMetrics } from '../evaluate/regression.js';
import type { LabelSetPrediction, NumberPrediction, Prediction } from './predictions.js';

/** Numbers of training and evaluation, as `log_history` of `trainer_state.json` has them. */
export type LogEntry = Readonly<Record<string, number>>;

/** What the run was, as `bertune.json` says it. */
export interface RunFacts {
  readonly baseModel: string;
  readonly labels: readonly string[];
  readonly maxLength: number;
  readonly truncation: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
}

/** How good it is on texts that it has not seen. */
export interface Scores {
  readonly examples: number;
  readonly accuracy: number;
  readonly f1: number;
  readonly roc_auc: number | null;
  readonly matthews_correlation: number;
  readonly loss: number;
  readonly intervals: Intervals;
  readonly confusion_matrix: readonly (readonly number[])[];
  readonly per_class: readonly ClassMetrics[];
  readonly baseline: { readonly label: string; readonly accuracy: number };
  readonly bagOfWords?: { readonly accuracy: number; readonly train_examples: number } | undefined;
}

/** A part of the texts by their confidence. */
export interface ConfidenceBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export interface Confidence {
  readonly expected_calibration_error: number;
  readonly reliability: readonly ConfidenceBin[];
}

/** How far its confidence can be believed, as it comes and with the run's temperature. */
export interface Calibration {
  readonly before: Confidence;
  /** Absent where no temperature was fitted. */
  readonly after?: Confidence | undefined;
  readonly temperature: number;
}

/** In seconds and bytes, as far as they are known. */
export interface Costs {
  readonly trainSeconds?: number | undefined;
  readonly evaluationSeconds?: number | undefined;
  readonly peakMemory?: number | undefined;
  readonly tokensSeen?: number | undefined;
  readonly textsPerSecond?: number | undefined;
}

/** What a report of any kind of problem has. */
export interface RunData {
  /** What the run is called: its folder. */
  readonly name: string;
  /** What the texts of `predictions` are, such as a file's name. */
  readonly testName: string;
  readonly facts: RunFacts;
  readonly log: readonly LogEntry[];
  readonly costs: Costs;
}

/** Of a run with one class for each text. */
export interface ReportData extends RunData {
  readonly problemType: 'single_label_classification';
  readonly scores: Scores;
  readonly calibration: Calibration;
  /** Each test text, in the order of the data. */
  readonly predictions: readonly Prediction[];
}

/** Of a run with any number of labels for each text. */
export interface LabelSetReport extends RunData {
  readonly problemType: 'multi_label_classification';
  readonly metrics: MultiLabelMetrics;
  readonly intervals: MultiLabelIntervals;
  /** Always giving the commonest label. */
  readonly baseline: { readonly label: string; readonly f1_micro: number };
  readonly bagOfWords?: { readonly f1_micro: number; readonly train_examples: number } | undefined;
  readonly predictions: readonly LabelSetPrediction[];
}

/** Of a run that predicts numbers. */
export interface NumberReport extends RunData {
  readonly problemType: 'regression';
  readonly metrics: RegressionMetrics;
  readonly intervals: RegressionIntervals;
  /** Always saying the mean of the training texts. */
  readonly baseline: { readonly value: number; readonly mae: number };
  readonly bagOfWords?: { readonly mae: number; readonly train_examples: number } | undefined;
  readonly predictions: readonly NumberPrediction[];
}

export type AnyReport = ReportData | LabelSetReport | NumberReport;

export type { Interval };
