import { afterEach, expect, test, vi } from 'vitest';
import { counter } from '../../src/cli/counter.js';

const terminal = process.stderr.isTTY;
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = terminal;
});

/** What is written when so many are done at these milliseconds. */
function written(isTTY: boolean, steps: readonly (readonly [ms: number, done: number])[]): string[] {
  process.stderr.isTTY = isTTY;
  const parts: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((part) => parts.push(String(part)) > 0);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const count = counter('texts');
  for (const [ms, done] of steps) {
    clock.mockReturnValue(1000 + ms);
    count.update(done);
  }
  count.stop();
  return parts;
}

test('where there is no terminal: a line each ten seconds, none before', () => {
  expect(written(false, [[9_999, 5]])).toEqual([]);
  const steps = [
    [5_000, 900],
    [12_000, 12_345],
    [15_000, 13_000],
    [22_000, 990_000],
  ] as const;
  expect(written(false, steps)).toEqual(['12,345 texts  1,029 texts/s\n', '990,000 texts  45,000 texts/s\n']);
});

test('on a terminal: one line, written over and removed', () => {
  expect(written(true, [[100, 1]])).toEqual([]);
  const steps = [
    [500, 20],
    [600, 30],
    [1_000, 45],
  ] as const;
  expect(written(true, steps)).toEqual([
    '\r20 texts  40.0 texts/s\u001b[K',
    '\r45 texts  45.0 texts/s\u001b[K',
    '\r\u001b[K',
  ]);
});
