/** What a report is made of. All of it lies in a run's folder, so the page can be made again at any time. */
import type { Interval, Intervals } from '../evaluate/bootstrap.js';
import type { ClassMetrics } from '../evaluate/metrics.js';
import type { Prediction } from './predictions.js';

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

export interface ReportData {
  /** What the run is called: its folder. */
  readonly name: string;
  /** What the texts of `predictions` are, such as a file's name. */
  readonly testName: string;
  readonly facts: RunFacts;
  readonly log: readonly LogEntry[];
  readonly scores: Scores;
  readonly calibration: Calibration;
  /** Each test text, in the order of the data. */
  readonly predictions: readonly Prediction[];
  readonly costs: Costs;
  /** Pieces of the page, by `explanationHtml`: why texts got their labels, by their places. */
  readonly explanations?: ReadonlyMap<number, string> | undefined;
}

export type { Interval };
