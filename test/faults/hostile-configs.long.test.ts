/** The same as hostile-configs.test.ts with many more files: `npm run test:faults`. */
import { fuzzModelFiles } from './hostile/configs.js';
import { runsOr } from './runs.js';

fuzzModelFiles(runsOr(50_000));
