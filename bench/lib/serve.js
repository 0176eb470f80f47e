// The contender's side of the bench, in JavaScript: see contender.js.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** The job file that was given as the first argument. */
export const jobOf = () => JSON.parse(readFileSync(process.argv[2], 'utf8'));

/**
 * @param {object} ready what to say first, such as versions
 * @param {() => Promise<{ texts: number, tokens: number }>} slice
 */
export async function serve(ready, slice) {
  say({ ready: true, ...ready });
  for await (const _ of createInterface({ input: process.stdin })) {
    const began = performance.now();
    const { texts, tokens } = await slice();
    say({ seconds: (performance.now() - began) / 1000, texts, tokens });
  }
  say({ peakBytes: process.resourceUsage().maxRSS * 1024 });
}

/**
 * Endless slices of texts that are predicted: from the first to the last, and again.
 *
 * @param {{ texts: string[], lengths: number[], slice: number }} job
 * @param {(texts: string[]) => Promise<unknown>} predict
 */
export function slicesOf({ texts, lengths, slice }, predict) {
  let start = 0;
  return async () => {
    const end = Math.min(start + slice, texts.length);
    await predict(texts.slice(start, end));
    const done = { texts: end - start, tokens: lengths.slice(start, end).reduce((a, b) => a + b, 0) };
    start = end % texts.length;
    return done;
  };
}
