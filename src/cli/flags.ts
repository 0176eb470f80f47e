/** The flags that commands share, and how a config file gives the same. */
import { Option, type Command } from 'commander';
import { readJson } from '../files/read.js';
import {
  flagOf,
  SETTING_NAMES,
  SETTINGS,
  unknownSetting,
  type SettingName,
  type TrainSettings,
} from '../train/settings.js';
import { MODEL_DTYPES } from '../util/dtypes.js';
import { UsageError } from '../util/errors.js';
import { checkThreads } from '../util/threads.js';
import { isObject } from '../util/objects.js';

/** What a config file may hold beside the settings. */
const PLACES = [
  ...(['model', 'test', 'testSplit', 'validation', 'validationSplit'] as const),
  'baseline',
  ...(['textColumn', 'textPairColumn', 'labelColumn', 'out', 'threads'] as const),
] as const;
type Place = (typeof PLACES)[number];
const NUMBERS: readonly Place[] = ['testSplit', 'validationSplit', 'threads'];

export type TrainFlags = Partial<TrainSettings> & {
  readonly model?: string;
  readonly test?: string;
  readonly testSplit?: number;
  readonly validation?: string;
  readonly validationSplit?: number;
  readonly textColumn?: string;
  readonly textPairColumn?: string;
  readonly labelColumn?: string;
  readonly out?: string;
  readonly tensorboard?: string | boolean;
  readonly threads?: number;
  readonly baseline?: boolean;
};

/** Reads a flag's number as it was typed; what it may be is checked where its meaning is known. */
export function numeric(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new UsageError(`${flag} is "${text}", expected a number.`);
  };
}

/**
 * Adds a flag for training settings, each made from its row.
 *
 * @param names which of them
 * @param defaults where they differ from the rows'
 */
export function addSettings(
  command: Command,
  names: readonly SettingName[] = SETTING_NAMES,
  defaults: Partial<TrainSettings> = {},
): Command {
  for (const name of names) {
    const { check, help: row, default: usual } = SETTINGS[name];
    const value = defaults[name] ?? usual;
    // A default that hangs on something else is told by the help itself.
    const help = defaults[name] === undefined ? row : row.replace(/ \(default: .*\)$/, '');
    const note = value === undefined ? help : `${help} (default: ${value})`;
    if (check.kind === 'switch') {
      command.option(flagOf(name), row);
      continue;
    }
    const orInteger = check.kind === 'choice' && check.orInteger === true;
    const placeholder = check.kind !== 'choice' ? 'number' : orInteger ? 'what' : 'name';
    const option = new Option(`${flagOf(name)} <${placeholder}>`, note);
    if (check.kind === 'choice') {
      const choices = [...check.choices, ...(orInteger ? ['a number of layers'] : [])];
      option.description = `${note.replace(/\)$/, '')}; ${choices.join(' | ')})`;
      // What is no number stays as it was typed, and is refused by name where settings are checked.
      if (orInteger) option.argParser((text: string) => (/^\d+$/.test(text) ? Number(text) : text));
    } else option.argParser(numeric(flagOf(name)));
    command.addOption(option);
  }
  return command;
}

/** Says how a model reads texts, where its folder doesn't or where it should be otherwise. */
export type ReadingFlags = Partial<Pick<TrainSettings, 'maxLength' | 'truncation' | 'headTokens' | 'stride'>>;

const { check: truncations } = SETTINGS.truncation;
const READING: Readonly<Record<keyof ReadingFlags, string>> = {
  maxLength:
    'tokens that are read of a text at once (default: as it was trained, else what the model can read)',
  truncation: `what is read of a longer text (default: as it was trained, else head; ${'choices' in truncations ? truncations.choices.join(' | ') : ''})`,
  headTokens: SETTINGS.headTokens.help,
  stride: SETTINGS.stride.help,
};

/** Adds them; what they may be is checked where the model is known. */
export function addReading(command: Command): Command {
  for (const [name, help] of Object.entries(READING)) {
    const isName = name === 'truncation';
    const option = new Option(`${flagOf(name)} <${isName ? 'name' : 'number'}>`, help);
    command.addOption(isName ? option : option.argParser(numeric(flagOf(name))));
  }
  return command;
}

/**
 * Adds the columns of a file that texts and labels are read from.
 *
 * @param labels whether labels are read
 * @param note what stands before each help, such as what it goes with
 */
export function addColumns(command: Command, { labels = true, note = '' } = {}): Command {
  command
    .option(
      '--text-column <name>',
      `${note}default: found by its usual names, such as review, text, sentence`,
    )
    .option(
      '--text-pair-column <name>',
      `${note}the second text of each pair (default: none; sentence1 and sentence2 and their like are a pair)`,
    );
  if (!labels) return command;
  return command.option(
    '--label-column <name>',
    `${note}default: found by its usual names, such as sentiment, label`,
  );
}

export function threadsOption(): Option {
  return new Option('--threads <number>', "threads to compute with (default: the machine's cores)").argParser(
    (text: string) => checkThreads(Number(text), `"${text}"`),
  );
}

export function dtypeOption(): Option {
  return new Option(
    '--dtype <name>',
    'which of the models in a folder: its ONNX file of this kind (default: the weights, else the ONNX file that it has)',
  ).choices(MODEL_DTYPES);
}

/**
 * The settings of a JSON file: the same names as the flags, written `learning-rate`, `learning_rate` or
 * `learningRate`. A run's own bertune.json is taken too, to repeat the run.
 */
export async function readConfigFile(path: string): Promise<TrainFlags> {
  const json = await readJson(path);
  const settings = isObject(json) && 'settings' in json ? json['settings'] : json;
  if (!isObject(settings)) {
    const where = settings === json ? path : `${path}: "settings"`;
    throw new UsageError(
      `${where} is not a JSON object, expected such as {"epochs": 2, "learning-rate": 1e-4}.`,
    );
  }
  const known: readonly string[] = [...SETTING_NAMES, ...PLACES];
  const entries = Object.entries(settings).flatMap(([key, value]: [string, unknown]) => {
    const name = key.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!known.includes(name)) throw new UsageError(`${path}: ${unknownSetting(key, known).message}`);
    if (value === null) return [];
    checkPlace(path, key, name as Place, value);
    return [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** What a flag sets aside of a config file, beside its own name: flags win, also where two settings exclude each other. */
const SETS_ASIDE: Partial<Record<keyof TrainFlags, readonly (keyof TrainFlags)[]>> = {
  test: ['testSplit'],
  testSplit: ['test'],
  validation: ['validationSplit'],
  validationSplit: ['validation'],
  epochs: ['maxSteps'],
  warmupRatio: ['warmupSteps'],
  truncation: ['headTokens', 'stride'],
};

/** The settings of a config file with those of the command line on top. */
export function mergeFlags<T extends TrainFlags>(fromFile: TrainFlags, flags: T): T {
  const setAside = Object.keys(flags).flatMap((name) => SETS_ASIDE[name as keyof TrainFlags] ?? []);
  const kept = Object.entries(fromFile).filter(([name]) => !setAside.includes(name as keyof TrainFlags));
  return { ...Object.fromEntries(kept), ...flags };
}

function checkPlace(path: string, key: string, name: Place, value: unknown): void {
  if (!PLACES.includes(name)) return; // a setting: checked with the others
  const expected = name === 'baseline' ? 'boolean' : NUMBERS.includes(name) ? 'number' : 'string';
  if (typeof value !== expected) {
    throw new UsageError(`${path}: "${key}" is ${JSON.stringify(value)}, expected a ${expected}.`);
  }
}
