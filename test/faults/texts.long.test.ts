/** The same as texts.test.ts with many more texts: `npm run test:faults`. */
import { compareWithRustTokenizers } from './hostile/texts.js';

compareWithRustTokenizers(100_000);
