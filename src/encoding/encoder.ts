/** Encodes blocks of texts in this thread; `threaded.ts` has another one do it meanwhile, where there are threads. */
import type { Written } from '../tokenizer/pair.js';
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import { encodeBlock, type EncodedBlock, type EncodingRules } from './encode.js';

export class BlockEncoder {
  constructor(
    readonly tokenizer: TextTokenizer,
    readonly rules: EncodingRules,
  ) {}

  /** Encodes in this thread, which is done when a graph may run. */
  here(texts: readonly Written[]): Promise<EncodedBlock> {
    return encodeBlock(this.tokenizer, this.rules, texts);
  }

  /** Encodes in another thread, while a graph runs in this one; here, where there is none. */
  there(texts: readonly Written[]): Promise<EncodedBlock> {
    return this.here(texts);
  }

  /** Told that there will be more texts than a block. */
  async prepare(): Promise<void> {}

  async close(): Promise<void> {}
}
