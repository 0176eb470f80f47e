/** Progress where nobody knows how much there is: how many, and how fast. To stderr, as all progress. */
import { say, thousands } from './terminal.js';

export interface Counter {
  /** @param done how many so far */
  update(done: number): void;
  stop(): void;
}

/** On a terminal one line is written over; elsewhere there is a new one now and then, and none for what is quick. */
const LIVE_MILLISECONDS = 200;
const LINE_MILLISECONDS = 10_000;

export function counter(what: string): Counter {
  const began = performance.now();
  const live = process.stderr.isTTY;
  let last = began;
  return {
    update(done) {
      const now = performance.now();
      if (now - last < (live ? LIVE_MILLISECONDS : LINE_MILLISECONDS)) return;
      last = now;
      const rate = done / ((now - began) / 1000);
      const line = `${thousands(done)} ${what}  ${rate < 100 ? rate.toFixed(1) : thousands(rate)} ${what}/s`;
      if (live) process.stderr.write(`\r${line}\u001b[K`);
      else say(line);
    },
    stop() {
      if (live && last !== began) process.stderr.write('\r\u001b[K');
    },
  };
}
