/** Encodes blocks of texts, here or in a thread that is started when it is first needed. */
import type { TextTokenizer } from '../tokenizer/tokenizer.js';
import { encodeBlock, type EncodedBlock, type EncodingRules } from './encode.js';
import type { EncodingThreads } from './threads.js';

export class BlockEncoder {
  #threads: Promise<EncodingThreads> | undefined;

  constructor(
    readonly tokenizer: TextTokenizer,
    readonly rules: EncodingRules,
  ) {}

  /** Encodes in this thread, which is done when a graph may run. */
  here(texts: readonly string[]): Promise<EncodedBlock> {
    return encodeBlock(this.tokenizer, this.rules, texts);
  }

  /** Encodes in another thread, while a graph runs in this one. */
  async there(texts: readonly string[]): Promise<EncodedBlock> {
    return (await this.startThread()).encode(texts);
  }

  /** Starts the thread, if it isn't yet: it takes a tenth of a second to be ready. */
  startThread(): Promise<EncodingThreads> {
    this.#threads ??= import('./threads.js').then(
      ({ EncodingThreads }) => new EncodingThreads({ tokenizer: this.tokenizer.source, rules: this.rules }),
    );
    return this.#threads;
  }

  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = undefined;
    await (await threads)?.close();
  }
}
