/** Reading ahead. */

/**
 * The same items in the same order, taken from their source before they are asked for: at most `most` wait. What the
 * source throws comes after the items before it.
 */
export async function* readAhead<T>(items: AsyncIterable<T> | Iterable<T>, most: number): AsyncGenerator<T> {
  const waiting: T[] = [];
  const state = { ended: false, stopped: false, failure: undefined as { error: unknown } | undefined };
  let wake = (): void => undefined; // of whichever side waits for the other; never both do
  const sleep = (): Promise<void> => new Promise((resolve) => (wake = resolve));

  const isWanted = (): boolean => !state.stopped;

  const take = async (): Promise<void> => {
    for await (const item of items) {
      waiting.push(item);
      wake();
      while (waiting.length >= most && isWanted()) await sleep();
      if (!isWanted()) return;
    }
  };
  take()
    .catch((error: unknown) => (state.failure = { error }))
    .finally(() => {
      state.ended = true;
      wake();
    });
  try {
    for (;;) {
      while (waiting.length === 0 && !state.ended) await sleep();
      if (waiting.length === 0) break;
      const item = waiting.shift()!;
      wake();
      yield item;
    }
    if (state.failure) throw state.failure.error;
  } finally {
    // The source may be waiting for its own input, for ever: it is told to stop, not waited for.
    state.stopped = true;
    wake();
  }
}
