/** Runs that are stopped on their way. */
import { expect } from 'vitest';
import { InterruptedError, type TrainOptions } from '../../src/index.js';
import { failureOf } from '../files/temp.js';

/** Stops a training after this update, as Ctrl-C does. */
export async function stopAfter(
  update: number,
  train: (options: Pick<TrainOptions, 'signal' | 'onEvent'>) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const stopped = train({
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === update) stop.abort();
    },
  });
  expect(await failureOf(stopped)).toBeInstanceOf(InterruptedError);
}
