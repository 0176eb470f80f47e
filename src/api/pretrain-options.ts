/** What `pretrain` is told, and what it says. */
import type { HubEvent } from '../hub/use.js';
import type { StepEvent, TrainingResult } from '../train/loop.js';
import type { TrainingPlan } from '../train/plan.js';
import { forTexts, MANY_TEXTS } from '../train/recipes.js';
import { resolveSettings, type RunSettings, type TrainSettings } from '../train/settings.js';
import type { MemoryForecast } from './train-options.js';

/** The settings of `train` that pre-training has too; all else has no meaning without labels. */
export const PRETRAIN_SETTINGS = [
  ...(['epochs', 'maxSteps', 'batchSize', 'gradientAccumulationSteps', 'learningRate'] as const),
  ...(['warmupSteps', 'warmupRatio', 'schedule', 'weightDecay', 'maxGradNorm', 'dropout'] as const),
  ...(['maxLength', 'order', 'clean', 'saveSteps', 'keep', 'loggingSteps', 'seed'] as const),
] as const;

export type PretrainSettings = Pick<TrainSettings, (typeof PRETRAIN_SETTINGS)[number]>;

/** Where they differ from those of `train`: as Sun et al. 2019 (arXiv 1905.05583, section 5.4) further pre-train. */
export const PRETRAIN_DEFAULTS = { epochs: 1, batchSize: 32, learningRate: 5e-5, maxLength: 128 } as const;

export interface PretrainOptions extends Partial<PretrainSettings> {
  /** Files of texts: those that `train` takes, by their text column, and `.txt` (also gzipped) with a text a line. */
  readonly files?: readonly string[];
  /** Texts in memory, beside those of `files`. */
  readonly texts?: readonly string[];
  /** @default found by its usual names */
  readonly textColumn?: string;
  /** A folder with Hugging Face's files. @default the bundled all-MiniLM-L6-v2 */
  readonly model?: string;
  /** The share of windows that is set aside to measure on. @default 0.05 */
  readonly testSplit?: number;
  /** @default `runs/<name of the first file>-pretrained` */
  readonly out?: string;
  readonly force?: boolean;
  /** Go on with the unfinished run at `out`, as `train` does: the same bits as if it had never been stopped. @default false */
  readonly resume?: boolean;
  readonly threads?: number;
  /** The most memory that the run may take, in bytes. @default what the system says is there */
  readonly memory?: number;
  readonly onEvent?: (event: PretrainEvent) => void;
  /** Stops the run after the step under way, with an `InterruptedError`; a checkpoint is saved first. */
  readonly signal?: AbortSignal;
}

/** What pre-training will be like, before it is done. */
export interface PretrainForecast {
  readonly texts: number;
  /** Pieces of texts of at most `maxLength` tokens, to learn from and to measure on. */
  readonly windows: { readonly train: number; readonly test: number };
  readonly plan: TrainingPlan;
  /** Parts of batches that the gradient is computed for one at a time, in the whole run. */
  readonly microBatches: number;
  readonly settings: RunSettings;
  readonly model: string;
  readonly parameters: number;
  /** Whether the head for masked tokens is new. */
  readonly newHead: boolean;
  readonly memory: MemoryForecast;
  /** Until the end, from steps timed on this machine. */
  readonly seconds: number;
}

export type PretrainEvent =
  | ({ readonly type: 'start' } & Omit<PretrainForecast, 'seconds'>)
  /** `perplexity`: on the texts to measure on, before the first step. */
  | { readonly type: 'estimate'; readonly seconds: number; readonly perplexity: number }
  | ({ readonly type: 'step' } & StepEvent)
  | { readonly type: 'saved'; readonly folder: string }
  /** While something is fetched from the hub, before `start`. */
  | HubEvent;

export interface PretrainResult {
  readonly folder: string;
  /** exp of the mean loss on masked tokens that were not learnt from, before and after. */
  readonly perplexityBefore: number;
  readonly perplexity: number;
  readonly training: TrainingResult;
  readonly settings: RunSettings;
}

/** What was given, and what pre-training has otherwise. */
export function pretrainSettings(options: PretrainOptions): RunSettings {
  const given = Object.fromEntries(
    PRETRAIN_SETTINGS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  const settings = resolveSettings({ ...PRETRAIN_DEFAULTS, shortFirst: 0, branches: 1, ...given });
  // All of it was said.
  return forTexts(settings, MANY_TEXTS);
}
