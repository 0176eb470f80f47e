/** JSON that is wrong in structure or in spelling, made from JSON that is right. */
import type { Random } from './random.js';

/** Names that are something else to an engine that keeps objects carelessly. */
export const NAMES = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'length',
    '__metadata__',
  ],
  ...['', ' ', '0', '-1', 'null', '\u0000', '\u202e', '\ud800', 'é', '日本', 'a'.repeat(300)],
] as const;

const NUMBERS = [
  ...[0, 1, -1, 2, 0.5, -0, 1e9, -1e9, 2 ** 31, 2 ** 32 - 2, 2 ** 53, 1e21, 1e300, 5e-324, 127, 128, 65_536],
] as const;

const STRINGS = [
  ...[
    '',
    ' ',
    'x',
    'NaN',
    'Infinity',
    '1e9',
    'true',
    '../../etc/passwd',
    'http://127.0.0.1/x',
    '[UNK]',
    '\u0000',
  ],
  ...[
    'a'.repeat(5_000),
    '\ud83d',
    '\u001b[31m',
    '(a+)+$',
    'bert',
    'gelu',
    'WordPiece',
    'BPE',
    'Unigram',
    'Sequence',
  ],
  ...[
    'FixedLength',
    'Split',
    'Replace',
    'Precompiled',
    'Prepend',
    'ByteLevel',
    'TemplateProcessing',
    ...NAMES,
  ],
] as const;

/** Stands where the text gets brackets by the thousand, which no object could be made of quickly. */
const DEEP = '@deep@';
const BRACKETS = [130, 5_000, 100_000] as const;

type Json = unknown;

/** A place in a value: the list or object that holds it, and its key. */
interface Place {
  readonly holder: Record<string, Json> | Json[];
  readonly key: string;
}

/** One place of a value: each level is gone into with some luck, so that those near the top are met as often as others. */
function placeIn(value: Json, random: Random): Place | undefined {
  let place: Place | undefined;
  let at = value;
  while (typeof at === 'object' && at !== null) {
    const keys = Object.keys(at);
    if (keys.length === 0 || (place && random.chance(0.35))) return place;
    place = { holder: at as Place['holder'], key: random.pick(keys) };
    at = Object.getOwnPropertyDescriptor(at, place.key)!.value as Json;
  }
  return place;
}

/** Sets a key of its own, `__proto__` too. */
function put({ holder, key }: Place, value: Json): void {
  if (Array.isArray(holder)) holder[Number.parseInt(key) || 0] = value;
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function anything(random: Random): Json {
  const { pick, below } = random;
  const named = (): Json => Object.fromEntries([[pick(NAMES), pick(STRINGS)]]);
  return pick<() => Json>([
    () => pick(NUMBERS),
    () => pick(NUMBERS),
    () => pick(STRINGS),
    () => pick(STRINGS),
    () => null,
    () => random.chance(0.5),
    () => [],
    () => ({}),
    named,
    () => Object.fromEntries([['__proto__', { polluted: 'yes' }]]),
    () => Array.from({ length: below(6) }, () => pick(NUMBERS)),
    () => Array.from({ length: below(4) }, () => pick(STRINGS)),
    () => (random.chance(0.1) ? DEEP : pick(STRINGS)),
  ])();
}

function spoilOnce(value: Json, random: Random): void {
  const place = placeIn(value, random);
  if (!place) return;
  const { holder, key } = place;
  const own = Object.getOwnPropertyDescriptor(holder, key)!.value as Json;
  const kind = random.below(8);
  if (kind === 0 && !Array.isArray(holder)) Reflect.deleteProperty(holder, key);
  else if (kind === 1 && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (kind === 2 && !Array.isArray(holder)) {
    Reflect.deleteProperty(holder, key);
    put({ holder, key: random.pick(NAMES) }, own);
  } else if (kind === 3) put({ holder, key: random.pick(NAMES) }, anything(random));
  else if (kind === 4 && typeof own === 'number') {
    put(place, random.pick([own + 1, own - 1, -own, own * 1e6, own + 0.5, String(own)]));
  } else if (kind === 5) put(place, [own]);
  else put(place, anything(random));
}

/** A text with what `spoil` does to the value of `json` one to three times. */
export function spoilJson(json: string, random: Random): string {
  const value = JSON.parse(json) as Json;
  for (let n = random.below(3); n >= 0; n--) spoilOnce(value, random);
  const text = JSON.stringify(value);
  const levels = random.pick(BRACKETS);
  const [open, close] = random.pick([['[', ']'], ['{"a":', '}']] as const); // prettier-ignore
  return text.replaceAll(`"${DEEP}"`, () => `${open.repeat(levels)}1${close.repeat(levels)}`);
}
