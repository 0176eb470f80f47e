/** ONNX files that are wrong, given to the engine in processes of their own. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempFolder } from '../../files/temp.js';
import { fixturePath } from '../../support/fixtures.js';
import { tinyCopy } from '../../support/models.js';
import { onnxCase } from '../corpora/onnx.js';
import { randomOf } from '../corpora/random.js';
import { SEED, tell } from '../runs.js';

const CHILD = fileURLToPath(new URL('engine-child.js', import.meta.url));
/** For one file; the longest takes some milliseconds. */
const PATIENCE_MS = 60_000;

/** What came of each file, in their order: `read`, an error's code, `untyped ...`, or how the process ended. */
async function outcomesOf(paths: readonly string[]): Promise<string[]> {
  const outcomes: string[] = [];
  while (outcomes.length < paths.length) {
    const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = new Promise<string>((resolve) => {
      child.on('close', (code, signal) => {
        resolve(signal ?? `exit code ${code ?? -1}`);
      });
    });
    child.stdin.on('error', () => undefined); // of one that has ended
    child.stdin.end(paths.slice(outcomes.length).join('\n'));
    const kill = (): boolean => child.kill('SIGKILL');
    let timer = setTimeout(kill, PATIENCE_MS);
    let under = false;
    for await (const line of createInterface({ input: child.stdout })) {
      clearTimeout(timer);
      timer = setTimeout(kill, PATIENCE_MS);
      under = line.startsWith('begin ');
      if (line.startsWith('end ')) outcomes.push(line.slice(4));
    }
    clearTimeout(timer);
    const end = await ended;
    if (under) outcomes.push(end);
    else if (outcomes.length < paths.length) throw new Error(`it ended between two files: ${end}`);
  }
  return outcomes;
}

export function fuzzEngine(runs: number): void {
  test(`${runs} ONNX files, loaded and run: a result or a typed error, and no crash`, async () => {
    const model = tinyCopy(tempFolder(), 'm', fixturePath('hf-saved-onnx'));
    const original = new Uint8Array(readFileSync(join(model, 'onnx/model.onnx')));
    mkdirSync(join(model, 'spoilt'));
    const paths = Array.from({ length: runs }, (_, i) => {
      const path = join(model, 'spoilt', `${i}.onnx`);
      writeFileSync(path, onnxCase(original, randomOf(SEED + 1, i)));
      return path;
    });
    const outcomes = await outcomesOf(paths);
    const counts: Record<string, number> = {};
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
    tell('ONNX in the engine', { files: runs, ...counts });
    const others = outcomes.flatMap((outcome, i) =>
      /^(?:read|MODEL|NUMERIC)$/.test(outcome) ? [] : [`${i}: ${outcome}`],
    );
    expect(others).toEqual([]);
    expect(counts['read']).toBeGreaterThan(0);
    expect(counts['MODEL']).toBeGreaterThan(runs / 10);
  });
}
