/** The long part: many kills, and disks that fail, lose power or flip bits, many times. */
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { failEachCall, flipBits, losePower, randomOf, rotate } from './checkpoint-files.js';
import { runsOr, SEED, tell } from './runs.js';
import { killAndResume, undisturbed, type Moment } from './training/killed.js';

describe('checkpoints', () => {
  failEachCall();
  losePower(runsOr(1000));
  rotate(runsOr(1000));
  flipBits(runsOr(500));
});

test.skipIf(process.platform === 'win32')(
  'killed at random moments: every run goes on, with the same bits',
  async () => {
    const cwd = tempFolder();
    const expected = await undisturbed(cwd);
    const random = randomOf(SEED + 3);
    const runs = runsOr(100);
    const counts = { runs, kills: 0, resumed: 0, 'before the first checkpoint': 0, 'done too soon': 0 };
    // From the first step to the last, also while a checkpoint is written, and in the evaluation after it.
    const moment = (): Moment => ({ after: 5 * Math.floor(12 * random()), ms: 60 * random() });
    for (let i = 0; i < runs; i++) {
      const moments = random() < 0.3 ? [moment(), moment()] : [moment()];
      const { kills, from, tooLate } = await killAndResume(cwd, expected, moments);
      counts.kills += kills;
      if (tooLate) counts['done too soon']++;
      else counts[from > 0 ? 'resumed' : 'before the first checkpoint']++;
    }
    tell('killed', counts);
    expect(counts.kills).toBeGreaterThan(runs / 2);
  },
);
