/** A model's JSON files that are wrong, by the thousand; many more of the same in hostile-configs.long.test.ts. */
import { fuzzModelFiles } from './hostile/configs.js';
import { runsOr } from './runs.js';

fuzzModelFiles(runsOr(300));
