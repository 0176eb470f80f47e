/** bertune: what users import. The list is explicit, so that nothing becomes public by accident. */
export { evaluate, type EvaluateOptions, type Evaluation } from './api/evaluate.js';
export { train, type TextCounts, type TrainEvent, type TrainOptions, type TrainResult } from './api/train.js';
export type { ColumnNames, DataInput, LabelledText } from './api/data.js';
export { BUNDLED_MODEL, SAMPLE_TEST, SAMPLE_TRAIN } from './api/bundled.js';
export type { ClassMetrics, Metrics } from './evaluate/metrics.js';
export { Classifier, type ClassifierOptions, type Prediction } from './predict/classifier.js';
export type { TrainSettings } from './train/settings.js';
export {
  BertuneError,
  DataError,
  FileError,
  InternalError,
  InterruptedError,
  ModelError,
  NumericError,
  UsageError,
} from './util/errors.js';
export { VERSION } from './util/version.js';
