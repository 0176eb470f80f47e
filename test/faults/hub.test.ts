/** The hub at its worst; many more of the same in hub.long.test.ts. */
import { describe } from 'vitest';
import { cutDownloads, wrongDownloads } from './network/downloads.js';
import { runsOr } from './runs.js';

describe('downloads', () => {
  cutDownloads(runsOr(30));
  wrongDownloads(runsOr(30));
});
