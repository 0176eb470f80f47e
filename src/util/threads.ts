import { UsageError } from './errors.js';

/** More than any machine has: a larger number is a mistake. */
const MOST_THREADS = 1024;

/** A number of threads, or nothing for as many as the machine has cores; a `UsageError` for anything else. */
export function checkThreads(threads: number | undefined, written = String(threads)): number | undefined {
  if (threads === undefined) return undefined;
  if (Number.isSafeInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new UsageError(`--threads is ${written}, expected a whole number from 1 to ${MOST_THREADS}.`);
}
