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
import { UsageError } from '../util/errors.js';

/** What a config file may hold beside the settings. */
const PLACES = ['model', 'test', 'testSplit', 'textColumn', 'labelColumn', 'out', 'threads'] as const;
type Place = (typeof PLACES)[number];

export type TrainFlags = Partial<TrainSettings> & {
  readonly model?: string;
  readonly test?: string;
  readonly testSplit?: number;
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly out?: string;
  readonly threads?: number;
};

/** A number as it was typed; what it may be is checked where its meaning is known. */
export function numeric(value: string): number {
  if (value.trim() === '' || Number.isNaN(Number(value))) throw new UsageError(`"${value}" is not a number.`);
  return Number(value);
}

/** Adds a flag for every training setting, made from its row. */
export function addSettings(command: Command): Command {
  for (const name of SETTING_NAMES) {
    const { check, help, default: value } = SETTINGS[name];
    const note = value === undefined ? help : `${help} (default: ${value})`;
    const placeholder = check.kind === 'choice' ? 'name' : 'number';
    const option = new Option(`${flagOf(name)} <${placeholder}>`, note);
    if (check.kind === 'choice')
      option.description = `${note.replace(/\)$/, '')}; ${check.choices.join(' | ')})`;
    else option.argParser((text: string) => numericFlag(name, text));
    command.addOption(option);
  }
  return command;
}

function numericFlag(name: SettingName, text: string): number {
  try {
    return numeric(text);
  } catch {
    throw new UsageError(`${flagOf(name)} is "${text}", expected a number.`);
  }
}

export function threadsOption(): Option {
  return new Option('--threads <number>', "threads to compute with (default: the machine's cores)").argParser(
    (text: string) => {
      const threads = Number(text);
      if (!Number.isSafeInteger(threads) || threads < 1 || threads > 1024) {
        throw new UsageError(`--threads is "${text}", expected a whole number from 1 to 1024.`);
      }
      return threads;
    },
  );
}

/**
 * The settings of a JSON file: the same names as the flags, written `learning-rate`, `learning_rate` or
 * `learningRate`. A run's own bertune.json is taken too, to repeat the run.
 */
export async function readConfigFile(path: string): Promise<TrainFlags> {
  const json = await readJson(path);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UsageError(
      `${path} is not a JSON object, expected such as {"epochs": 2, "learning-rate": 1e-4}.`,
    );
  }
  const settings = 'settings' in json ? (json.settings as object) : json;
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

function checkPlace(path: string, key: string, name: Place, value: unknown): void {
  if (!PLACES.includes(name)) return; // a setting: checked with the others
  const expected = name === 'testSplit' || name === 'threads' ? 'number' : 'string';
  if (typeof value !== expected) {
    throw new UsageError(`${path}: "${key}" is ${JSON.stringify(value)}, expected a ${expected}.`);
  }
}
