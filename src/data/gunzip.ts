import { DataError, messageOf } from '../util/errors.js';

/**
 * Passes bytes on, unpacked when they are gzip. Gzip is told by its first two bytes, not by the file's name,
 * so a renamed file reads well, and so does one that was unpacked before it came here.
 */
export async function* gunzipIfNeeded(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  const all = resume(head, iterator);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(name, all);
  else yield* all;
}

/** The first two bytes or more, fewer only when there are no more. */
async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const next = await iterator.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : new Uint8Array([...head, ...next.value]);
  }
  return head;
}

async function* resume(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.(); // closes the file, also when the reader stopped early
  }
}

async function* gunzip(name: string, packed: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream('gzip');
  const reader = readable.getReader();
  const failure: { reading?: Error } = {};
  // A failure to unpack comes out at the reader too, where it is handled.
  feed(packed, writable.getWriter(), failure).catch(() => undefined);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (failure.reading) throw failure.reading;
    throw new DataError(
      `${name}: the gzip data is damaged or cut short (${messageOf(error)}). Download or compress the file again.`,
      { cause: error },
    );
  } finally {
    await packed.return(); // closes the file, also when the reader stopped early
    await reader.cancel().catch(() => undefined); // after a failure there is nothing left to cancel
  }
}

/**
 * Writes each chunk when the one before has been taken in. `pipeThrough` would do this, but on Node it lets
 * thousands of chunks queue up: the whole file.
 */
async function feed(
  packed: AsyncGenerator<Uint8Array, void>,
  writer: WritableStreamDefaultWriter<BufferSource>,
  failure: { reading?: Error },
): Promise<void> {
  for (;;) {
    let next: IteratorResult<Uint8Array, void>;
    try {
      next = await packed.next();
    } catch (error) {
      failure.reading = error instanceof Error ? error : new Error(messageOf(error));
      await writer.abort(error);
      return;
    }
    if (next.done) break;
    await writer.write(new Uint8Array(next.value));
  }
  await writer.close();
}
