/**
 * Encoding in threads of its own. A graph's run holds the thread that called it, so only from another one can the next
 * texts be encoded meanwhile. Nothing but Node has these threads; all else here runs in a browser too.
 */
import type { Written } from '../tokenizer/pair.js';
import { Worker } from 'node:worker_threads';
import { InternalError } from '../util/errors.js';
import type { EncodedBlock } from './encode.js';
import { thrownIn, type WorkerAnswer, type WorkerStart } from './messages.js';

/** Where TypeScript is run as it is, as tests do, a thread still needs what was built. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/encoding/worker.js' : './worker.js',
  import.meta.url,
);

export class EncodingThreads {
  readonly #threads: Thread[];

  constructor(start: WorkerStart, count = 1, file = WORKER) {
    this.#threads = Array.from({ length: count }, () => new Thread(file, start));
  }

  /** Encodes texts in the thread with the least to do. It rejects with what was thrown there, or when the thread ends. */
  encode(texts: readonly Written[]): Promise<EncodedBlock> {
    return this.#threads.reduce((a, b) => (b.pending < a.pending ? b : a)).encode(texts);
  }

  /** Ends the threads; what is under way is given up. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Waiting {
  resolve(block: EncodedBlock): void;
  reject(error: unknown): void;
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #end: Error | undefined;

  constructor(file: URL, start: WorkerStart) {
    // The flags of this process are not for the thread: some, such as --input-type, would keep it from starting.
    this.#worker = new Worker(file, { workerData: start, execArgv: [] });
    this.#worker.on('message', (answer: WorkerAnswer) => {
      this.#settle(this.#waiting.shift()!, answer);
    });
    this.#worker.on('error', (error) => {
      this.#fail(error);
    });
    this.#worker.on('exit', (code) => {
      this.#fail(new InternalError(`the thread that encodes texts ended by itself (exit code ${code}).`));
    });
    this.#worker.unref(); // an idle thread keeps no process alive
  }

  get pending(): number {
    return this.#waiting.length;
  }

  encode(texts: readonly Written[]): Promise<EncodedBlock> {
    const block = new Promise<EncodedBlock>((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(texts);
    });
    block.catch(() => undefined); // it may be awaited only after blocks before it
    return block;
  }

  async close(): Promise<void> {
    this.#fail(new InternalError('the thread that encodes texts was closed.'));
    await this.#worker.terminate();
  }

  #settle(waiting: Waiting, answer: WorkerAnswer): void {
    if (this.#waiting.length === 0) this.#worker.unref();
    if ('block' in answer) waiting.resolve(answer.block);
    else waiting.reject(thrownIn(answer.failure));
  }

  /** The first reason stands. */
  #fail(reason: Error): void {
    this.#end ??= reason;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#end);
  }
}
