/** Data files that are wrong, by the thousand; many more of the same in hostile-data.long.test.ts. */
import { fuzzParquet } from './hostile/parquet.js';
import { runsOr } from './runs.js';

fuzzParquet(runsOr(2_000));
