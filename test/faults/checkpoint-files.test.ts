/** Checkpoints on disks that fail, lose power or flip bits. The long part: npm run test:faults. */
import { describe } from 'vitest';
import { failEachCall, flipBits, losePower, rotate } from './checkpoint-files.js';
import { runsOr } from './runs.js';

describe('checkpoints', () => {
  failEachCall();
  losePower(runsOr(150));
  rotate(runsOr(20));
  flipBits(runsOr(50));
});
