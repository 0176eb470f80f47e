/** The long part: many kills, and disks that fail, lose power or flip bits, many times. */
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { failEachCall, flipBits, losePower, randomOf, rotate } from './checkpoint-files.js';
import { runsOr, SEED, tell } from './runs.js';
import { killAndResume, undisturbed } from './training/killed.js';

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
    const { expected, ms } = await undisturbed(cwd);
    const random = randomOf(SEED + 3);
    const runs = runsOr(100);
    const counts = { runs, kills: 0, resumed: 0, 'before the first checkpoint': 0, 'done too soon': 0 };
    for (let i = 0; i < runs; i++) {
      // Most of a run is its start: moments from there to the end, and for some runs a second one.
      const moment = (): number => ms * (0.25 + 0.85 * random());
      const { kills, from, tooLate } = await killAndResume(
        cwd,
        expected,
        random() < 0.3 ? [moment(), moment()] : [moment()],
      );
      counts.kills += kills;
      if (tooLate) counts['done too soon']++;
      else counts[from > 0 ? 'resumed' : 'before the first checkpoint']++;
    }
    tell('killed', counts);
    expect(counts.kills).toBeGreaterThan(runs / 4);
  },
);
