/** bertune: what users import. The list is explicit, so that nothing becomes public by accident. */
export { evaluate, type EvaluateOptions, type Evaluation } from './api/evaluate.js';
export { findErrors, type ErrorAnalysis, type ErrorsOptions, type ListedError } from './api/errors.js';
export { explain, type ExplainTextsOptions } from './api/explain.js';
export { exportModel, type ExportedFile, type ExportResult } from './api/export.js';
export type { ExportFormat, ExportOptions } from './api/export-options.js';
export type { ExportCheck, MeasuredFile } from './checkpoint/export-card.js';
export {
  inspect,
  type Finding,
  type FoundText,
  type InspectOptions,
  type Inspection,
} from './api/inspect.js';
export { compareReports, report, type ReportOptions } from './api/report.js';
export type { ComparedCell, ComparedRow, Comparison } from './report/compare.js';
export type { CleanedText, CleaningFound } from './api/inspect-cleaning.js';
export type { TokenLengths, TruncationFound } from './api/inspect-lengths.js';
export type { LabelCount, LabelSetCounts, LabelsFound, NumberSpread } from './api/inspect-labels.js';
export { forecast } from './api/start.js';
export { listModels, type KnownModel, type KnownModels } from './api/models.js';
export { pretrain } from './api/pretrain.js';
export { forecastPretraining } from './api/pretrain-start.js';
export type {
  PretrainEvent,
  PretrainForecast,
  PretrainOptions,
  PretrainResult,
} from './api/pretrain-options.js';
export { findSuspects, type Suspect, type Suspects, type SuspectsOptions } from './api/suspects.js';
export type { SuspectSource } from './api/suspects.js';
export { findSimilar, type SimilarOptions, type SimilarText } from './api/similar.js';
export { train } from './api/train.js';
export { verifyRun, type VerifiedFile, type VerifiedRun } from './api/verify.js';
export { trainSeeds, type SeedsOptions, type SeedsResult, type Spread } from './api/seeds.js';
export type {
  Forecast,
  MemoryForecast,
  TextCounts,
  TrainEvent,
  TrainOptions,
  TrainResult,
} from './api/train-options.js';
export type { ColumnNames, DataInput, LabelledText } from './api/data.js';
export type { Pushed, UploadEvent } from './hub/push.js';
export type { HubEvent } from './hub/use.js';
export { BUNDLED_MODEL, SAMPLE_TEST, SAMPLE_TRAIN } from './files/bundled.js';
export type { BagOfWordsScore } from './api/baseline.js';
export type { Interval, Intervals } from './evaluate/bootstrap.js';
export type {
  AnyIntervals,
  AnyMetrics,
  MultiLabelIntervals,
  RegressionIntervals,
} from './evaluate/measure.js';
export type { ClassMetrics, Metrics } from './evaluate/metrics.js';
export {
  calibrate,
  type CalibrateOptions,
  type CalibrateResult,
  type KeptThreshold,
} from './api/calibrate.js';
export { compare, type ComparedRun, type CompareOptions, type PairedComparison } from './api/compare.js';
export { sweep, type SweepOptions, type SweepResult, type Trial, type TrialScore } from './api/sweep.js';
export { crossValidate, type CrossValidation, type FoldsOptions } from './api/folds.js';
export type { LabelMetrics, MultiLabelMetrics } from './evaluate/multi-label.js';
export type { RegressionMetrics } from './evaluate/regression.js';
export type { Baseline } from './evaluate/simplest.js';
export type { TextPair, Written } from './tokenizer/pair.js';
export type { ProblemType } from './util/problem.js';
export { probabilitiesOf, type Calibrated } from './evaluate/probabilities.js';
export type { Reliability, ReliabilityBin } from './evaluate/reliability.js';
export type { FittedCalibration } from './api/calibration.js';
export type { Explanation, Prediction } from './predict/classifier.js';
export type { ExplainOptions, ExplanationBaseline } from './predict/explainer.js';
export { EXPLANATION_CSS, explanationHtml } from './explain/html.js';
export type { WordContribution } from './explain/explain.js';
export type { Slice } from './evaluate/slices.js';
export { Classifier, type ClassifierOptions } from './predict/load.js';
export type { Amount, ResolvedSettings, RunSettings, TrainSettings } from './train/settings.js';
export {
  BertuneError,
  DataError,
  EngineError,
  FileError,
  HubError,
  InternalError,
  InterruptedError,
  ModelError,
  NumericError,
  UsageError,
} from './util/errors.js';
export type { ModelDtype } from './util/dtypes.js';
export { VERSION } from './util/version.js';
