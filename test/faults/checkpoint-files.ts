/** Writing, rotating and reading checkpoints while the disk fails; how often is said by who runs it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkpointFault, checkpointName, checkpointSteps, writeCheckpoint, type Parts } from '../../src/files/checkpoint-folder.js'; // prettier-ignore
import { FileError } from '../../src/util/errors.js';
import { tempFolder } from '../files/temp.js';
import { SEED, tell } from './runs.js';
import { afterPowerLoss, failingDisk, FAULTS, recordingDisk, type Fault } from './training/disk.js';

/** Three files, one of several parts, whose bytes hang on the step. */
function filesOf(step: number): Record<string, Parts> {
  const numbers = Float32Array.from({ length: 300 }, (_, i) => step * 1000 + i);
  return {
    'model.safetensors': [`head ${step}`, numbers],
    'optimizer.safetensors': [numbers, new Uint8Array(step), numbers],
    'training_state.json': [JSON.stringify({ step })],
  };
}

/** The newest step whose files are as they were written; they are compared with what was written too. */
export async function newestValid(run: string): Promise<number | undefined> {
  for (const step of await checkpointSteps(run)) {
    if ((await checkpointFault(run, step)) !== undefined) continue;
    for (const [name, parts] of Object.entries(filesOf(step))) {
      const expected = Buffer.concat(
        parts.map((part) =>
          typeof part === 'string'
            ? Buffer.from(part)
            : Buffer.from(part.buffer, part.byteOffset, part.byteLength),
        ),
      );
      expect(readFileSync(join(run, checkpointName(step), name)).equals(expected)).toBe(true);
    }
    return step;
  }
  return undefined;
}

/** Numbers from a seed, in [0, 1): mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A fault at each call of the second and of the third save, which removes the first. */
export function failEachCall(): void {
  test.each(FAULTS)(
    '%s at each call: the newest valid one is the old or the new, and the next save mends all',
    async (fault: Fault) => {
      let points = 0;
      for (let at = 1; ; at++) {
        const run = join(tempFolder(), 'run');
        await writeCheckpoint(run, 5, filesOf(5), { keep: 2 });
        await writeCheckpoint(run, 10, filesOf(10), { keep: 2 });
        const disk = failingDisk(at, fault);
        const error = await writeCheckpoint(run, 15, filesOf(15), { keep: 2, disk }).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (disk.calls() < at) break;
        points++;
        const newest = await newestValid(run);
        expect([10, 15], `call ${at}`).toContain(newest);
        if (error === undefined) expect(newest, `call ${at}`).toBe(15);
        else expect(error).toBeInstanceOf(FileError);
        if (fault === 'short write') expect(error).toBeUndefined();
        await writeCheckpoint(run, 20, filesOf(20), { keep: 2 });
        expect(await newestValid(run)).toBe(20);
        expect(readdirSync(run).length, `call ${at}`).toBe(2);
        rmSync(run, { recursive: true });
      }
      expect(points).toBeGreaterThan(20);
      tell(`checkpoint saved, ${fault} at each call`, { points });
    },
  );
}

/** Power lost at random moments of five saves. */
export function losePower(times: number): void {
  test(`power lost ${times} times: a valid checkpoint is there once one was durable, and never an older one than that`, async () => {
    const parent = tempFolder();
    const run = join(parent, 'run');
    mkdirSync(run);
    const disk = recordingDisk(run);
    /** After so many calls, this step was saved. */
    const durable: [calls: number, step: number][] = [];
    for (const step of [5, 10, 15, 20, 25]) {
      await writeCheckpoint(run, step, filesOf(step), { keep: 2, disk });
      durable.push([disk.log.length, step]);
    }
    const random = randomOf(SEED);
    const found = { newer: 0, same: 0 };
    for (let i = 0; i < times; i++) {
      const count = durable[0]![0] + Math.floor(random() * (disk.log.length - durable[0]![0] + 1));
      const left = join(parent, `left-${i}`);
      mkdirSync(left);
      afterPowerLoss(disk.log, count, left, random);
      const last = durable.filter(([calls]) => calls <= count).at(-1)![1];
      const newest = await newestValid(left);
      expect(newest, `power lost after call ${count} of ${disk.log.length}, case ${i}`).toBeDefined();
      expect(newest!, `power lost after call ${count}, case ${i}`).toBeGreaterThanOrEqual(last);
      found[newest! > last ? 'newer' : 'same']++;
      rmSync(left, { recursive: true });
    }
    tell('power lost', { times, ...found });
  });
}

/** Saves of random steps with a random `keep`, some after going back to an older one. */
export function rotate(sequences: number): void {
  test(`${sequences} sequences of saves: the newest is never removed, and no more than asked for are kept`, async () => {
    const random = randomOf(SEED + 1);
    const parent = tempFolder();
    for (let i = 0; i < sequences; i++) {
      const run = join(parent, `run-${i}`);
      const keep = 1 + Math.floor(random() * 3);
      let step = 0;
      const saved: number[] = [];
      for (let save = 0; save < 5; save++) {
        // A damaged one, after which the run goes on from an older one: its step comes again.
        if (saved.length > 1 && random() < 0.3) {
          const bad = join(run, checkpointName(saved.at(-1)!), 'model.safetensors');
          if (existsSync(bad)) writeFileSync(bad, 'x');
          saved.pop();
          step = saved.at(-1)!;
        }
        step += 1 + Math.floor(random() * 900);
        await writeCheckpoint(run, step, filesOf(step % 100), { keep });
        while (saved.length > 0 && saved.at(-1)! >= step) saved.pop();
        saved.push(step);
        const steps = await checkpointSteps(run);
        expect(steps[0]).toBe(step);
        expect(steps.length).toBeLessThanOrEqual(keep);
        expect(await checkpointFault(run, step)).toBeUndefined();
      }
      rmSync(run, { recursive: true });
    }
    tell('rotation', { sequences });
  });
}

/** One bit of one file of the newest flipped. */
export function flipBits(times: number): void {
  test(`${times} flipped bits in the newest: each is noticed, and the one before is valid`, async () => {
    const random = randomOf(SEED + 2);
    const run = join(tempFolder(), 'run');
    for (const step of [5, 10]) await writeCheckpoint(run, step, filesOf(step), { keep: 2 });
    const newest = join(run, checkpointName(10));
    for (let i = 0; i < times; i++) {
      const names = readdirSync(newest);
      const path = join(newest, names[Math.floor(random() * names.length)]!);
      const before = readFileSync(path);
      const bytes = Uint8Array.from(before);
      bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      writeFileSync(path, bytes);
      const fault = await checkpointFault(run, 10);
      // A bit of white space in the manifest changes nothing of what it says; all else is noticed.
      if (fault === undefined) expect(path).toMatch(/manifest\.json$/);
      else expect(await newestValid(run)).toBe(5);
      writeFileSync(path, before);
    }
    expect(await newestValid(run)).toBe(10);
    tell('flipped bits', { times });
  });
}
