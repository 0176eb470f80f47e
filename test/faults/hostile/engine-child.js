// Loads classifiers by the paths that come on stdin, one a line, reads a text with each, and says what came of it: a crash of
// the engine is the end of this process, not of the tests.
import { createInterface } from 'node:readline';
import { BertuneError, Classifier } from '../../../dist/index.js';

for await (const path of createInterface({ input: process.stdin })) {
  console.log(`begin ${path}`);
  let outcome = 'read';
  try {
    const classifier = await Classifier.load(path, { threads: 1 });
    try {
      await classifier.predict(['A fine film.', '']);
    } finally {
      await classifier.release();
    }
  } catch (error) {
    outcome = error instanceof BertuneError ? error.code : `untyped ${String(error).replaceAll('\n', ' ')}`;
  }
  console.log(`end ${outcome}`);
}
