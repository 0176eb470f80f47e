/** Downloads that are kept in the browser's Cache, so that a page works without a network once it has them. */
import { HubError, messageOf } from '../util/errors.js';

/** What is reported while a model is fetched. */
export type LoadEvent =
  | {
      readonly type: 'download';
      /** Such as `model.safetensors`. */
      readonly file: string;
      /** Bytes that are there. */
      readonly done: number;
      /** Bytes of the file; `undefined` where the server doesn't say. */
      readonly total: number | undefined;
    }
  /** The file was kept from an earlier download. */
  | { readonly type: 'cached'; readonly file: string }
  /** Something to be told: no room to keep the files, no WebGPU. */
  | { readonly type: 'note'; readonly message: string };

export interface DownloadOptions {
  /** The name of the Cache, or `false` for none. @default bertune-models */
  readonly cache?: string | false | undefined;
  readonly onEvent?: ((event: LoadEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CACHE = 'bertune-models';

/** What tells one version of a file from another. */
const SIGNS = ['etag', 'last-modified', 'content-length'];

/**
 * A file's content; `undefined` where the server has none of that name. What was kept is taken if it is still what the
 * server has, or if nobody can tell.
 *
 * @throws `HubError` where the server doesn't give it
 */
export async function download(
  url: string,
  file: string,
  options: DownloadOptions,
): Promise<Blob | undefined> {
  const cache = await openCache(options);
  const kept = await cache?.match(url);
  if (kept && (await isCurrent(kept, url, options))) {
    if (kept.status === 404) return undefined;
    options.onEvent?.({ type: 'cached', file });
    return kept.blob();
  }
  const response = await ask(url, options);
  if (response.status === 404) {
    await cache?.put(url, new Response(null, { status: 404 }));
    return undefined;
  }
  if (!cache) return counted(response, file, options).blob();
  try {
    await cache.put(url, counted(response, file, options));
    const stored = await cache.match(url);
    if (stored) return await stored.blob();
  } catch (error) {
    options.signal?.throwIfAborted();
    const message = `${file} can't be kept for use without a network: ${messageOf(error)}`;
    options.onEvent?.({ type: 'note', message });
  }
  return counted(await ask(url, options), file, options).blob();
}

/** Pages that aren't served securely have no Cache. */
async function openCache({ cache = CACHE }: DownloadOptions): Promise<Cache | undefined> {
  if (cache === false || !('caches' in globalThis)) return undefined;
  return caches.open(cache).catch(() => undefined);
}

async function isCurrent(kept: Response, url: string, { signal }: DownloadOptions): Promise<boolean> {
  if (!navigator.onLine) return true;
  if (kept.status === 404) return false;
  let now: Response;
  try {
    now = await fetch(url, { method: 'HEAD', cache: 'no-cache', signal });
    await now.arrayBuffer(); // there is nothing in it; a response that is left alone counts as broken off
  } catch {
    signal?.throwIfAborted();
    return true;
  }
  if (!now.ok) return now.status !== 404;
  const compared = SIGNS.filter((sign) => kept.headers.has(sign) && now.headers.has(sign));
  return compared.length > 0 && compared.every((sign) => kept.headers.get(sign) === now.headers.get(sign));
}

async function ask(url: string, { signal }: DownloadOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new HubError(
      `${url} can't be fetched: ${messageOf(cause)}. Is there a network, and does the server allow this page (CORS)?`,
      { cause },
    );
  }
  if (response.ok || response.status === 404) return response;
  throw new HubError(`${url} can't be fetched: the server says ${response.status} ${response.statusText}.`);
}

/** The response, with an event for whatever arrives of it. */
function counted(response: Response, file: string, { onEvent }: DownloadOptions): Response {
  const length = Number(response.headers.get('content-length'));
  let done = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      done += chunk.length;
      // A compressed response is shorter than what it holds.
      onEvent?.({ type: 'download', file, done, total: length >= done ? length : undefined });
      controller.enqueue(chunk);
    },
  });
  const headers = Object.fromEntries(
    SIGNS.flatMap((sign) => {
      const value = response.headers.get(sign);
      return value === null ? [] : [[sign, value]];
    }),
  );
  return new Response(response.body?.pipeThrough(count) ?? null, { headers });
}
