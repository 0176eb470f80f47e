import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  encodeSafetensorsHeader,
  parseSafetensorsHeader,
  safetensorsHeaderSize,
} from '../../src/formats/safetensors.js';
import { ModelError } from '../../src/util/errors.js';

const NAME = 'model.safetensors';

/** A file by hand: length, header text (or bytes), then `dataBytes` zeros; `length` overrides the true length. */
function file(header: string | Uint8Array, dataBytes: number, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const parse = (bytes: Uint8Array) => parseSafetensorsHeader(bytes, bytes.length, NAME);
const text = (s: string) => new TextEncoder().encode(s);
/** A header of one tensor `a`: F32 [2], with some fields replaced. */
const one = (fields: string) => `{"a":{${fields}}}`;

const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';

describe('a good header', () => {
  test('gives each tensor its type, shape and place in the file, in file order', () => {
    const header =
      '{"__metadata__":{"format":"pt","constructor":"x"},' +
      '"b":{"dtype":"F16","shape":[3],"data_offsets":[24,30]},"2":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}';
    const bytes = file(header, 30);
    const start = 8 + header.length;
    expect(parse(bytes)).toEqual({
      tensors: new Map([
        ['2', { dtype: 'F32', shape: [2, 3], start, end: start + 24 }],
        ['b', { dtype: 'F16', shape: [3], start: start + 24, end: start + 30 }],
      ]),
      metadata: new Map([
        ['format', 'pt'],
        ['constructor', 'x'],
      ]),
      dataStart: start,
    });
    expect([...parse(bytes).tensors.keys()]).toEqual(['2', 'b']);
  });

  test.each([
    ['no tensors', '{}', 0],
    ['spaces behind it', '{}   \n', 0],
    ['a scalar', one('"dtype":"I64","shape":[],"data_offsets":[0,8]'), 8],
    ['an empty tensor', one('"dtype":"F32","shape":[4,0],"data_offsets":[0,0]'), 0],
    ['quotes and backslashes in a name', `{"a\\",\\\\":{${good}}}`, 8],
    ['metadata of null', '{"__metadata__":null}', 0],
    [
      'an empty tensor beside a full one',
      '{"full":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"empty":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      2,
    ],
    ['half bytes that add up', one('"dtype":"F4","shape":[4],"data_offsets":[0,2]'), 2],
  ])('may have %s', (_, header, dataBytes) => {
    expect(() => parse(file(header, dataBytes))).not.toThrow();
  });

  test('names like those of Object.prototype are plain data', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const bytes = encodeSafetensorsHeader(names.map((name) => ({ name, dtype: 'F32', shape: [1] })));
    const { tensors } = parseSafetensorsHeader(bytes, bytes.length + 16, NAME);
    expect([...tensors.keys()]).toEqual(names);
    expect(({} as Record<string, unknown>)['shape']).toBeUndefined();
    expect(tensors.get('valueOf')).toBeUndefined();
  });
});

/** Each rule of the format with a file that breaks this rule only. */
const FAULTS: [string, Uint8Array, RegExp][] = [
  ['an empty file', new Uint8Array(0), /is empty \(0 bytes\): download it again/],
  ['a file shorter than the length', new Uint8Array(5).fill(1), /is cut: 5 bytes/],
  ['a length of 0', file('', 0), /its header has 0 bytes/],
  ['a length of 1', file('{', 0), /its header has 1 bytes/],
  [
    'a length over 100 MB',
    file('{}', 0, 100_000_001n),
    /gives? a header of 100,000,001 bytes, expected at most 100,000,000/,
  ],
  ['a length of 2^64 - 1', file('{}', 0, 2n ** 64n - 1n), /a header of 18,446,744,073,709,551,615 bytes/],
  ['a length beyond the file', file('{}', 0, 1000n), /is cut: 10 of at least 1,008 bytes; download it again/],
  ['a header that starts with a space', file(' {}', 0), /starts with byte 0x20, expected "\{"/],
  ['a header that starts with a byte order mark', file('\ufeff{}', 0), /starts with byte 0xef/],
  ['a header that is a list', file('[]', 0), /starts with byte 0x5b/],
  ['bad UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 0), /is not UTF-8/],
  ['bad JSON', file('{"a":}', 0), /is not JSON/],
  ['text behind the JSON', file('{}x', 0), /is not JSON/],
  ['zeros behind the JSON', file('{}\0\0', 0), /is not JSON/],
  ['a tensor twice', file(`{"a":{${good}},"a":{${good}}}`, 8), /the key "a" twice in one object/],
  [
    'a tensor twice, spelled differently',
    file(`{"a":{${good}},"\\u0061":{${good}}}`, 8),
    /the key "a" twice/,
  ],
  ['a field twice', file(one(`${good},"shape":[2]`), 8), /the key "shape" twice/],
  ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}', 0), /the key "__metadata__" twice/],
  [
    'a fraction that is whole',
    file(one('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'), 8),
    /the number "2.0"/,
  ],
  ['an exponent', file(one('"dtype":"F32","shape":[2e0],"data_offsets":[0,8]'), 8), /the number "2e0"/],
  ['minus zero', file(one('"dtype":"F32","shape":[2],"data_offsets":[-0,8]'), 8), /the number "-0"/],
  ['half a surrogate pair', file(`{"\\ud800":{${good}}}`, 8), /half a surrogate pair/],
  ['deep nesting', file(one(`${good},"x":${'['.repeat(200)}${']'.repeat(200)}`), 8), /more than 127 levels/],
  [
    'metadata that is a list',
    file('{"__metadata__":["x"]}', 0),
    /__metadata__ is \["x"\], expected an object/,
  ],
  [
    'metadata that is no text',
    file('{"__metadata__":{"step":5}}', 0),
    /__metadata__ "step" is 5, expected a string/,
  ],
  ['a tensor that is a number', file('{"a":1}', 0), /tensor "a" is 1, expected an object/],
  ['a tensor that is null', file('{"a":null}', 0), /tensor "a" is null, expected an object/],
  [
    'no dtype',
    file(one('"shape":[2],"data_offsets":[0,8]'), 8),
    /tensor "a": dtype is nothing, expected F32/,
  ],
  ['an unknown dtype', file(one('"dtype":"F31","shape":[2],"data_offsets":[0,8]'), 8), /dtype is "F31"/],
  [
    'a dtype of Object.prototype',
    file(one('"dtype":"constructor","shape":[2],"data_offsets":[0,8]'), 8),
    /dtype is "constructor"/,
  ],
  ['no shape', file(one('"dtype":"F32","data_offsets":[0,8]'), 8), /tensor "a": shape is nothing/],
  [
    'a shape that is a number',
    file(one('"dtype":"F32","shape":2,"data_offsets":[0,8]'), 8),
    /shape is 2, expected a list/,
  ],
  ['a shape of text', file(one('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'), 8), /shape is \["2"\]/],
  [
    'a shape beyond 2^53',
    file(one('"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]'), 8),
    /shape is \[9007199254740992\]/,
  ],
  [
    'a product beyond 2^53',
    file(one('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]'), 8),
    /is too large/,
  ],
  [
    'a product beyond 2^53 times 0',
    file(one('"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]'), 0),
    /is too large/,
  ],
  ['no offsets', file(one('"dtype":"F32","shape":[2]'), 8), /data_offsets is nothing/],
  [
    'three offsets',
    file(one('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'), 8),
    /data_offsets is \[0,8,8\]/,
  ],
  [
    'offsets beyond 2^53',
    file(one('"dtype":"F32","shape":[2],"data_offsets":[9007199254740992,9007199254741000]'), 8),
    /expected two whole numbers/,
  ],
  [
    'an end before the start',
    file(one('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 8),
    /it ends before it starts/,
  ],
  [
    'a size too small for the shape',
    file(one('"dtype":"F32","shape":[2],"data_offsets":[0,7]'), 7),
    /F32 \[2\] takes 8 bytes, but data_offsets \[0,7\] give 7/,
  ],
  [
    'a size too large for the shape',
    file(one('"dtype":"F16","shape":[2],"data_offsets":[0,8]'), 8),
    /F16 \[2\] takes 4 bytes, but data_offsets \[0,8\] give 8/,
  ],
  [
    'half a byte',
    file(one('"dtype":"F4","shape":[3],"data_offsets":[0,1]'), 1),
    /takes 12 bits, no whole bytes/,
  ],
  [
    'a gap at the start',
    file(one('"dtype":"F32","shape":[2],"data_offsets":[4,12]'), 12),
    /starts at byte 67 of the file, expected 63: 4 unused bytes lie between the header and it/,
  ],
  [
    'a gap between two',
    file(
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}',
      5,
    ),
    /tensor "b" starts .* 1 unused bytes lie between tensor "a" and it/,
  ],
  [
    'an overlap',
    file(
      '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
      4,
    ),
    /tensor "b" starts .* it overlaps tensor "a"/,
  ],
  [
    'two tensors on the same bytes',
    file(
      '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
      4,
    ),
    /tensor "b" starts .* it overlaps tensor "a"/,
  ],
  ['too few bytes of data', file(one(good), 7), /is cut: 69 of 70 bytes; download it again/],
  ['too many bytes of data', file(one(good), 9), /has \d+ bytes, but its tensors end at byte \d+/],
];

describe('a malformed file is refused, with its name and the rule', () => {
  test.each(FAULTS)('%s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(ModelError);
    expect(() => parse(bytes)).toThrow(message);
    expect(() => parse(bytes)).toThrow(/^model\.safetensors/);
  });
});

describe('a file of another kind is called by its name', () => {
  test.each([
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 45437760\n',
      /Git LFS pointer.*git lfs pull/,
    ],
    ['a page', '<!DOCTYPE html><html><head></head><body>404</body></html>', /web page/],
    ['a page behind a mark and lines', '\ufeff\n\n  <HTML lang="en">', /web page/],
    ['an XML error', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /web page/],
    ['a JSON error', '{"error":"Repository not found"}', /is JSON text/],
  ])('%s', (_, content, message) => {
    expect(() => parse(text(content))).toThrow(message);
  });

  test.each([
    ['zip', [0x50, 0x4b, 3, 4, 0, 0, 0, 8, 8, 0], /zip file.*from_pretrained/],
    ['pickle', [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], /Python pickle.*from_pretrained/],
    ['gzip', [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], /gzip/],
    ['GGUF', [0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 0, 0], /GGUF/],
  ])('%s', (_, start, message) => {
    expect(() => parse(Uint8Array.of(...start, ...new Uint8Array(100)))).toThrow(message);
  });
});

test('a terminal escape in a tensor name does not reach the message', () => {
  const bytes = file('{"\\u001b[2Jx\u202e\u009b":{"dtype":"F32"}}', 0);
  expect(() => parse(bytes)).toThrow(/tensor "\\u001b\[2Jx\\u202e\\u009b"/);
});

describe('writing', () => {
  test('a header that can be read back, aligned to 8 bytes, in the given order', () => {
    const bytes = encodeSafetensorsHeader([
      { name: 'z', dtype: 'F32', shape: [2, 3] },
      { name: '0', dtype: 'F32', shape: [] },
      { name: 'é', dtype: 'F32', shape: [0] },
    ]);
    expect(bytes.length % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},' +
        '"0":{"dtype":"F32","shape":[],"data_offsets":[24,28]},"é":{"dtype":"F32","shape":[0],"data_offsets":[28,28]}}',
    );
    const { tensors, metadata } = parseSafetensorsHeader(bytes, bytes.length + 28, NAME);
    expect([...tensors.keys()]).toEqual(['z', '0', 'é']);
    expect(metadata).toEqual(new Map([['format', 'pt']]));
  });

  test('refuses a name given twice, or kept for metadata', () => {
    const tensor = (name: string) => ({ name, dtype: 'F32' as const, shape: [1] });
    expect(() => encodeSafetensorsHeader([tensor('a'), tensor('a')])).toThrow(/two tensors are called "a"/);
    expect(() => encodeSafetensorsHeader([tensor('__metadata__')])).toThrow(/two tensors/);
  });
});

describe('the bundled model', () => {
  const { head, size } = readHead(
    new URL('../../models/all-MiniLM-L6-v2/model.safetensors', import.meta.url),
  );

  test('is read, and its header written as F32 has the same names and shapes', () => {
    const { tensors } = parseSafetensorsHeader(head, size, NAME);
    expect(tensors.size).toBe(103);
    expect(tensors.get('embeddings.word_embeddings.weight')?.shape).toEqual([30522, 384]);
    expect([...tensors.values()].every(({ dtype }) => dtype === 'F16')).toBe(true);
    const written = encodeSafetensorsHeader(
      [...tensors].map(([name, { shape }]) => ({ name, dtype: 'F32', shape })),
    );
    const numbers = [...tensors.values()].reduce((sum, { start, end }) => sum + (end - start) / 2, 0);
    const again = parseSafetensorsHeader(written, written.length + numbers * 4, NAME).tensors;
    expect([...again].map(([name, { shape }]) => [name, shape])).toEqual(
      [...tensors].map(([name, { shape }]) => [name, shape]),
    );
    expect([...again.values()].every(({ dtype }) => dtype === 'F32')).toBe(true);
  });

  test('cut at any length says so', () => {
    const random = randomOf(10);
    for (let i = 0; i < 1000; i++) {
      const cut = 1 + Math.floor(random() * (size - 1));
      const at = i < 200 ? 1 + (cut % head.length) : cut;
      expect(() => parseSafetensorsHeader(head.subarray(0, at), at, NAME)).toThrow(
        /is cut: .*download it again/,
      );
    }
    expect(() => parseSafetensorsHeader(head, 1_234_567, NAME)).toThrow(
      'model.safetensors is cut: 1,234,567 of 45,437,760 bytes; download it again.',
    );
  });
});

/** The first bytes of a safetensors file, up to the end of its header. */
function readHead(url: URL): { head: Uint8Array; size: number } {
  const fd = openSync(url, 'r');
  try {
    const size = fstatSync(fd).size;
    const start = new Uint8Array(512);
    readSync(fd, start, 0, 512, 0);
    const head = new Uint8Array(safetensorsHeaderSize(start, size, NAME));
    readSync(fd, head, 0, head.length, 0);
    return { head, size };
  } finally {
    closeSync(fd);
  }
}

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('mutated headers', () => {
  const seed = 20_240_601;
  test(`3,000 mutations (seed ${seed}): a typed error, or tensors that cover the file exactly`, () => {
    const random = randomOf(seed);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
    const verdicts = { accepted: 0, refused: 0 };
    for (let i = 0; i < 3000; i++) {
      const bytes = mutate(random, pick);
      try {
        checkCoverage(bytes, parse(bytes));
        verdicts.accepted++;
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        verdicts.refused++;
      }
    }
    // Both must happen, or the test proves nothing.
    expect(verdicts.accepted).toBeGreaterThan(100);
    expect(verdicts.refused).toBeGreaterThan(1500);
  });
});

/** A tensor of a header that may become wrong in any way. */
interface Draft {
  name: string;
  dtype: unknown;
  shape: unknown[];
  offsets: unknown[];
}

/** A file of 3 tensors with one to three faults in its structure or its bytes. */
function mutate(random: () => number, pick: <T>(list: readonly T[]) => T): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  let offset = 0;
  const tensors = ['a', 'b', 'c'].map((name): Draft => {
    const [dtype, width] = pick([
      ['F32', 4],
      ['F16', 2],
      ['U8', 1],
      ['I64', 8],
    ] as const);
    const shape = Array.from({ length: below(4) }, () => below(4));
    const size = shape.reduce((product, n) => product * n, width);
    offset += size;
    return { name, dtype, shape, offsets: [offset - size, offset] };
  });
  const odd = [-1, 0, 1, 2, 3, 7, 8, 16, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 0.5, '1', null, [], {}, true];
  let dataBytes = offset;
  let length: bigint | undefined;
  const faults = [
    () => (pick(tensors).offsets[below(2)] = pick(odd)),
    () => (pick(tensors).offsets[below(2)] = below(40)),
    () => (pick(tensors).shape[below(3)] = pick(odd)),
    () => (pick(tensors).dtype = pick(['F32', 'F16', 'U8', 'I64', 'F4', 'X', '', 5, null])),
    () => (pick(tensors).name = pick(['a', 'b', '__metadata__', '__proto__', ''])),
    () => tensors.splice(below(tensors.length), 1, pick(tensors)),
    () => tensors.reverse(),
    () => (dataBytes = Math.max(0, dataBytes + below(5) - 2)),
    () => (length = pick([0n, 1n, 5n, 100_000_001n, 2n ** 53n, 2n ** 64n - 1n])),
  ];
  for (let n = below(3); n >= 0; n--) pick(faults)();
  const entries = tensors.map(
    ({ name, dtype, shape, offsets }) =>
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: Array.from(shape, (n) => n ?? 1), data_offsets: offsets })}`,
  );
  const bytes = file(`{${entries.join(',')}}`, dataBytes, length);
  if (random() < 0.3) bytes[below(bytes.length)] = below(256);
  return random() < 0.1 ? bytes.slice(0, below(bytes.length + 1)) : bytes;
}

/** Independent of the parser: paints each tensor's bytes; every byte behind the header must be painted once. */
function checkCoverage(bytes: Uint8Array, header: ReturnType<typeof parse>): void {
  const widths: Record<string, number> = { F32: 4, F16: 2, U8: 1, I64: 8, F4: 0.5, I8: 1, BF16: 2, F64: 8, I16: 2, I32: 4, U16: 2, U32: 4, U64: 8, C64: 8, BOOL: 1 }; // prettier-ignore
  const painted = new Uint8Array(bytes.length);
  for (const { dtype, shape, start, end } of header.tensors.values()) {
    expect(end - start).toBe(shape.reduce((product, n) => product * n, 1) * widths[dtype]!);
    expect(end).toBeLessThanOrEqual(bytes.length);
    for (let i = start; i < end; i++) painted[i]!++;
  }
  const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  expect(header.dataStart).toBe(headerEnd);
  expect(painted.every((times, i) => times === (i < headerEnd ? 0 : 1))).toBe(true);
}
