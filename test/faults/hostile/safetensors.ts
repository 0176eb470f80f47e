/** Headers of safetensors files, right and wrong: against the Rust crate's verdicts, and against counting of bytes. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  firstNotFinite,
  parseSafetensorsHeader,
  readTensorAsFloat32,
  type SafetensorsHeader,
} from '../../../src/formats/safetensors.js';
import { bitsOf } from '../../../src/formats/tensor-bytes.js';
import { fixtureJson } from '../../support/fixtures.js';
import { safetensorsCase } from '../corpora/safetensors.js';
import { expectNoPollution, outcomeOf, SEED, tell } from '../runs.js';

const NAME = 'model.safetensors';

interface Verdicts {
  readonly seed: number;
  readonly count: number;
  readonly sha256: string;
  /** A bit for each file, the lowest first: whether the crate reads it. */
  readonly accepted: string;
  /** Of the first files what was read, or `-`. */
  readonly digests: string;
}

/** The file amid other bytes, so that whoever leaves it reads what is wrong. */
function amidOthers(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(bytes.length + 64).fill(0x7b);
  around.set(bytes, 13);
  return around.subarray(13, 13 + bytes.length);
}

function check(bytes: Uint8Array, header: SafetensorsHeader, where: string): void {
  const painted = new Uint8Array(bytes.length);
  for (const [name, { dtype, shape, start, end }] of header.tensors) {
    const elements = shape.reduce((product, n) => product * n, 1);
    expect((end - start) * 8, where).toBe(elements * bitsOf(dtype));
    for (let i = start; i < end; i++) painted[i]!++;
    if (!['F32', 'F16', 'BF16', 'F64'].includes(dtype)) continue;
    const out = new Float32Array(elements);
    try {
      readTensorAsFloat32(bytes.subarray(start, end), dtype, out, name);
    } catch (error) {
      expect(String(error), where).toContain('beyond the range of float32');
    }
    firstNotFinite(out);
  }
  const all = painted.subarray(header.dataStart);
  if (all.some((times) => times !== 1)) throw new Error(`${where}: tensors don't cover the file once`);
}

export function fuzzSafetensors(runs: number): void {
  test(`${runs} safetensors files: a typed error, or tensors that cover the file exactly`, async () => {
    let accepted = 0;
    for (let i = 0; i < runs; i++) {
      const where = `file ${i}`;
      const bytes = amidOthers(safetensorsCase(SEED, i));
      const outcome = await outcomeOf(where, () => parseSafetensorsHeader(bytes, bytes.length, NAME));
      if ('value' in outcome) {
        accepted++;
        check(bytes, outcome.value, where);
      } else if (outcome.refused.code !== 'MODEL') throw outcome.refused;
    }
    expectNoPollution();
    tell('safetensors', { files: runs, read: accepted, refused: runs - accepted });
    // Both must happen, or nothing is shown.
    expect(accepted).toBeGreaterThan(runs / 10);
    expect(runs - accepted).toBeGreaterThan(runs / 10);
  });
}

/** What the Rust crate made of the same files: scripts/fixtures/make_hostile.py. */
export function compareWithRust(most: number): void {
  const verdicts = fixtureJson('hostile/safetensors.json') as Verdicts;
  const count = Math.min(most, verdicts.count);
  test(`${count} safetensors files: none is read that the Rust crate refuses, and the same is read of the others`, () => {
    const sha = createHash('sha256');
    const bits = Buffer.from(verdicts.accepted, 'base64');
    const digests = verdicts.digests.split(' ');
    const facts = { files: count, 'read by both': 0, 'refused by both': 0, 'refused here alone': 0 };
    for (let i = 0; i < count; i++) {
      const bytes = safetensorsCase(verdicts.seed, i);
      sha.update(bytes);
      const rust = ((bits[i >> 3]! >> (i & 7)) & 1) === 1;
      let header: SafetensorsHeader;
      try {
        header = parseSafetensorsHeader(bytes, bytes.length, NAME);
      } catch {
        facts[rust ? 'refused here alone' : 'refused by both']++;
        continue;
      }
      if (!rust) throw new Error(`file ${i} is read here, but refused by the Rust crate`);
      facts['read by both']++;
      const digest = digests[i];
      if (digest !== undefined) expect(digestOf(bytes, header), `file ${i}`).toBe(digest);
    }
    if (count === verdicts.count) expect(sha.digest('hex')).toBe(verdicts.sha256);
    tell('safetensors beside the Rust crate', facts);
    expect(facts['read by both']).toBeGreaterThan(count / 10);
    // Keys given twice and numbers beyond 2^53 that make no difference there.
    expect(facts['refused here alone']).toBeLessThan(count / 20);
  });
}

/** As the script has it: names in hexadecimal, types, shapes and bytes, in the order of names. */
function digestOf(bytes: Uint8Array, { tensors }: SafetensorsHeader): string {
  const hex = (part: Uint8Array): string => Buffer.from(part).toString('hex');
  const rows = [...tensors].map(
    ([name, { dtype, shape, start, end }]) =>
      `${hex(Buffer.from(name))} ${dtype} [${shape.join(', ')}] ${hex(bytes.subarray(start, end))}`,
  );
  return createHash('sha256').update(rows.sort().join('\n')).digest('hex').slice(0, 8);
}
