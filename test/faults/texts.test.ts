/** Awkward texts beside the Rust tokenizers; many more of the same in texts.long.test.ts. */
import { compareWithRustTokenizers } from './hostile/texts.js';

compareWithRustTokenizers(2_000);
