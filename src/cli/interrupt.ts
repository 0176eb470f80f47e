/** Ctrl-C: the first time asks the work to finish its step, the second time leaves at once. */
import { say } from './terminal.js';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs work that Ctrl-C can stop. When the work then fails, as it is asked to, `process.exitCode` is that of the
 * signal.
 *
 * @param note what is said at the first signal
 */
export async function interruptible<T>(note: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const handler = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (exitCode !== undefined) process.exit(EXIT_CODES[name]);
    exitCode = EXIT_CODES[name];
    say(`\n${note} (once more to leave at once)`);
    controller.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  try {
    return await work(controller.signal);
  } catch (error) {
    process.exitCode = exitCode;
    throw error;
  } finally {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  }
}
