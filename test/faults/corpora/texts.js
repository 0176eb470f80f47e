/** Texts that tokenizers read differently: marks that combine, scripts without spaces, joiners, controls, long words. */
import { randomOf } from './random.js';

/** @param {number} from @param {number} to */
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i));

const WORDS = [
  ...[
    'the',
    'film',
    'Unwatchable',
    "isn't",
    'AND',
    'naïve',
    'Ångström',
    'İstanbul',
    'ΣΊΣΥΦΟΣ',
    'straße',
    'ﬁne',
    'ǅ',
    '½',
    '1,234.5',
  ],
  ...[
    '[CLS]',
    '[MASK]',
    '<s>',
    '</s>',
    '<mask>',
    '[UNK]',
    '##ing',
    'http://a.b/c?d=e',
    '@user',
    '#tag',
    'e\u0301',
    'Việt',
  ],
];
const ALPHABETS = [
  range(0x20, 0x7e),
  range(0x20, 0x7e),
  range(0x00, 0x1f),
  range(0x7f, 0xff),
  range(0x100, 0x17f),
  range(0x300, 0x36f),
  range(0x370, 0x3ff).filter((c) => /\p{L}|\p{P}/u.test(c)),
  range(0x410, 0x44f),
  range(0x5d0, 0x5ea),
  range(0x621, 0x652),
  range(0x904, 0x94d),
  range(0xe01, 0xe3a),
  range(0xac00, 0xac40),
  range(0x3041, 0x3096),
  range(0x30a1, 0x30ff),
  range(0x4e00, 0x4e80),
  range(0x3400, 0x3410),
  range(0x20000, 0x20010),
  range(0xf900, 0xf910),
  range(0xff01, 0xff5e),
  range(0x2000, 0x206f).filter((c) => c !== '\u2065'),
  range(0x1f600, 0x1f64f),
  ['\u200d', '\ufe0f', '\u{1f3fd}', '👨', '👩', '👧', '❤', '🏳', '🌈', '🇫', '🇷', '\u20e3'],
  [
    '\u0000',
    '\ufffd',
    '\ufeff',
    '\ue000',
    '\u00ad',
    '\u200b',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u00a0',
    '\u3000',
    '\u180e',
  ],
];

/**
 * One text, of up to some hundred characters.
 *
 * @param {number} seed
 * @param {number} index
 * @returns {string}
 */
export function textCase(seed, index) {
  const { pick, below, chance } = randomOf(seed, index);
  let text = '';
  for (let n = below(12); n >= 0; n--) {
    if (chance(0.4)) text += pick(WORDS);
    else {
      const alphabet = pick(ALPHABETS);
      const other = pick(ALPHABETS);
      const length = chance(0.02) ? 90 + below(130) : 1 + below(8);
      for (let i = 0; i < length; i++) text += pick(chance(0.85) ? alphabet : other);
    }
    if (chance(0.6)) text += pick([' ', ' ', ' ', '  ', '\n', '\t', ', ', '.', '']);
  }
  return text;
}

/** As bytes, for the script that makes the fixture. @param {number} seed @param {number} index */
export function textBytes(seed, index) {
  return new TextEncoder().encode(textCase(seed, index));
}
