/** The same as hostile-models.test.ts with many more files: `npm run test:faults`. */
import { describe } from 'vitest';
import { compareWithRust, fuzzSafetensors } from './hostile/safetensors.js';
import { runsOr } from './runs.js';

describe('safetensors', () => {
  fuzzSafetensors(runsOr(50_000));
  compareWithRust(50_000);
});
