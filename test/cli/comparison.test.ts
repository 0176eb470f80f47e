/** How runs beside each other are laid out, by the width of the terminal. */
import { afterEach, expect, test, vi } from 'vitest';
import { printComparison } from '../../src/cli/comparison.js';
import type { Comparison, ComparedRow } from '../../src/report/compare.js';

const RUNS = ['runs/a', 'runs/experiments/with-a-long-name/seed-42'];
const row = (name: string, ...texts: string[]): ComparedRow => ({
  ...{ field: name, name },
  cells: texts.map((text) => ({ value: text, text, ...(text.includes('%') && { range: '82.9 to 87.3' }) })),
});
const COMPARISON: Comparison = {
  ...{ problemType: 'single_label_classification', runs: RUNS, sameTexts: true },
  metrics: [row('accuracy', '85.1 %', '86.3 %')],
  costs: [row('training', '1:02', '0:59')],
  differences: [row('learning rate', '0.0001', '0.00003')],
};

afterEach(() => {
  vi.restoreAllMocks();
});

function printed(width: number, comparison = COMPARISON): string {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  printComparison(comparison, width);
  return written.join('');
}

test('a column for each run where they fit', () => {
  expect(printed(80).split('\n').slice(0, 5)).toEqual([
    '                              runs/a  runs/experiments/with-a-long-name/seed-42',
    'accuracy       85.1 % (82.9 to 87.3)                      86.3 % (82.9 to 87.3)',
    'training                        1:02                                       0:59',
    '',
    'learning rate                 0.0001                                    0.00003',
  ]);
});

test('else a line for each, none wider than the terminal', () => {
  const lines = printed(40).split('\n');
  expect(lines.slice(0, 10)).toEqual([
    'accuracy',
    '  runs/a           85.1 % (82.9 to 87.3)',
    '  …g-name/seed-42  86.3 % (82.9 to 87.3)',
    'training',
    '  runs/a                            1:02',
    '  …iments/with-a-long-name/seed-42  0:59',
    '',
    'learning rate',
    '  runs/a                          0.0001',
    '  …nts/with-a-long-name/seed-42  0.00003',
  ]);
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(40);
});

test('it is said where nothing is different', () => {
  expect(printed(100, { ...COMPARISON, differences: [] })).toContain(
    '0:59\n\nNothing that the runs write down is different.\n',
  );
});
