/** TensorBoard's event files, byte for byte as Python's tensorboard writes them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../src/formats/crc32c.js';
import { eventFileStart, scalarRecord } from '../../src/formats/tensorboard.js';
import { fixturePath } from '../support/fixtures.js';

describe('CRC-32C', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  // RFC 3720, appendix B.4; the last is the check value of the catalogue of parametrised CRC algorithms.
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 ascending', ascending, 0x46dd794e],
    ['32 descending', ascending.toReversed(), 0x113fdb5c],
    ['nothing', new Uint8Array(0), 0],
    ['"123456789"', new TextEncoder().encode('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

test('a file of scalars has the bytes of scripts/fixtures/make_tensorboard.py', () => {
  const events: [number, Record<string, number>][] = [
    [0, { 'train/loss': 0.6931471824645996 }],
    [1, { 'train/loss': 0.5, 'train/grad_norm': 1.25, 'train/learning_rate': 2e-5 }],
    [300, { 'eval/accuracy': 0.883, 'eval/loss': 0.1 + 0.2 }],
    [70000, { 'train/loss': -0 }],
  ];
  const records = events.map(([step, scalars]) =>
    scalarRecord({ wallTime: 1_700_000_000.5 + step, step, scalars }),
  );
  const bytes = Buffer.concat([eventFileStart(1_700_000_000), ...records]);
  expect(bytes.toString('hex')).toBe(readFileSync(fixturePath('tensorboard.events')).toString('hex'));
});
