/**
 * The settings of a training run: one row each, from which the command line's flags, a config file's keys, the checks
 * and the help are all made.
 */
import { METRIC_NAMES, type MetricName } from './best.js';
import { ORDERS, type Order } from '../batching/order.js';
import { SCHEDULES, type ScheduleName } from '../optim/schedule.js';
import { TRUNCATIONS, type Truncation } from '../tokenizer/truncate.js';
import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { PROBLEM_TYPES, type ProblemType } from '../util/problem.js';
import { quoteList } from '../util/wording.js';

export const RECIPE_NAMES = ['fast', 'balanced', 'best'] as const;

export interface TrainSettings {
  /** What the other settings are where they aren't given (`recipes.ts`). */
  readonly recipe: (typeof RECIPE_NAMES)[number];
  /** What labels are; `undefined` for what the data looks like. */
  readonly problemType: ProblemType | undefined;
  /** Times that every text is seen; `undefined` for what the recipe says of so many texts. */
  readonly epochs: number | undefined;
  /** Updates after which to stop, whatever `epochs` says; 0 for no such limit. */
  readonly maxSteps: number;
  /** Texts in one batch; `undefined` as `epochs`. */
  readonly batchSize: number | undefined;
  /** Batches that one update is made from. */
  readonly gradientAccumulationSteps: number;
  /** The highest rate of AdamW; `undefined` as `epochs`. */
  readonly learningRate: number | undefined;
  /** Updates over which the rate rises from 0; where it is given, also as 0, `warmupRatio` doesn't count. */
  readonly warmupSteps: number | undefined;
  /** The same as a share of all updates. */
  readonly warmupRatio: number;
  readonly schedule: ScheduleName;
  /** Decoupled weight decay, on weight matrices only. */
  readonly weightDecay: number;
  /** The gradient's norm is brought down to this; 0 for no clipping. */
  readonly maxGradNorm: number;
  /** How much of the rate each layer passes on to the one below it; 1 for the same rate everywhere. */
  readonly layerDecay: number;
  /** How many times the rate the head and the pooler learn at; `undefined` for what suits the model (`headRateOf`). */
  readonly headRate: number | undefined;
  /** What is not trained: the embeddings, they and the first N layers, or all but the head. */
  readonly freeze: 'none' | 'embeddings' | 'all' | number;
  /** Rank of the adapters that are trained in the place of the encoder; 0 for none, then the encoder is. */
  readonly loraRank: number;
  /** What adapters are scaled by, over their rank; `undefined` for twice the rank. */
  readonly loraAlpha: number | undefined;
  /** Whether the adapters are added to the weights that are saved; else they are saved as PEFT's files. */
  readonly loraMerge: boolean;
  /** The share of each target that is spread over all classes. */
  readonly labelSmoothing: number;
  /** `balanced`: every class counts the same in the loss, however many texts it has. */
  readonly classWeights: 'none' | 'balanced';
  /** The weights that are kept are the mean of those after each of the last updates, of this share; 0 for the last. */
  readonly averageLast: number;
  /** Runs that part where texts are no longer short, of which the mean is kept (`branches.ts`); `undefined` as `epochs`. */
  readonly branches: number | undefined;
  /** Updates between two evaluations on validation texts; 0 for none. The best weights are kept. */
  readonly evalSteps: number;
  /** What says which weights are the best; `undefined` for the usual one of the kind of problem. */
  readonly metric: MetricName | undefined;
  /** Evaluations without a better one after which to stop; 0 for never. */
  readonly earlyStopping: number;
  /** Whether a temperature is fitted on validation texts, so that probabilities are what they say. */
  readonly calibrate: boolean;
  /** One rate for every dropout; `undefined` for those of config.json. */
  readonly dropout: number | undefined;
  /** Tokens that are read of a text at once, special tokens included; `undefined` for 192, or what the model reads. */
  readonly maxLength: number | undefined;
  readonly truncation: Truncation;
  /** With `head+tail`: tokens that are kept from the front; `undefined` for 128 of 510, and that share of other lengths. */
  readonly headTokens: number | undefined;
  /** The share of the updates, the first ones, that read a quarter of `maxLength` of each text; `undefined` as `epochs`. */
  readonly shortFirst: number | undefined;
  /** With `windows`: tokens that a window has in common with the one before; `undefined` for a quarter of `maxLength`. */
  readonly stride: number | undefined;
  readonly order: Order;
  readonly clean: 'html' | 'none';
  /** Updates between two checkpoints, from which a run that was cut off goes on; 0 for none but where it is stopped. */
  readonly saveSteps: number;
  /** Checkpoints that are kept, the newest ones. */
  readonly keep: number;
  /** Updates between two entries in the log. */
  readonly loggingSteps: number;
  readonly seed: number;
}

/** How much of texts is seen, how often, and how much is learnt of it each time. */
export interface Amount {
  readonly epochs: number;
  readonly shortFirst: number;
  readonly branches: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** Settings with what was left to the recipe filled in: all that a training hangs on. */
export type RunSettings = TrainSettings & Amount;

/** The same with what was left to the model. */
export type ResolvedSettings = RunSettings & {
  readonly maxLength: number;
  readonly headRate: number;
  readonly problemType: ProblemType;
  readonly metric: MetricName;
};

type Check =
  | {
      readonly kind: 'integer' | 'number';
      readonly min: number;
      readonly max: number;
      readonly above?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly choices: readonly string[];
      /** A whole number from 0 up will do too. */
      readonly orInteger?: boolean;
    };

/** On or off. */
interface Switch {
  readonly kind: 'switch';
}

export interface SettingRow<T> {
  readonly default: T;
  readonly check: Check | Switch;
  /** One line for the help. */
  readonly help: string;
}

const integer = (min: number, max = 1e9): Check => ({ kind: 'integer', min, max });
const number = (min: number, max: number): Check => ({ kind: 'number', min, max });
const positive = (max: number): Check => ({ kind: 'number', min: 0, max, above: true });
const choice = (choices: readonly string[]): Check => ({ kind: 'choice', choices });

export const SETTINGS: { readonly [K in keyof TrainSettings]: SettingRow<TrainSettings[K]> } = {
  recipe: {
    default: 'balanced',
    check: choice(RECIPE_NAMES),
    help: 'settings that go well together, below; what else is given wins',
  },
  problemType: {
    default: undefined,
    check: choice(PROBLEM_TYPES),
    help: 'what labels are (default: found from the data)',
  },
  epochs: {
    default: undefined,
    check: positive(1e6),
    help: 'times that every text is seen (default: by the recipe and the number of texts)',
  },
  maxSteps: { default: 0, check: integer(0), help: 'stop after so many updates, whatever --epochs says' },
  batchSize: {
    default: undefined,
    check: integer(1, 100_000),
    help: 'texts in a batch (default: 16, or by the recipe)',
  },
  gradientAccumulationSteps: {
    default: 1,
    check: integer(1, 100_000),
    help: 'batches that one update is made from',
  },
  learningRate: {
    default: undefined,
    check: number(0, 1),
    help: 'the highest rate of AdamW (default: 1e-4, or by the recipe)',
  },
  warmupSteps: {
    default: undefined,
    check: integer(0),
    help: 'updates over which the rate rises from 0 (default: by --warmup-ratio)',
  },
  warmupRatio: { default: 0.1, check: number(0, 1), help: 'warm-up as a share of all updates' },
  schedule: { default: 'linear', check: choice(SCHEDULES), help: 'how the rate falls after the warm-up' },
  weightDecay: { default: 0.01, check: number(0, 10), help: 'weight decay, not on biases and LayerNorm' },
  maxGradNorm: { default: 1, check: number(0, 1e9), help: "the gradient's largest norm; 0 for no clipping" },
  layerDecay: {
    default: 1,
    check: { kind: 'number', min: 0, max: 1, above: true },
    help: 'how much of the rate each layer passes on to the one below; 1 for the same everywhere',
  },
  headRate: {
    default: undefined,
    check: positive(1e6),
    help: 'times the rate, for the classifier and the pooler (default: 10 where neither was trained before, else 1)',
  },
  freeze: {
    default: 'none',
    check: { kind: 'choice', choices: ['none', 'embeddings', 'all'], orInteger: true },
    help: 'what is not trained: the embeddings, they and the first layers, or all but the classifier',
  },
  loraRank: {
    default: 0,
    check: integer(0, 4096),
    help: 'train low-rank adapters of this rank and the classifier, nothing else; 0 for the whole model',
  },
  loraAlpha: {
    default: undefined,
    check: positive(1e6),
    help: 'adapters are scaled by alpha / rank (default: twice the rank)',
  },
  loraMerge: {
    default: false,
    check: { kind: 'switch' },
    help: "save the adapters within the model's weights; else as PEFT's files beside the original",
  },
  labelSmoothing: {
    default: 0,
    check: number(0, 0.99),
    help: 'share of each target that is spread over all classes',
  },
  classWeights: {
    default: 'none',
    check: choice(['none', 'balanced']),
    help: 'balanced: every class counts the same in the loss',
  },
  averageLast: {
    default: 0,
    check: number(0, 1),
    help: 'keep the mean of the weights over this share of the updates, the last ones',
  },
  branches: {
    default: undefined,
    check: integer(1, 1000),
    help: 'cut the updates after --short-first into so many runs from there, and keep their mean (default: by the recipe)',
  },
  evalSteps: {
    default: 0,
    check: integer(0),
    help: 'evaluate on validation texts after so many updates, and keep the best weights; 0 for never',
  },
  metric: {
    default: undefined,
    check: choice(METRIC_NAMES),
    help: 'what the best weights are best at (default: accuracy, f1_micro or loss, by the kind of problem)',
  },
  earlyStopping: {
    default: 0,
    check: integer(0),
    help: 'stop after so many evaluations without a better one; 0 for never',
  },
  calibrate: {
    default: false,
    check: { kind: 'switch' },
    help: 'set validation texts aside and fit the temperature of probabilities on them',
  },
  dropout: {
    default: undefined,
    check: number(0, 0.99),
    help: 'one rate for every dropout in the network (default: as config.json says)',
  },
  maxLength: {
    default: undefined,
    check: integer(3, 1e6),
    help: 'tokens that are read of a text at once (default: 192, or fewer if the model reads fewer)',
  },
  truncation: {
    default: 'head+tail',
    check: choice(TRUNCATIONS),
    help: 'what is read of a longer text; windows: all of it, in windows that overlap',
  },
  headTokens: {
    default: undefined,
    check: integer(1, 1e6),
    help: 'with head+tail: tokens that are kept from the front (default: a quarter, 128 of 512)',
  },
  stride: {
    default: undefined,
    check: integer(0, 1e6),
    help: 'with windows: tokens that a window has in common with the one before (default: a quarter)',
  },
  shortFirst: {
    default: undefined,
    check: number(0, 1),
    help: 'share of the updates, the first ones, that read a quarter of --max-length (default: by the recipe)',
  },
  order: { default: 'grouped', check: choice(ORDERS), help: 'grouped: shuffled, batches of like length' },
  clean: { default: 'html', check: choice(['html', 'none']), help: 'html: tags and entities become text' },
  saveSteps: {
    default: 0,
    check: integer(0),
    help: 'save a checkpoint after so many updates, for --resume; 0 for none but at Ctrl-C',
  },
  keep: { default: 2, check: integer(1, 1e6), help: 'checkpoints that are kept, the newest' },
  loggingSteps: { default: 10, check: integer(1), help: 'updates between two entries in the log' },
  seed: {
    default: 42,
    check: integer(0, Number.MAX_SAFE_INTEGER),
    help: 'what everything random is drawn from',
  },
};

export type SettingName = keyof TrainSettings;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** `learningRate` as it is written on the command line: `--learning-rate`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The value, or a `UsageError` that names the setting, the range and what was found. */
export function checkSetting<K extends SettingName>(name: K, value: unknown): TrainSettings[K] {
  const { check } = SETTINGS[name];
  const fail = (expected: string): never => {
    throw new UsageError(`${flagOf(name)} is ${JSON.stringify(value)}, expected ${expected}.`);
  };
  if (check.kind === 'switch') {
    if (typeof value !== 'boolean') fail('true or false');
    return value as TrainSettings[K];
  }
  if (check.kind === 'choice') {
    const isInteger = check.orInteger && Number.isSafeInteger(value) && (value as number) >= 0;
    if (!isInteger && !check.choices.includes(value as string)) {
      fail(`one of ${check.choices.join(', ')}${check.orInteger ? ', or a whole number from 0 up' : ''}`);
    }
    return value as TrainSettings[K];
  }
  const { kind, min, max, above = false } = check;
  const noun = kind === 'integer' ? 'a whole number' : 'a number';
  const bounds = above ? `above ${min}` : max >= 1e6 ? `from ${min} up` : `from ${min} to ${max}`;
  const fits =
    typeof value === 'number' &&
    (kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    (above ? value > min : value >= min) &&
    value <= max;
  if (!fits) fail(`${noun} ${bounds}`);
  return value as TrainSettings[K];
}

/** Settings with the defaults filled in, each checked. */
export function resolveSettings(given: Partial<TrainSettings>): TrainSettings {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(SETTINGS, name)) throw unknownSetting(name, SETTING_NAMES);
  }
  const resolved: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const value = given[name];
    resolved[name] = value === undefined ? SETTINGS[name].default : checkSetting(name, value);
  }
  return resolved as TrainSettings;
}

/** The error for a name that isn't one of `known`. */
export function unknownSetting(name: string, known: readonly string[]): UsageError {
  const close = nearest(name, known);
  const hint = close === undefined ? `known are ${quoteList(known)}` : `did you mean "${close}"?`;
  return new UsageError(`there is no setting "${name}"; ${hint}`);
}
