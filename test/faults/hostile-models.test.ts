/** Model files that are wrong, by the thousand; many more of the same in hostile-models.long.test.ts. */
import { describe } from 'vitest';
import { compareWithRust, fuzzSafetensors } from './hostile/safetensors.js';
import { runsOr } from './runs.js';

describe('safetensors', () => {
  fuzzSafetensors(runsOr(2_000));
  compareWithRust(4_000);
});
