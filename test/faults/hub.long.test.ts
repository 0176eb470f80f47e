/** The same as hub.test.ts many more times: `npm run test:faults`. */
import { describe } from 'vitest';
import { cutDownloads, wrongDownloads } from './network/downloads.js';
import { runsOr } from './runs.js';

describe('downloads', () => {
  cutDownloads(runsOr(500));
  wrongDownloads(runsOr(500));
});
