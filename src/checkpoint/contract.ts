/** `bertune.json`: what a run must remember that the ecosystem's own files have no place for. */
import type { Cleaning } from '../data/clean.js';
import { TRUNCATIONS, type TextContract } from '../tokenizer/truncate.js';
import { ModelError } from '../util/errors.js';
import { isObject } from '../util/objects.js';
import { show } from '../util/show.js';

/** Raised when the file's meaning changes. */
const CONTRACT_FORMAT = 1;

/** A text and what the finished model made of it; every loader computes it again and compares. */
export interface GoldenText {
  readonly text: string;
  /** The second text, where the model reads pairs. */
  readonly text_pair?: string;
  readonly logits: readonly number[];
}

/** The file also says, for people, what the temperature was fitted on and what it changed. */
export interface Calibration {
  /** What logits are divided by before the softmax (`evaluate/probabilities.ts`). */
  readonly temperature: number;
}

/** Below which probability an answer is withheld (`evaluate/threshold.ts`); the file also says how it was chosen. */
export interface Threshold {
  readonly score: number;
  /** The only label that it is for; `null` for all. */
  readonly label: string | null;
}

export interface RunContract extends TextContract {
  readonly clean: Cleaning;
  readonly golden: readonly GoldenText[];
  /** Whether the model was trained on pairs of texts. */
  readonly textPair?: boolean;
  /** Absent where the run was never calibrated; golden logits are not divided. */
  readonly calibration?: Calibration | undefined;
  /** Absent where every text is answered. */
  readonly threshold?: Threshold | undefined;
}

/** What other libraries read of a longer text than this contract says; `undefined` where it is the same. */
export function elsewhere({ maxLength, truncation, headTokens, stride }: TextContract): string | undefined {
  const first = `transformers and transformers.js read the first ${maxLength} tokens of such texts`;
  if (truncation === 'head+tail') {
    const head = headTokens === undefined ? 'a quarter' : `${headTokens}`;
    return `of texts longer than ${maxLength} tokens ${head} from the front and the rest from the end were read; ${first}`;
  }
  if (truncation !== 'windows') return undefined;
  const overlap = stride === undefined ? '' : ` that share ${stride} tokens`;
  return `texts longer than ${maxLength} tokens were read whole, as the mean of windows${overlap}; ${first}, unless they are asked for windows`;
}

/** What other libraries leave out of a run's answers; `undefined` where that is nothing. */
export function answersElsewhere(
  contract: Pick<RunContract, 'calibration' | 'threshold'> | undefined,
): string | undefined {
  const { calibration, threshold } = contract ?? {};
  if (!calibration && !threshold) return undefined;
  const temperature = calibration && `divides logits by ${short(calibration.temperature)} before the softmax`;
  const label = threshold?.label ?? null;
  const which = label === null ? '' : ` of ${JSON.stringify(label)}`;
  const unsure = threshold && `says "unsure" in the place of answers${which} below ${short(threshold.score)}`;
  const does = [temperature, unsure].filter((part) => part !== undefined).join(' and ');
  return `bertune ${does}; other libraries don't, and find the numbers in bertune.json`;
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** The rest of the file is for people: where the run came from. */
export interface RunRecord {
  readonly bertuneVersion: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly baseModel: string;
  /** Its commit, where it is from the hub. */
  readonly baseModelRevision?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What a simple classifier reached on the same texts. */
  readonly bagOfWords?: Readonly<Record<string, unknown>>;
}

export function writeContract(contract: RunContract, record: RunRecord): Record<string, unknown> {
  return {
    format: CONTRACT_FORMAT,
    bertune_version: record.bertuneVersion,
    versions: record.versions,
    labels: record.labels,
    max_length: contract.maxLength,
    truncation: contract.truncation,
    head_tokens: contract.headTokens,
    stride: contract.stride,
    clean: contract.clean,
    ...(contract.textPair === true && { text_pair: true }),
    base_model: record.baseModel,
    base_model_revision: record.baseModelRevision,
    data: record.data,
    settings: record.settings,
    ...(record.bagOfWords && { bag_of_words: record.bagOfWords }),
    ...(contract.calibration && { calibration: contract.calibration }),
    golden: contract.golden,
  };
}

/** Any value of JSON as text: an object's own `toString` may be no function. */
function written(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What people are told of a run, from its `bertune.json`. */
export function readRecord(json: Readonly<Record<string, unknown>>): RunRecord {
  const { labels, base_model, base_model_revision: revision } = json;
  const part = (name: string): Record<string, unknown> => (isObject(json[name]) ? json[name] : {});
  return {
    bertuneVersion: written(json['bertune_version']),
    versions: part('versions') as Record<string, string>,
    labels: Array.isArray(labels) ? labels.map(written) : [],
    baseModel: written(base_model),
    ...(typeof revision === 'string' && { baseModelRevision: revision }),
    ...{ data: part('data'), settings: part('settings') },
  };
}

/** Reads what a loader needs; throws a `ModelError` naming the field that is wrong. */
export function parseContract(json: unknown, name: string): RunContract {
  const object = isObject(json) ? json : {};
  const fail = (field: string, expected: string): never => {
    throw new ModelError(`${name}: "${field}" is ${show(object[field])}, expected ${expected}.`);
  };
  if (object['format'] !== CONTRACT_FORMAT) {
    fail('format', `${CONTRACT_FORMAT}; a newer version of bertune may have made this run`);
  }
  const {
    max_length: maxLength,
    truncation,
    head_tokens: headTokens,
    stride,
    clean,
    golden,
    calibration,
    threshold,
  } = object;
  if (!Number.isSafeInteger(maxLength) || (maxLength as number) < 1) fail('max_length', 'a positive integer');
  if (!TRUNCATIONS.some((known) => known === truncation))
    fail('truncation', `one of ${TRUNCATIONS.join(', ')}`);
  // Runs of earlier versions have neither: they kept what is the default.
  for (const field of ['head_tokens', 'stride'] as const) {
    const value = object[field];
    const fits =
      Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < (maxLength as number);
    if (value !== undefined && !fits) fail(field, `a whole number below "max_length"`);
  }
  if (clean !== 'html' && clean !== 'none') fail('clean', '"html" or "none"');
  if (!Array.isArray(golden) || !golden.every(isGolden)) fail('golden', 'a list of {"text", "logits"}');
  if (calibration !== undefined && !isCalibration(calibration)) {
    fail('calibration', 'an object with a "temperature" above 0');
  }
  const textPair = object['text_pair'] ?? false;
  if (typeof textPair !== 'boolean') fail('text_pair', 'true or false');
  if (threshold !== undefined && !isThreshold(threshold)) {
    fail('threshold', 'an object with a "score" from 0 to 1 and a "label"');
  }
  return {
    maxLength,
    truncation,
    ...(headTokens !== undefined && { headTokens }),
    ...(stride !== undefined && { stride }),
    clean,
    golden,
    ...(textPair === true && { textPair }),
    ...(threshold !== undefined && { threshold }),
    ...(calibration !== undefined && { calibration }),
  } as RunContract;
}

function isCalibration(value: unknown): value is Calibration {
  const temperature = isObject(value) ? value['temperature'] : undefined;
  return typeof temperature === 'number' && Number.isFinite(temperature) && temperature > 0;
}

function isThreshold(value: unknown): value is Threshold {
  const { score, label } = isObject(value) ? value : {};
  return (
    typeof score === 'number' && score >= 0 && score <= 1 && (label === null || typeof label === 'string')
  );
}

function isGolden(value: unknown): value is GoldenText {
  return (
    isObject(value) &&
    typeof value['text'] === 'string' &&
    ['string', 'undefined'].includes(typeof value['text_pair']) &&
    Array.isArray(value['logits']) &&
    value['logits'].every((logit) => Number.isFinite(logit))
  );
}
