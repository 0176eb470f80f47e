/**
 * Requests to the hub. The token goes to the hub alone: redirects are followed here, one by one, and whatever is at another
 * address gets no token. Nobody on the way may send us to this machine or to the networks around it.
 */
import { HubError, messageOf } from '../util/errors.js';
import { hostAddress, nearnessOf } from './addresses.js';
import { textOf } from './bodies.js';
import { HubStatus, NoConnection } from './failures.js';
import type { HubSettings } from './settings.js';

const MOST_REDIRECTS = 10;
/** Who asks us to wait longer is taken for a refusal. */
const LONGEST_WAIT_MS = 120_000;
/** A thousand files of a list are less than one. */
const MOST_ANSWER = 32 * 2 ** 20;

/** `fetch` with the token where it belongs; a redirect that must not be followed is a `HubError`. */
export async function fetchFromHub(
  settings: HubSettings,
  address: string,
  init: RequestInit = {},
): Promise<Response> {
  const home = new URL(settings.endpoint);
  const method = init.method ?? 'GET';
  // Also what is no redirect may be of the server's making, such as the next page of a list.
  let url = targetOf(address, home);
  // Once away from home the token is gone, also where a redirect leads back.
  let isHome = true;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    if (url.origin !== home.origin) {
      isHome = false;
      await refuseNearby(url, home, settings);
    }
    const headers = new Headers(init.headers);
    headers.delete('authorization');
    if (isHome && settings.token !== undefined) headers.set('authorization', `Bearer ${settings.token}`);
    const response = await connect(settings, url, { ...init, headers, redirect: 'manual' });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = targetOf(location, url);
    const keepsMethod = response.status === 307 || response.status === 308;
    if (method !== 'GET' && method !== 'HEAD' && (!keepsMethod || next.origin !== url.origin)) {
      throw new HubError(`${url.host} redirects what is sent to it, to ${next.host}: refused.`);
    }
    url = next;
  }
  throw new HubError(`${home.host} redirects more than ${MOST_REDIRECTS} times: refused.`);
}

function targetOf(location: string, from: URL): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const hasName = next !== undefined && (next.username !== '' || next.password !== '');
  const isWeb = next?.protocol === 'https:' || (next?.protocol === 'http:' && from.protocol === 'http:');
  if (next && isWeb && !hasName) return next;
  const where = next ? `${next.protocol}//${next.host}` : 'what is no address';
  const rule = hasName
    ? 'with a name or a password in the address'
    : `as only https may follow ${from.protocol.slice(0, -1)}`;
  throw new HubError(`${from.host} sends us to ${where}: refused, ${rule}.`);
}

/** Only a hub that is nearby itself may send us to what is nearby. */
async function refuseNearby(url: URL, home: URL, { addressesOf }: HubSettings): Promise<void> {
  const found = async ({ hostname }: URL): Promise<readonly string[]> => {
    const said = hostAddress(hostname);
    if (said !== undefined) return [said];
    // A name that leads nowhere, or that a proxy will look up, is left to the request itself.
    return addressesOf(hostname).catch(() => []);
  };
  const targets = (await found(url)).map(nearnessOf);
  if (targets.every((each) => each === 'public')) return;
  const own = (await found(home)).map(nearnessOf);
  const allows = targets.includes('link-local')
    ? own.includes('link-local')
    : !own.includes('public') && own.length > 0;
  if (allows) return;
  throw new HubError(
    `${home.host} sends us to ${url.host}, an address of this machine or its network: refused.`,
  );
}

async function connect({ fetch, timeoutMs }: HubSettings, url: URL, init: RequestInit): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => { late.abort(); }, timeoutMs); // prettier-ignore
  const signals = [late.signal, ...(init.signal ? [init.signal] : [])];
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
  } catch (error) {
    init.signal?.throwIfAborted();
    if (late.signal.aborted)
      throw new NoConnection(`${url.host} doesn't answer within ${timeoutMs / 1000} s`);
    throw new NoConnection(`${url.host} can't be reached (${causeOf(error)})`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What is behind the "fetch failed" that says nothing. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : messageOf(cause);
}

/** Waits before the next attempt: twice as long each time, and as long as the server says where that is more. */
export async function backOff(
  { pause, backoffMs }: HubSettings,
  failure: unknown,
  attempt: number,
  signal?: AbortSignal,
): Promise<void> {
  const usual = backoffMs * 2 ** (attempt - 1);
  const asked = failure instanceof HubStatus ? (failure.comeAgain ?? 0) : 0;
  await pause(Math.max(usual, asked), signal);
}

/** Whether an attempt may be made again. */
export function mayRetry(failure: unknown): boolean {
  if (failure instanceof NoConnection) return true;
  return failure instanceof HubStatus && failure.isPassing && (failure.comeAgain ?? 0) <= LONGEST_WAIT_MS;
}

/**
 * A `fetch` for the questions that `@huggingface/hub` asks: it fails for refusals, and asks again where that may help.
 *
 * @param retries how often. @default as the settings say
 */
export function askingFetch(
  settings: HubSettings,
  signal?: AbortSignal,
  retries = settings.retries,
): typeof fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    for (let attempt = 1; ; attempt++) {
      try {
        return await answer(settings, address, { ...init, ...(signal && { signal }) });
      } catch (error) {
        if (attempt > retries || !mayRetry(error)) throw error;
        await backOff(settings, error, attempt, signal);
      }
    }
  };
}

/** A whole answer: its body is read here, so that one that trickles or breaks off can be asked for again. */
async function answer(settings: HubSettings, address: string, init: RequestInit): Promise<Response> {
  const late = AbortSignal.timeout(3 * settings.timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, late]) : late;
  try {
    const response = await fetchFromHub(settings, address, { ...init, signal });
    if (!response.ok) throw await HubStatus.of(response, settings.timeoutMs);
    const { status, headers } = response;
    const text = await textOf(response, MOST_ANSWER);
    if (text === undefined || !isJson(text)) {
      const what = text === undefined ? `more than ${MOST_ANSWER / 2 ** 20} MiB` : 'what is no JSON';
      throw new HubError(`${new URL(address).origin} answers with ${what}: is it a hub?`);
    }
    return new Response(text, { status, headers: { link: headers.get('link') ?? '' } });
  } catch (error) {
    init.signal?.throwIfAborted();
    if (error instanceof HubError || error instanceof HubStatus || error instanceof NoConnection) throw error;
    throw new NoConnection(`${new URL(address).host} broke off its answer (${causeOf(error)})`, {
      cause: error,
    });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
