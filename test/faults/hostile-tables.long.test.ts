/** The same as hostile-tables.test.ts with many more files: `npm run test:faults`. */
import { fuzzTables } from './hostile/tables.js';
import { runsOr } from './runs.js';

fuzzTables(runsOr(50_000));
