/** What the hub answers when it doesn't give what was asked for, in words that help. */
import { HubError, messageOf } from '../util/errors.js';
import { excerpt } from '../util/wording.js';
import { textOf } from './bodies.js';
import { nameOf, type RepoRef } from './names.js';
import type { HubSettings } from './settings.js';

/** A reason is shorter. */
const MOST_SAID = 64 * 1024;

/** An answer that is a refusal. */
export class HubStatus extends Error {
  constructor(
    readonly status: number,
    /** The hub's own word for it, such as `GatedRepo`. */
    readonly reason: string,
    readonly said: string,
    /** In milliseconds, where the server says when to come again. */
    readonly comeAgain: number | undefined,
  ) {
    super(`the server answers ${status}${said === '' ? '' : ` (${said})`}`);
  }

  /** Whether asking again may help. */
  get isPassing(): boolean {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** What it says is waited for no longer than an answer. */
  static async of(response: Response, timeoutMs: number): Promise<HubStatus> {
    const { status, headers } = response;
    const body = (await textOf(response, MOST_SAID, timeoutMs).catch(() => undefined)) ?? '';
    const said = headers.get('x-error-message') ?? wordsIn(body, headers.get('content-type') ?? '');
    const reason = headers.get('x-error-code') ?? '';
    return new HubStatus(status, reason, excerpt(said, 200), comeAgain(headers));
  }
}

/** No answer, or one that broke off. */
export class NoConnection extends Error {}

function wordsIn(body: string, type: string): string {
  if (!type.includes('json')) return '';
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : '';
  } catch {
    return '';
  }
}

/** `Retry-After` in seconds or as a date; the hub's own `RateLimit: ..;t=<seconds>` where that is missing. */
function comeAgain(headers: Headers): number | undefined {
  const said = headers.get('retry-after') ?? /\bt=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  if (said === undefined) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, 1000 * seconds) : undefined;
}

/** Anything that a request threw, as one line about this repository. Errors of bertune's own pass unchanged. */
export function toHubError(
  thrown: unknown,
  ref: RepoRef,
  { endpoint, token }: HubSettings,
  file?: string,
): Error {
  if (thrown instanceof HubStatus) {
    // What a server says is its own affair, but our token is not to be seen.
    const hidden = token === undefined ? thrown.said : thrown.said.replaceAll(token, '***');
    const said = hidden === '' ? '' : ` (it says: ${hidden})`;
    return new HubError(`${reasonOf(thrown, ref, endpoint, token !== undefined, file)}${said}`);
  }
  if (thrown instanceof NoConnection) {
    return new HubError(
      `${nameOf(ref)} can't be downloaded: ${messageOf(thrown)}. Check the connection and try again` +
        `${file === undefined ? '' : '; what has arrived is kept'}.`,
      { cause: thrown },
    );
  }
  if (thrown instanceof TypeError) {
    return new HubError(`${endpoint} answers what no hub does: is it one?`, { cause: thrown });
  }
  return thrown instanceof Error ? thrown : new HubError(messageOf(thrown));
}

function reasonOf(
  { status, reason }: HubStatus,
  ref: RepoRef,
  endpoint: string,
  hasToken: boolean,
  file: string | undefined,
): string {
  const what = ref.kind === 'model' ? 'model' : 'data set';
  const page = `${endpoint}/${ref.kind === 'dataset' ? 'datasets/' : ''}${ref.id}`;
  const name = `"${ref.id}"`;
  if (reason === 'GatedRepo' || (status === 403 && reason !== 'RepoNotFound')) {
    return (
      `the ${what} ${name} is gated: agree to its terms at ${page}, ` +
      (hasToken
        ? 'with the account that the token in HF_TOKEN belongs to, and see that the token may read it'
        : 'then set HF_TOKEN to a token of your account')
    );
  }
  if (reason === 'RevisionNotFound')
    return `the ${what} ${name} has no revision "${ref.revision}": see ${page}`;
  if (reason === 'EntryNotFound' || (status === 404 && file !== undefined)) {
    return `the ${what} ${name} has no file ${file ?? 'of that name'}`;
  }
  if (status === 401 && hasToken && reason !== 'RepoNotFound') {
    return `the hub doesn't take the token in HF_TOKEN: make a new one at ${endpoint}/settings/tokens, or unset it`;
  }
  if (status === 401 || status === 404) {
    const hint = hasToken
      ? 'or your token may not read it'
      : 'or it is private or gated: then set HF_TOKEN to a token that may read it';
    return `there is no ${what} ${name} at ${endpoint}: check its spelling (names are <org>/<name>), ${hint}`;
  }
  if (status === 429)
    return `the hub has had too many requests from you: try again later${hasToken ? '' : ', or set HF_TOKEN'}`;
  if (status >= 500) return `the hub has a fault (status ${status}) and gives no ${name}: try again later`;
  return `the hub refuses ${name} (status ${status})`;
}
