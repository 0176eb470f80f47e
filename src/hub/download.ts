/** One file of the hub into the cache: continued where it broke off, and kept only if it is what the hub says it is. */
import { exists } from '../files/read.js';
import { withLock } from '../files/lock.js';
import { PartialFile, type Content } from '../files/partial-file.js';
import type { CachedRepo } from '../files/hub-cache.js';
import { HubError } from '../util/errors.js';
import { HubStatus, NoConnection } from './failures.js';
import { backOff, causeOf, fetchFromHub, mayRetry } from './request.js';
import type { HubSettings } from './settings.js';

/** An attempt that brought so much is no failure of those that count. */
const GOOD_BYTES = 256 * 1024;
/** Slower than this, in bytes a second, is as good as nothing. */
const LEAST_RATE = 100;

export interface RemoteFile extends Content {
  /** For messages. */
  readonly name: string;
  readonly url: string;
}

export interface DownloadOptions {
  /** Called with the bytes that are there. */
  readonly onProgress?: (bytes: number) => void;
  /** Called once when another process downloads the same. */
  readonly onWait?: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** Sees to it that the cache has a file's content. Throws a `HubError`, `HubStatus` or `NoConnection`. */
export async function downloadBlob(
  settings: HubSettings,
  repo: CachedRepo,
  file: RemoteFile,
  options: DownloadOptions = {},
): Promise<void> {
  const target = repo.blob(file.hash);
  if (await exists(target)) return;
  await withLock(
    repo.lock(file.hash),
    async () => {
      if (await exists(target)) return; // another process has it now
      const partial = await PartialFile.open(repo.blobs, file);
      let isCommitted = false;
      try {
        await fill(settings, partial, file, options);
        isCommitted = true;
        await partial.commit(target);
      } finally {
        if (!isCommitted) await partial.leave();
      }
    },
    options,
  );
}

/** Until all bytes are there and have the right hash. */
async function fill(
  settings: HubSettings,
  partial: PartialFile,
  file: RemoteFile,
  { onProgress, signal }: DownloadOptions,
): Promise<void> {
  const source: Source = { etag: undefined };
  let failures = 0;
  let wrong = 0;
  /** The most that ever was there: a server that begins anew each time brings no progress. */
  let most = partial.length;
  for (;;) {
    onProgress?.(partial.length);
    try {
      if (!partial.isWhole()) {
        const end = await receive(settings, partial, file, source, onProgress, signal);
        if (end === 'too early') throw new NoConnection(`${file.name} broke off`);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayRetry(error)) throw error;
      failures = partial.length - most >= GOOD_BYTES ? 1 : failures + 1;
      most = Math.max(most, partial.length);
      if (failures > settings.retries) throw error;
      await backOff(settings, error, failures, signal);
      continue;
    }
    const found = partial.hashSoFar();
    if (partial.isWhole() && found === file.hash) return;
    // 'too long', or not what it should be. An earlier process may have left part of it wrong; but the server too can send what it should not.
    await partial.restart();
    source.etag = undefined;
    if (++wrong <= 1) continue;
    throw new HubError(
      `${file.name} arrived damaged twice: its ${file.algorithm} is ${found}, the hub says ${file.hash}. Nothing of it ` +
        `was kept. Try again later; a proxy on the way may change what passes through it.`,
    );
  }
}

/** What is known of where the bytes so far came from. */
interface Source {
  etag: string | undefined;
}

/** Asks for what is missing, and appends it. Parts are never put together that may be of two contents. */
async function receive(
  settings: HubSettings,
  partial: PartialFile,
  file: RemoteFile,
  source: Source,
  onProgress: DownloadOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<'whole' | 'too early' | 'too long'> {
  const from = partial.length;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (from > 0) {
    headers['range'] = `bytes=${from}-`;
    if (source.etag !== undefined) headers['if-range'] = source.etag;
  }
  const stall = new AbortController();
  const both = AbortSignal.any([stall.signal, ...(signal ? [signal] : [])]);
  const response = await fetchFromHub(settings, file.url, { headers, signal: both });
  if (response.status === 416) {
    await response.body?.cancel();
    await partial.restart();
    throw new NoConnection(`${file.name} can't be continued at byte ${from}`);
  }
  if (!response.ok || !response.body) throw await HubStatus.of(response, settings.timeoutMs);
  const etag = strongEtag(response);
  const continues = from > 0 && response.status === 206;
  if (
    continues &&
    (!isFrom(response, from, file.size) || (source.etag !== undefined && etag !== source.etag))
  ) {
    await response.body.cancel();
    await partial.restart();
    source.etag = undefined;
    throw new NoConnection(`${file.name} changed while it was downloaded`);
  }
  if (!continues && from > 0) await partial.restart(); // the server doesn't continue, and sends all of it
  source.etag = etag;
  const host = new URL(response.url || file.url).host;
  for await (const bytes of piecesOf(response.body, host, settings.timeoutMs, stall, signal)) {
    // Whatever this is, it is not the file.
    if (partial.length + bytes.length > file.size) return 'too long';
    await partial.append(bytes);
    onProgress?.(partial.length);
  }
  return partial.isWhole() ? 'whole' : 'too early';
}

/** A body's bytes as they come. Throws `NoConnection` when it breaks off, or as good as stands still. */
async function* piecesOf(
  body: ReadableStream<Uint8Array>,
  host: string,
  timeoutMs: number,
  stall: AbortController,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  const least = (LEAST_RATE * timeoutMs) / 1000;
  const watch = setInterval(() => {
    if (received < least) stall.abort();
    received = 0;
  }, timeoutMs);
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      received += value.length;
      yield value;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (stall.signal.aborted) {
      throw new NoConnection(`${host} sent next to nothing for ${timeoutMs / 1000} s`, { cause: error });
    }
    throw new NoConnection(`${host} broke off (${causeOf(error)})`, { cause: error });
  } finally {
    clearInterval(watch);
    await reader.cancel().catch(() => undefined);
  }
}

/** An etag that names a content byte for byte. */
function strongEtag({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

function isFrom({ headers }: Response, from: number, size: number): boolean {
  const encoding = headers.get('content-encoding') ?? 'identity';
  const [, start, , total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  return encoding === 'identity' && Number(start) === from && (total === '*' || Number(total) === size);
}
