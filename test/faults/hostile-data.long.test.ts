/** The same as hostile-data.test.ts with many more files: `npm run test:faults`. */
import { fuzzParquet } from './hostile/parquet.js';
import { runsOr } from './runs.js';

fuzzParquet(runsOr(50_000));
