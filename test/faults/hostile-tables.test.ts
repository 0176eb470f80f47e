/** Tables that are wrong, by the thousand; many more of the same in hostile-tables.long.test.ts. */
import { fuzzTables } from './hostile/tables.js';
import { runsOr } from './runs.js';

fuzzTables(runsOr(500));
