/** Bodies of answers, which a server may let grow or trickle without end. */

/** The whole text; `undefined` where it is more than `most` bytes, or not all there after `timeoutMs`. */
export async function textOf(
  { body }: Response,
  most: number,
  timeoutMs?: number,
): Promise<string | undefined> {
  if (!body) return '';
  const reader = body.getReader();
  const late = new AbortController();
  const leave = (): void => {
    late.abort();
    reader.cancel().catch(() => undefined);
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(leave, timeoutMs);
  try {
    const parts: Uint8Array[] = [];
    for (let length = 0; ;) {
      const { done, value } = await reader.read();
      if (late.signal.aborted) return undefined;
      if (done) return Buffer.concat(parts).toString();
      if ((length += value.length) > most) return undefined;
      parts.push(value);
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
}
