/** A thread that encodes: started by `threads.ts`, answers each list of texts with its block. */
import type { Written } from '../tokenizer/pair.js';
import { parentPort, workerData } from 'node:worker_threads';
import { TextTokenizer } from '../tokenizer/tokenizer.js';
import { encodeBlock } from './encode.js';
import { failureOf, type WorkerAnswer, type WorkerStart } from './messages.js';

const port = parentPort!;
const { tokenizer: source, rules } = workerData as WorkerStart;
const tokenizer = attempt(() => TextTokenizer.fromSource(source)); // made before the first texts are there

// One after another, so that answers keep the order of the questions.
let last = Promise.resolve();
port.on('message', (texts: readonly Written[]) => {
  last = last.then(() => answer(texts));
});

async function answer(texts: readonly Written[]): Promise<void> {
  try {
    const block = await encodeBlock(tokenizer(), rules, texts);
    const { ids, offsets, firsts, cut } = block;
    port.postMessage({ block } satisfies WorkerAnswer, [
      ids.buffer,
      offsets.buffer,
      firsts.buffer,
      cut.buffer,
    ]);
  } catch (error) {
    port.postMessage({ failure: failureOf(error) } satisfies WorkerAnswer);
  }
}

/** Does it now; what it threw is thrown later, by whoever needs the result. */
function attempt<T>(make: () => T): () => T {
  try {
    const made = make();
    return () => made;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
