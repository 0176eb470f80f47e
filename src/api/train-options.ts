/** What `train` takes, reports and gives back. */
import type { LoadReport } from '../checkpoint/weights.js';
import type { AnyIntervals, AnyMetrics } from '../evaluate/measure.js';
import type { Reliability } from '../evaluate/reliability.js';
import type { Baseline } from '../evaluate/simplest.js';
import type { HubEvent } from '../hub/use.js';
import { NOTHING_SAVED, type StepEvent, type TrainingResult } from '../train/loop.js';
import type { TrainingPlan } from '../train/plan.js';
import type { RunMemory } from '../train/memory.js';
import { withRecipe } from '../train/recipes.js';
import { resolveSettings, type ResolvedSettings, type TrainSettings } from '../train/settings.js';
import { InterruptedError, UsageError } from '../util/errors.js';
import { checkThreads } from '../util/threads.js';
import type { BagOfWordsScore } from './baseline.js';
import type { FittedCalibration } from './calibration.js';
import type { Problem } from '../data/problem.js';
import type { ColumnNames, DataInput } from './data.js';

/** What to train, on what, and where to put it. Every setting of `TrainSettings` may be given too. */
export interface TrainOptions extends ColumnNames, Partial<TrainSettings> {
  /** Labelled texts to learn from. */
  readonly data: DataInput;
  /** A folder with Hugging Face's files. @default the bundled all-MiniLM-L6-v2 */
  readonly model?: string;
  /** Labelled texts to evaluate on. @default a share of `data` is set aside */
  readonly test?: DataInput;
  /** The share of each class that is set aside when there is no `test`. @default 0.1 */
  readonly testSplit?: number;
  /** Labelled texts to choose the best weights by (`evalSteps`) and to `calibrate` on. @default a share of `data` is set aside */
  readonly validation?: DataInput;
  /** The share of each class that is set aside when there is no `validation`. @default 0.1 */
  readonly validationSplit?: number;
  /** Leave out training texts that are among the test texts (`comparable` says what is the same). @default false */
  readonly dropLeaks?: boolean;
  /** Whether a bag of words is trained on the same texts, to compare with. @default true */
  readonly baseline?: boolean;
  /** What texts that are set aside are drawn from. @default `seed` */
  readonly splitSeed?: number;
  /** Where the run is saved. @default `runs/<name of the data>` */
  readonly out?: string;
  /** Replace an earlier run there. @default false */
  readonly force?: boolean;
  /**
   * Go on with the unfinished run at `out`, from its newest checkpoint that is as it was written; all else must be as it was
   * when the run was begun. The result is that of a run that was never stopped, bit for bit. @default false
   */
  readonly resume?: boolean;
  /** Writes TensorBoard's event files into this folder, a folder for each run; `true` stands for `tensorboard` beside `out`. @default false */
  readonly tensorboard?: string | boolean;
  /** Threads of the runtime. @default the machine's cores */
  readonly threads?: number;
  /** Bytes that the process may take; a run that needs more is refused. @default what the machine has free */
  readonly memory?: number;
  /** Called as the run goes on. */
  readonly onEvent?: (event: TrainEvent) => void;
  /** Stops the run after the step under way, with an `InterruptedError`; `train` saves a checkpoint first. */
  readonly signal?: AbortSignal;
}

/** What is known of the texts once they are read. */
export interface TextCounts {
  readonly train: number;
  readonly test: number;
  /** Training texts that are among the test texts too: left out with `dropLeaks`, else they spoil the result. */
  readonly leaks: number;
  /** Whether they were left out. */
  readonly dropsLeaks: boolean;
  /** Texts to choose the best weights by and to calibrate on; 0 where none are needed. */
  readonly validation: number;
  /** Windows that the training texts are read in: one each, unless `truncation` is `windows`. */
  readonly windows: number;
  /** Training texts that are read in several windows. */
  readonly textsInWindows: number;
  /** Labels that no text to evaluate on has. */
  readonly untestedLabels: number;
  /** Training texts longer than `maxLength`, of which something is left out. */
  readonly cutTexts: number;
  /** The share of all tokens of the training texts that is cut off with them. */
  readonly cutTokens: number;
}

/** What is known of a run before its first step. */
export interface Forecast {
  /** The folder of the model to start from. */
  readonly model: string;
  readonly labels: readonly string[];
  /** What labels are, how that was found, and what else they may be meant as. */
  readonly problem: Problem;
  /** Whether texts are pairs. */
  readonly pairs: boolean;
  readonly parameters: number;
  /** Which of the model's tensors were found, and which are new. */
  readonly report: LoadReport;
  readonly texts: TextCounts;
  readonly settings: ResolvedSettings;
  readonly plan: TrainingPlan;
  /** Parts of batches that the gradient is computed for one at a time, in the whole run. */
  readonly microBatches: number;
  readonly memory: MemoryForecast;
  /** Until the end, evaluation included; from steps timed on this machine. */
  readonly seconds: number;
}

/** In bytes, of the whole process. */
export interface MemoryForecast {
  /** The most that the run will take. */
  readonly peak: number;
  /** The most that the process can have. */
  readonly limit: number;
  /** What `peak` is made of, beside what the process has already. */
  readonly parts: RunMemory;
}

/** The forecast but for the time, which takes an engine to tell. */
export type UntimedForecast = Omit<Forecast, 'seconds'>;

/**
 * What a run reports, in this order: `baseline` (where it takes a while), `start`, `features` ... (where the encoder is frozen), `estimate`, `step` ... and
 * `evaluated` between them, `calibrating` ... (where it is asked for), `evaluating` ..., `saved`.
 */
export type TrainEvent =
  /** A bag of words is being trained on so many texts. */
  | { readonly type: 'baseline'; readonly texts: number }
  | ({ readonly type: 'start' } & UntimedForecast)
  /** Texts that the frozen encoder has read. */
  | { readonly type: 'features'; readonly done: number; readonly total: number }
  /** The same with `seconds` until the end, from timed steps, before the first real one. */
  | ({ readonly type: 'estimate' } & Forecast)
  | ({ readonly type: 'step' } & StepEvent)
  /** How good the weights are on the validation texts, after the step before. */
  | { readonly type: 'evaluated'; readonly metrics: AnyMetrics }
  /** Validation texts that the trained model has read for its temperature. */
  | { readonly type: 'calibrating'; readonly done: number; readonly total: number }
  | { readonly type: 'evaluating'; readonly done: number; readonly total: number }
  | { readonly type: 'saved'; readonly folder: string }
  /** While something is fetched from the hub, before `start`. */
  | HubEvent;

/** What came out of a run. */
export interface TrainResult {
  /** The folder of the run: load it with `Classifier.load`. */
  readonly folder: string;
  readonly labels: readonly string[];
  readonly settings: ResolvedSettings;
  /** `metrics.problem_type` says which there are. */
  readonly metrics: AnyMetrics;
  /** How far the metrics may be off by the choice of test texts. */
  readonly intervals: AnyIntervals;
  /** How far confidence can be believed, on the same texts as `metrics`; absent where texts have no class. */
  readonly reliability?: Reliability;
  /** The temperature that was fitted on the validation texts, with `calibrate`; the metrics are by it. */
  readonly calibration?: FittedCalibration;
  /** `reliability` as it would be without the temperature. */
  readonly uncalibrated?: Reliability;
  /** What a bag of words reaches that learnt from the same texts; absent with `baseline: false`. */
  readonly bagOfWords?: BagOfWordsScore;
  /** What always giving the same answer reaches on the test texts. */
  readonly baseline: Baseline;
  readonly training: TrainingResult;
  /** Of evaluation, in seconds. */
  readonly evaluationSeconds: number;
}

/** Options that are no settings: what, where, and who is told. */
export type TrainJob = Omit<TrainOptions, keyof TrainSettings>;

/** Every name of `TrainJob`; a missing one doesn't compile. */
const JOB_NAMES: Readonly<Record<keyof TrainJob, true>> = {
  data: true,
  model: true,
  test: true,
  testSplit: true,
  validation: true,
  validationSplit: true,
  splitSeed: true,
  dropLeaks: true,
  baseline: true,
  out: true,
  force: true,
  resume: true,
  tensorboard: true,
  threads: true,
  memory: true,
  onEvent: true,
  signal: true,
  textColumn: true,
  textPairColumn: true,
  labelColumn: true,
};

/** The settings, each checked, and the rest. */
export function splitOptions(options: TrainOptions): { settings: TrainSettings; job: TrainJob } {
  const { data, test, testSplit, threads, memory } = options;
  if (typeof data !== 'string' && !Array.isArray(data)) {
    throw new UsageError(
      'train needs data: the path of a file or folder, several, or a list of { text, label }.',
    );
  }
  if (test !== undefined && testSplit !== undefined) {
    throw new UsageError(
      '--test and --test-split exclude each other: the test texts are in a file, or set aside.',
    );
  }
  checkValidation(options);
  checkThreads(threads);
  if (memory !== undefined && !(memory > 0)) {
    throw new UsageError(`memory is ${String(memory)}, expected a number of bytes above 0.`);
  }
  const given = Object.entries(options).filter(([name]) => !Object.hasOwn(JOB_NAMES, name));
  return { settings: resolveSettings(withRecipe(Object.fromEntries(given))), job: options };
}

function checkValidation(options: TrainOptions): void {
  const { validation, validationSplit, evalSteps, earlyStopping, calibrate = false } = options;
  if (validation !== undefined && validationSplit !== undefined) {
    throw new UsageError(
      '--validation and --validation-split exclude each other: the validation texts are in a file, or set aside.',
    );
  }
  if ((evalSteps ?? 0) > 0) return;
  const asking = [
    ['--validation', validation !== undefined && !calibrate],
    ['--validation-split', validationSplit !== undefined && !calibrate],
    ['--early-stopping', (earlyStopping ?? 0) > 0],
  ] as const;
  const given = asking.find(([, is]) => is);
  if (!given) return;
  throw new UsageError(
    `${given[0]} needs --eval-steps, the updates between two evaluations on validation texts, such as 50` +
      `${given[0] === '--early-stopping' ? '' : ', or --calibrate'}.`,
  );
}

/** Throws an `InterruptedError` when the signal is set. */
export function stopWhenAsked(signal: AbortSignal | undefined, when: string): void {
  if (!signal?.aborted) return;
  throw new InterruptedError(`stopped ${when}. ${NOTHING_SAVED}`);
}
