/** Encodes blocks of texts, here or in a thread that is started when it is first needed. */
import type { Written } from '../tokenizer/pair.js';
import type { EncodedBlock } from './encode.js';
import { BlockEncoder } from './encoder.js';
import type { EncodingThreads } from './threads.js';

export class ThreadedEncoder extends BlockEncoder {
  #threads: Promise<EncodingThreads> | undefined;

  override async there(texts: readonly Written[]): Promise<EncodedBlock> {
    return (await this.#start()).encode(texts);
  }

  /** Starts the thread, if it isn't yet: it takes a tenth of a second to be ready. */
  override async prepare(): Promise<void> {
    await this.#start();
  }

  override async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = undefined;
    await (await threads)?.close();
  }

  #start(): Promise<EncodingThreads> {
    this.#threads ??= import('./threads.js').then(
      ({ EncodingThreads }) => new EncodingThreads({ tokenizer: this.tokenizer.source, rules: this.rules }),
    );
    return this.#threads;
  }
}
