/** Safetensors files that are a little or very wrong, or right in an unusual way: small, and told by seed and index. */
import { mutateBytes, randomOf } from './random.js';

const DTYPES = /** @type {const} */ ([
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['U8', 1],
  ['I64', 8],
  ['F64', 8],
  ['BOOL', 1],
  ['C64', 8],
  ['F8_E4M3', 1],
]);
const NAMES = [
  ...['a', 'b', 'bert.encoder.layer.0.output.dense.weight', '', ' ', '0', '-1'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '__metadata__',
    '\u0000',
    'é',
    '日本',
    '\u202e',
  ],
];
/** Numbers as JSON may spell them. */
const NUMBERS = [
  ...[
    '0',
    '1',
    '2',
    '3',
    '7',
    '8',
    '-1',
    '-0',
    '1.0',
    '1e0',
    '0.5',
    '01',
    '+1',
    '1e400',
    '4294967295',
    '4294967296',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '18446744073709551615',
    '18446744073709551616',
  ],
  ...['99999999999999999999999', '"1"', 'null', 'true', '[]', '{}', '[1]'],
];
const VALUES = [
  'null',
  'true',
  '0',
  '""',
  '[]',
  '{}',
  '"F32"',
  '[0,0]',
  '[0,8,16]',
  '[[0,8]]',
  '{"0":0,"1":8}',
];
const METADATA = [
  ...[
    '{}',
    'null',
    '{"format":"pt"}',
    '{"__proto__":"x"}',
    '{"a":1}',
    '{"a":null}',
    '[]',
    '""',
    '{"a":"1","a":"2"}',
  ],
  ...['{"a":{}}', '{"\\u0061":"1"}', '{"\\ud800":"x"}', '0'],
];

/**
 * One file.
 *
 * @param {number} seed
 * @param {number} index
 * @returns {Uint8Array}
 */
export function safetensorsCase(seed, index) {
  const random = randomOf(seed, index);
  const { below, chance, pick } = random;
  let offset = 0;
  const tensors = Array.from({ length: below(5) }, (_, i) => {
    const [dtype, width] = pick(DTYPES);
    const shape = Array.from({ length: below(4) }, () => below(4));
    const size = shape.reduce((product, n) => product * n, width);
    offset += size;
    return {
      name: JSON.stringify(chance(0.8) ? `t${i}` : pick(NAMES)),
      dtype: JSON.stringify(dtype),
      shape: shape.map(String),
      offsets: [String(offset - size), String(offset)],
      more: '',
      /** @type {string | undefined} */
      instead: undefined,
    };
  });
  let data = offset;
  /** @type {bigint | undefined} */
  let said;
  /** @type {string[]} */
  const front = [];
  let behind = '';
  const one = () =>
    tensors.length > 0 ? pick(tensors) : { offsets: [], shape: [], name: '', dtype: '', more: '' };
  const faults = [
    () => (one().offsets[below(2)] = pick(NUMBERS)),
    () => (one().offsets[below(2)] = String(below(40))),
    () => one().offsets.push(pick(NUMBERS)),
    () => (one().shape[below(3)] = pick(NUMBERS)),
    () => (one().shape = Array.from({ length: 2 + below(3) }, () => pick(['4294967296', '65536', '0', '1']))),
    () =>
      (one().dtype = pick([
        '"F32"',
        '"U8"',
        '"F4"',
        '"F6_E2M3"',
        '"f32"',
        '"constructor"',
        '5',
        'null',
        '["F32"]',
      ])),
    () => (one().name = JSON.stringify(pick(NAMES))),
    () =>
      (one().more = `,${pick(['"x":1', '"shape":[2]', '"dtype":"F32"', '"data_offsets":[0,8]', '"":{}'])}`),
    () => (one().more = `,"x":${'['.repeat(130)}${']'.repeat(130)}`),
    () => Object.assign(one(), { instead: pick(VALUES) }),
    () => tensors.length > 0 && tensors.push(pick(tensors)),
    () => tensors.reverse(),
    () => (data = Math.max(0, data + below(9) - 4)),
    () => (said = pick([0n, 1n, 2n, 5n, 100_000_000n, 100_000_001n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])),
    () => front.push(`"__metadata__":${pick(METADATA)}`),
    () => (behind = pick([' ', '   ', '\n', '\u0000', '}', 'x', ',', '\t\r\n'])),
  ];
  // Some stay as they are: a reader that refuses everything is safe, but no reader.
  for (let n = below(4); n > 0; n--) pick(faults)();
  const space = chance(0.1) ? pick([' ', '\n', '\t']) : '';
  const entries = tensors.map(
    ({ name, dtype, shape, offsets, more, instead }) =>
      `${name}:${space}${instead ?? `{"dtype":${dtype},"shape":[${Array.from(shape, (n) => n ?? '1').join()}],"data_offsets":[${offsets.join()}]${more}}`}`,
  );
  const text = `{${space}${[...front, ...entries].join(`,${space}`)}}${behind}`;
  const header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + header.length + data);
  new DataView(bytes.buffer).setBigUint64(0, said ?? BigInt(header.length), true);
  bytes.set(header, 8);
  for (let i = 8 + header.length; i < bytes.length; i++) bytes[i] = below(256);
  return chance(0.25) ? mutateBytes(bytes, random) : bytes;
}
