/** Fields of CSV that a spreadsheet would calculate, or run. */
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { csvLine } from '../../src/data/write.js';
import { FORMULAS, isFormula } from '../support/payloads.js';

test.each([',', '\t'] as const)(`none of ${FORMULAS.length} formulas is one in a line divided by %j`, (delimiter) => {
  for (const formula of FORMULAS) {
    const line = csvLine(['a text', formula, 'label'], delimiter);
    const rows: string[][] = parse(line, { delimiter });
    const row = rows[0];
    expect(row, JSON.stringify(formula)).toHaveLength(3);
    const field = row![1]!;
    expect(isFormula(field), JSON.stringify(formula)).toBe(false);
    // Nothing else was changed.
    expect([formula, `'${formula}`]).toContain(field);
  }
});

test('there are 50 and more, all different; numbers and other texts stay as they are', () => {
  expect(new Set(FORMULAS).size).toBeGreaterThanOrEqual(50);
  for (const field of ['-1', '+2.5', '-.5e-7', '1', 'a = b', 'a-b', '(-1)', "'=1", '"=1"'])
    expect(parse(csvLine(['x', field]))).toEqual([['x', field]]);
});
