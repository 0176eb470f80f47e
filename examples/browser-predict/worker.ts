/** Computes in a thread of its own, so that the page answers while it does. */
import { Classifier } from 'bertune/web';
import type { Answer, Question } from './messages.js';

let classifier: Classifier | undefined;

async function answer(question: Question): Promise<Answer> {
  if (question.type === 'load') {
    const loaded = await Classifier.load(question.source, {
      onEvent: (event) => {
        tell({ type: 'event', event });
      },
    });
    await classifier?.release();
    classifier = loaded;
    return { type: 'loaded', name: loaded.folder, labels: loaded.labels };
  }
  const began = performance.now();
  const [prediction] = await classifier!.predict([question.text]);
  return { type: 'predicted', prediction: prediction!, milliseconds: performance.now() - began };
}

function tell(message: Answer): void {
  postMessage(message);
}

// One after another: a model is replaced between two texts, not while one is computed.
let last = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Question>) => {
  last = last.then(async () => {
    tell(
      await answer(data).catch((error: unknown) => ({
        type: 'failed' as const,
        message: error instanceof Error ? error.message : String(error),
      })),
    );
  });
});
