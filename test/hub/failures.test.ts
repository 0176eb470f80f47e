/** A hub that refuses, breaks off, trickles or never ends: asked again where that may help, and given up in time. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { findModelFolder } from '../../src/hub/model.js';
import type { HubSettings } from '../../src/hub/settings.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { HubServer, PlainServer } from '../support/hub-server.js';
import { settingsFor } from './settings.js';

const TOKEN = 'hf_secret';
const hub = await new HubServer().start();
const gone = await new PlainServer().start();
const NOBODY = gone.url;
await gone.stop();
afterAll(() => hub.stop());

let pauses: number[];
let settings: HubSettings;
beforeEach(() => {
  pauses = [];
  const pause = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds > 10_000 ? Math.round(milliseconds / 5000) * 5000 : milliseconds);
    return Promise.resolve();
  };
  settings = settingsFor(hub.url, tempFolder(), { token: TOKEN, pause, retries: 2 });
  hub.trick = () => false;
  hub.repos.length = 0;
  hub.addFolder('org/tiny', TINY);
  hub.seen.length = 0;
});

const refuse =
  (status: number, headers: Record<string, string> = {}, body = '') =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };
/** Bytes for ever: one now and then, or as fast as they go. */
const endless =
  (status: number, everyMs: number, part = 'x') =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(part), everyMs);
    response.on('close', () => {
      clearInterval(drip);
    });
  };

const AGAIN = [500, 1000];
const inSeconds = (seconds: number): string => new Date(Date.now() + 1000 * seconds).toUTCString();
/** How long is waited for what never comes. */
const SHORT = 100;
/** What the server does, how often it is asked again and after what waits, and what is said in the end. */
const FAILURES: readonly [string, (response: ServerResponse) => void, number[], RegExp][] = [
  ['400', refuse(400), [], /the hub refuses "org\/tiny" \(status 400\)/],
  ['401', refuse(401), [], /the hub doesn't take the token in HF_TOKEN: make a new one/],
  ['401 of what is not there', refuse(401, { 'x-error-code': 'RepoNotFound' }), [], /there is no model|has no file/],
  ['403', refuse(403), [], /is gated: agree to its terms/],
  ['403 that says so', refuse(403, { 'x-error-code': 'GatedRepo', 'x-error-message': `no, ${TOKEN}` }), [], /gated.*it says: no, \*\*\*/],
  ['404', refuse(404), [], /there is no model "org\/tiny"|has no file config\.json/],
  ['410', refuse(410), [], /status 410/],
  ['418', refuse(418), [], /status 418/],
  ['408', refuse(408), AGAIN, /status 408/],
  ['429', refuse(429), AGAIN, /too many requests from you: try again later/],
  ['429 for 7 s', refuse(429, { 'retry-after': '7' }), [7000, 7000], /too many requests/],
  ['429 for 0 s', refuse(429, { 'retry-after': '0' }), AGAIN, /too many requests/],
  ['429 until a moment', (response) => { refuse(429, { 'retry-after': inSeconds(21) })(response); }, [20_000, 20_000], /too many requests/],
  ['429 until yesterday', refuse(429, { 'retry-after': inSeconds(-86_400) }), AGAIN, /too many requests/],
  ['429 until no time at all', refuse(429, { 'retry-after': 'soon' }), AGAIN, /too many requests/],
  ['429 for an hour', refuse(429, { 'retry-after': '3600' }), [], /too many requests/],
  ['429 by its own header', refuse(429, { ratelimit: '"api";r=0;t=9' }), [9000, 9000], /too many requests/],
  ['429 by its own header, for an hour', refuse(429, { ratelimit: '"api";r=0;t=3600' }), [], /too many requests/],
  ['500', refuse(500, {}, '<html>'), AGAIN, /the hub has a fault \(status 500\)/],
  ['500 with an error of JSON', refuse(500, { 'content-type': 'application/json' }, '{"error": 7}'), AGAIN, /status 500/],
  ['502', refuse(502), AGAIN, /status 502/],
  ['503 for 2 s', refuse(503, { 'retry-after': '2' }), [2000, 2000], /status 503/],
  ['504', refuse(504), AGAIN, /status 504/],
  ['a refusal that trickles', endless(503, 20), AGAIN, /status 503/],
  ['a refusal without end', endless(404, 0, 'x'.repeat(65_536)), [], /there is no model|has no file/],
  ['no answer', () => undefined, AGAIN, /doesn't answer within 0\.1 s/],
  ['a cut before the answer', (response) => response.destroy(), AGAIN, /can't be reached/],
  ['a cut in the answer', (response) => { response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()); }, AGAIN, /broke off/],
  ['a byte now and then', endless(200, 20), AGAIN, /broke off its answer|sent next to nothing|doesn't answer/],
  ['a redirect in a circle', refuse(302, { location: '/x' }), [], /redirects more than 10 times/],
]; // prettier-ignore

describe.each([
  ['which commit is meant', '/api/models/org/tiny/revision/main'],
  ['what files there are', '/tree/'],
  ['a file', '/resolve/'],
])('asked for %s', (_, part) => {
  test.each(FAILURES)('%s', async (name, fail, waits, message) => {
    if (/trickles|no answer|now and then/.test(name)) settings = { ...settings, timeoutMs: SHORT };
    hub.trick = (_request, response, { path }) => {
      if (!path.includes(part) && path !== '/x') return false;
      fail(response);
      return true;
    };
    const error = await failureOf(findModelFolder('hf://org/tiny', { settings }));
    expect(error).toMatchObject({ code: 'HUB', exitCode: 2 });
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(new RegExp(`${TOKEN}|\\n`));
    expect(hub.seen.filter(({ path }) => path.includes(part))).toHaveLength(1 + waits.length);
    // A busy machine may have been late before.
    expect(pauses.slice(settings.timeoutMs === SHORT ? -waits.length : 0)).toEqual(waits);
  });
});

test(`there are ${FAILURES.length} of each`, () => {
  expect(FAILURES).toHaveLength(30);
});

test.each([
  ['nobody listens', { endpoint: NOBODY }, /can't be reached \(ECONNREFUSED\)/],
  [
    'the name leads nowhere',
    { fetch: () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) })) },
    /can't be reached \(ENOTFOUND\)/,
  ],
] as const)('where %s it is given up in the end', async (_, more, message) => {
  const error = await failureOf(findModelFolder('hf://org/tiny', { settings: { ...settings, ...more } }));
  expect(error.message).toMatch(message);
  expect(pauses).toEqual(AGAIN);
}); // prettier-ignore

const BOMB = gzipSync(Buffer.alloc(40 << 20, ' '));

describe('an answer without end', () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ['of one list', endless(200, 0, `[${' '.repeat(1 << 20)}`)],
    [
      'that was packed small',
      (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB);
      },
    ],
    [
      'of pages with nothing on them',
      (response) => {
        response.writeHead(200, { link: `<${hub.url}/api/models/org/tiny/tree/x?cursor=1>; rel="next"` });
        response.end('[]');
      },
    ],
    [
      'of pages that are always others',
      (response) => {
        const next = `${hub.url}/api/models/org/tiny/tree/x?cursor=${hub.seen.length}`;
        response.writeHead(200, { link: `<${next}>; rel="next"` });
        response.end('[{"type":"file","path":"a","size":1,"oid":"b"}]');
      },
    ],
  ])('%s is left', async (_, fail) => {
    hub.trick = (_request, response, { path }) => {
      if (!path.includes('/tree/')) return false;
      fail(response);
      return true;
    };
    const error = await failureOf(findModelFolder('hf://org/tiny', { settings }));
    expect(error).toMatchObject({ code: 'HUB', exitCode: 2 });
    expect(error.message).toMatch(/more than \d+ (MiB|pages)/);
  });
});

test('what is in the cache is asked of nobody, by its commit or without a network', async () => {
  const { hub: found } = await findModelFolder('hf://org/tiny', { settings });
  hub.seen.length = 0;
  await findModelFolder(`hf://org/tiny@${found!.commit}`, { settings });
  await findModelFolder('hf://org/tiny', { settings: { ...settings, offline: true } });
  expect(hub.seen).toEqual([]);
});
