import { describe, expect, test } from 'vitest';
import { SCHEDULES, scheduleFactor, type ScheduleName } from '../../src/optim/schedule.js';
import { fixtureJson } from '../support/fixtures.js';

interface ScheduleCase {
  readonly schedule: ScheduleName;
  readonly total: number;
  readonly warmup: number;
  /** For the steps 0, 1, ... */
  readonly factors: readonly number[];
}

const { cases } = fixtureJson('schedules.json') as { cases: ScheduleCase[] };

describe('as transformers has them (test/fixtures/schedules.json)', () => {
  test('every schedule is among the cases', () => {
    expect(new Set(cases.map(({ schedule }) => schedule))).toEqual(new Set(SCHEDULES));
  });

  test.each(cases)(
    '$schedule, $total updates, $warmup of warm-up',
    ({ schedule, total, warmup, factors }) => {
      factors.forEach((factor, step) => {
        // The same formulas in float64: the last bit of a cosine may differ.
        expect(Math.abs(scheduleFactor(schedule, step, total, warmup) - factor)).toBeLessThan(1e-15);
      });
    },
  );
});
