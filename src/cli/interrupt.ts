/** Ctrl-C: the first time asks the work to finish its step, the second time leaves at once. */
import { say } from './terminal.js';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** What to exit with when it happened. */
  readonly exitCode: () => number | undefined;
  readonly dispose: () => void;
}

/** @param note what is said at the first signal */
export function onInterrupt(note: string): Interruption {
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
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    dispose: () => {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
