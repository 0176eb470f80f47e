import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkAnswers } from '../../bench/lib/check.js';
import { speedRows } from '../../bench/lib/result.js';
import { meanOf, median, speedRatio, spreadOf, sumOf } from '../../bench/lib/statistics.js';
import { inTurn } from '../../bench/lib/turns.js';

const FAKE = fileURLToPath(new URL('contender.fake.js', import.meta.url));
let folder: string;
let log: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bertune-test-'));
  log = join(folder, 'turns');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const work = (seconds: number, texts = 10, tokens = 100) => ({ seconds, texts, tokens });

describe('the arithmetic', () => {
  test('median of odd and even counts', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 10])).toBe(3.5);
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, low: 1, high: 5 });
  });

  test('mean and the deviation of a sample', () => {
    // (1 + 2 + 6) / 3 = 3; ((-2)^2 + (-1)^2 + 3^2) / 2 = 7
    expect(meanOf([1, 2, 6])).toEqual({ mean: 3, deviation: Math.sqrt(7) });
    expect(meanOf([0.9])).toEqual({ mean: 0.9, deviation: 0 });
  });

  test('slices add up', () => {
    expect(sumOf([work(1), work(2, 20, 300)])).toEqual({ seconds: 3, texts: 30, tokens: 400 });
  });

  test('ratios are taken round by round, so that drift common to both drops out', () => {
    const ours = [work(1), work(2), work(4)];
    const theirs = [work(3), work(4), work(8)];
    expect(speedRatio(ours, theirs)).toEqual({ median: 2, low: 2, high: 3 });
  });

  test('where the texts differ, tokens a second are compared', () => {
    // Theirs: 40 tokens in 2 s. Ours: 100, 50 and 25 tokens a second.
    expect(speedRatio([work(1), work(2), work(4)], [work(2, 4, 40)])).toEqual({
      median: 2.5,
      low: 1.25,
      high: 5,
    });
  });

  test('the target is for the fastest of several peers; the others have a ratio without one', () => {
    const result = (seconds: number, peakBytes: number) => ({
      rounds: [work(seconds)],
      peakBytes,
      versions: {},
    });
    const results = new Map([
      ['ours', result(1, 50)],
      ['slow', result(4, 100)],
      ['fast', result(2, 200)],
    ]);
    const specs = [...results.keys()].map((id) => ({ id, label: id, command: [] }));
    const comparisons = [{ of: 'ours', against: ['slow', 'fast', 'absent'], atLeast: 1.3 }];
    const [ours, slow, fast] = speedRows(specs, results, comparisons);
    expect(ours?.comparison).toBeUndefined();
    expect(slow?.comparison).toMatchObject({ ratio: { median: 4 }, memory: 0.5 });
    expect(slow?.comparison).not.toHaveProperty('atLeast');
    expect(fast?.comparison).toMatchObject({ ratio: { median: 2 }, memory: 0.25, atLeast: 1.3 });
  });

  test('a peer that answers differently is refused', () => {
    expect(() => {
      checkAnswers('peer', [[0.50001]], [[0.5]], 1e-4);
    }).not.toThrow();
    expect(() => {
      checkAnswers('peer', [[0.5], [0.502]], [[0.5], [0.5]], 1e-4);
    }).toThrow(/^peer doesn't compute what bertune does: text 2 gives 0.502, expected 0.5 /);
    expect(() => {
      checkAnswers('peer', [[NaN]], [[0.5]], 1e-4);
    }).toThrow(/text 1 gives NaN/);
    expect(() => {
      checkAnswers('peer', [], [[0.5]], 1e-4);
    }).toThrow(/gave 0 answers, expected 1/);
  });
});

describe('turns', () => {
  const fake = (name: string, ...seconds: number[]) => ({
    id: name,
    label: name,
    command: [process.execPath, FAKE, name, seconds.join(','), log],
  });

  test('contenders take turns, the slow one a single one; warming up is not counted', async () => {
    const specs = [fake('A', 99, 1, 2, 3, 4), { ...fake('B', 7), brief: true }, fake('C', 99, 5, 6, 7, 8)];
    const results = await inTurn(specs, { rounds: 2, slices: 2 });
    expect(readFileSync(log, 'utf8')).toBe('AC' + 'ABC' + 'AC' + 'AC' + 'AC');
    expect(results.get('A')).toEqual({
      rounds: [work(3, 24, 240), work(7, 24, 240)],
      peakBytes: 1000,
      versions: { A: '1' },
    });
    expect(results.get('B')?.rounds).toEqual([work(7, 12, 120)]);
    expect(results.get('C')?.rounds).toEqual([work(11, 24, 240), work(15, 24, 240)]);
  });

  test('a contender that dies is named, with its exit code', async () => {
    const dying = {
      ...fake('A'),
      command: [process.execPath, '-e', 'console.error("no torch"); process.exit(3)'],
    };
    await expect(inTurn([dying], { rounds: 1, slices: 1 })).rejects.toThrow(
      /A: it ended with code 3[^]*no torch/,
    );
  });

  test('nothing is timed when the check fails', async () => {
    rmSync(log);
    const check = () => {
      throw new Error('they differ');
    };
    await expect(inTurn([fake('A', 1, 1)], { rounds: 1, slices: 1, check })).rejects.toThrow('they differ');
    expect(() => readFileSync(log)).toThrow();
  });
});
