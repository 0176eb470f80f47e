/** Where the hub and its cache are, and who asks: from the same environment variables as Hugging Face's own libraries. */
import { lookup } from 'node:dns/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exists, readText } from '../files/read.js';
import { UsageError } from '../util/errors.js';

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** The folder of the cache. */
  readonly cache: string;
  readonly token: string | undefined;
  /** No request is made. */
  readonly offline: boolean;
  /** A request that brings nothing, or next to nothing, for so long has failed. */
  readonly timeoutMs: number;
  /** How often a request that failed is made again. */
  readonly retries: number;
  /** Before the first of these; then twice that, and so on. */
  readonly backoffMs: number;
  readonly fetch: typeof fetch;
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** The addresses of a host. */
  readonly addressesOf: (host: string) => Promise<readonly string[]>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL_ENDPOINT = 'https://huggingface.co';

/** Reads `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`, `HF_HUB_OFFLINE` and `HF_HUB_DOWNLOAD_TIMEOUT`. */
export async function hubSettings(env: Environment = process.env): Promise<HubSettings> {
  const home = env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || '~/.cache', 'huggingface');
  const cache = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(home, 'hub');
  return {
    endpoint: endpointOf(env['HF_ENDPOINT']),
    cache: fromHome(cache),
    token: await tokenOf(env, env['HF_TOKEN_PATH'] || join(home, 'token')),
    offline: isYes(env['HF_HUB_OFFLINE']) || isYes(env['TRANSFORMERS_OFFLINE']),
    timeoutMs: 1000 * (Number(env['HF_HUB_DOWNLOAD_TIMEOUT']) || 10),
    retries: 5,
    backoffMs: 500,
    fetch,
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    addressesOf: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  };
}

const isYes = (value = ''): boolean => /^(?:1|on|yes|true)$/i.test(value.trim());

const fromHome = (path: string): string =>
  /^~(?=[/\\]|$)/.test(path) ? join(homedir(), path.slice(1)) : path;

function endpointOf(given = ''): string {
  const endpoint = given.trim().replace(/\/+$/, '') || USUAL_ENDPOINT;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && (url.username !== '' || url.password !== '')) {
    throw new UsageError(
      `HF_ENDPOINT holds a name or a password for ${url.host}: leave them out, a token goes into HF_TOKEN.`,
    );
  }
  if (url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return endpoint;
  throw new UsageError(`HF_ENDPOINT is "${endpoint}", expected an address such as ${USUAL_ENDPOINT}.`);
}

async function tokenOf(env: Environment, file: string): Promise<string | undefined> {
  if (isYes(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  const said = (env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || '').trim();
  if (said !== '') return checked(said, 'HF_TOKEN');
  const path = fromHome(file);
  const stored = (await exists(path)) ? (await readText(path)).trim() : '';
  return stored === '' ? undefined : checked(stored, path);
}

/** A token is never shown, so what can't be one is refused here, before an error of the system would show it. */
function checked(token: string, where: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError(
    `${where} holds characters that no token has: copy it again from ${USUAL_ENDPOINT}/settings/tokens.`,
  );
}
