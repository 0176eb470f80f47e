/** Where a server may send us, and that the token goes along to none of these places. */
import { describe, expect, test } from 'vitest';
import { nearnessOf } from '../../src/hub/addresses.js';
import { fetchFromHub } from '../../src/hub/request.js';
import { hubSettings, type HubSettings } from '../../src/hub/settings.js';
import { findModelFolder } from '../../src/hub/model.js';
import { HubError } from '../../src/util/errors.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { settingsFor } from './settings.js';

const HOME = 'https://huggingface.co';
const START = `${HOME}/org/name/resolve/main/model.safetensors`;
const TOKEN = 'hf_secret';
/** As the names that are used here lead. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'huggingface.co': ['3.168.73.106'],
  'metadata.google.internal': ['169.254.169.254'],
  'private.example': ['10.1.2.3'],
  'both.example': ['93.184.215.14', '192.168.0.7'],
  'mapped.example': ['::ffff:10.0.0.1'],
  'scoped.example': ['fe80::1%eth0'],
};

interface Asked {
  readonly url: string;
  readonly token: string | null;
}

/** A network in which each address answers as told, else with 200; and who was asked. */
function network(answers: Readonly<Record<string, Response>>, endpoint = HOME) {
  const asked: Asked[] = [];
  const settings: HubSettings = settingsFor(endpoint, tempFolder(), {
    token: TOKEN,
    addressesOf: (host) => Promise.resolve(NAMES[host] ?? ['93.184.215.14']),
    fetch: (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      asked.push({ url, token: new Headers(init?.headers).get('authorization') });
      return Promise.resolve(answers[url]?.clone() ?? new Response('{}'));
    },
  });
  return { asked, settings };
}
const to = (location: string, status = 302): Response =>
  new Response(null, { status, headers: { location } });

/** One redirect from the hub: whoever was asked after it, or that it was refused. */
async function redirected(location: string, status?: number, from = START) {
  const { asked, settings } = network({ [from]: to(location, status) }, new URL(from).origin);
  let refusal: Error | undefined;
  try {
    await fetchFromHub(settings, from);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    refusal = error;
  }
  expect(asked[0]).toEqual({ url: from, token: `Bearer ${TOKEN}` });
  return { after: asked.slice(1), refusal };
}

describe('the token, where a redirect leads', () => {
  /** 40 places that are not the hub, though most look as if they were. */
  const ELSEWHERE: readonly string[] = [
    'https://evilhuggingface.co/x',
    'https://huggingface.co.evil.example/x',
    'https://huggingface.com/x',
    'https://hugging-face.co/x',
    'https://huggingfac.co/x',
    'https://cdn-lfs.huggingface.co/x',
    'https://www.huggingface.co/x',
    'https://huggingface.co./x',
    'https://HuggingFace.Co./x',
    'https://huggingface.co:8443/x',
    'https://huggingface.co:80/x',
    'https://huggingface.co%2eevil.example/x',
    'https://huggingface.co%E3%80%82evil.example/x', // an ideographic full stop
    'https://huggingf%D0%B0ce.co/x', // a Cyrillic a
    'https://huggingface.co%C2%ADevil.example/x', // a soft hyphen
    'https://xn--huggingfce-f4h.co/x',
    'https://evil.example/huggingface.co',
    'https://evil.example/https://huggingface.co/',
    'https://evil.example?huggingface.co',
    'https://evil.example#huggingface.co',
    'https://evil.example#@huggingface.co/',
    'https://evil.example\\@huggingface.co/',
    '//evil.example/x',
    '///evil.example/x',
    '\\\\evil.example\\x',
    '/\\evil.example/x',
    'https:\\\\evil.example\\x',
    'https:///evil.example/x',
    'https://1.1.1.1/x',
    'https://[2606:4700:4700::1111]/x',
    'HTTPS://EVIL.EXAMPLE/x',
    // Refused altogether:
    'https://huggingface.co@evil.example/x',
    'https://huggingface.co:443@evil.example/x',
    'https://user:secret@huggingface.co/x',
    'https://huggingface.co%00.evil.example/x',
    'http://huggingface.co/x',
    'HTTP://huggingface.co/x',
    'http://evil.example/x',
    'wss://huggingface.co/x',
    'blob:https://huggingface.co/x',
  ];

  test(`is sent to none of ${ELSEWHERE.length} that are not the hub`, async () => {
    expect(ELSEWHERE).toHaveLength(40);
    let refused = 0;
    for (const place of ELSEWHERE) {
      const { after, refusal } = await redirected(place);
      expect(
        after.filter(({ token }) => token !== null),
        place,
      ).toEqual([]);
      if (refusal === undefined) {
        expect(after, place).toHaveLength(1);
        continue;
      }
      refused++;
      expect(refusal, place).toBeInstanceOf(HubError);
      expect(String(refusal)).not.toMatch(/secret/);
      expect(after, place).toEqual([]);
    }
    expect(refused).toBe(9);
  });

  test.each([301, 302, 303, 307, 308])('is sent to no other place by status %i', async (status) => {
    expect((await redirected('https://evilhuggingface.co/x', status)).after).toEqual([
      { url: 'https://evilhuggingface.co/x', token: null },
    ]);
  });

  test.each([
    ['/org/renamed/resolve/main/x', 'https://huggingface.co/org/renamed/resolve/main/x'],
    ['https://HUGGINGFACE.co:443/x', 'https://huggingface.co/x'],
    ['https://huggingface.co\\@evil.example/x', 'https://huggingface.co/@evil.example/x'],
  ])('stays on the hub, as %s does', async (location, url) => {
    expect((await redirected(location)).after).toEqual([{ url, token: `Bearer ${TOKEN}` }]);
  });

  test('does not come back with a redirect that leads home again', async () => {
    const { asked, settings } = network({
      [START]: to('https://evil.example/x'),
      'https://evil.example/x': to(`${HOME}/api/whoami`),
    });
    await fetchFromHub(settings, START);
    expect(asked.map(({ token }) => token !== null)).toEqual([true, false, false]);
  });

  test('goes with no redirect of what is sent, which is refused', async () => {
    const { asked, settings } = network({ [START]: to('https://evil.example/x', 307) });
    const error = await failureOf(fetchFromHub(settings, START, { method: 'POST', body: 'x' }));
    expect(error.message).toMatch(/huggingface\.co redirects what is sent to it, to evil\.example: refused/);
    expect(asked).toHaveLength(1);
  });

  test('goes round in no circle', async () => {
    const { asked, settings } = network({ [START]: to(START) });
    expect((await failureOf(fetchFromHub(settings, START))).message).toMatch(/more than 10 times/);
    expect(asked).toHaveLength(11);
  });
});

/** Of this machine and the networks around it, in every spelling. */
const NEARBY: readonly string[] = [
  ...['169.254.169.254', '169.254.170.2', '2852039166', '0xa9fea9fe', '[::ffff:169.254.169.254]'],
  ...['[fe80::1]', '[fd00:ec2::254]', '[fc00::1]', '[fec0::1]', 'metadata.google.internal', 'scoped.example'],
  ...['localhost', 'LOCALHOST.', 'x.localhost', '127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1'],
  ...['0', '0.0.0.0', '[::1]', '[::]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]'],
  ...['[64:ff9b::a9fe:a9fe]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '10.0.0.1', '10.255.255.255'],
  ...['172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '192.0.0.192', '198.18.0.1', '224.0.0.1'],
  ...['255.255.255.255', 'private.example', 'both.example', 'mapped.example'],
];

describe('a public hub sends nobody', () => {
  test(`to ${NEARBY.length} addresses of this machine and its networks: nobody is asked there`, async () => {
    for (const host of NEARBY) {
      for (const from of [START, START.replace('https', 'http')]) {
        const place = `${new URL(from).protocol}//${host}/latest/meta-data/`;
        const { after, refusal } = await redirected(place, 302, from);
        expect(after, place).toEqual([]);
        expect(String(refusal), place).toMatch(/an address of this machine or its network: refused/);
      }
    }
  });

  test.each(['file:///etc/passwd', 'data:application/json,{}', 'ftp://example.com/x', 'gopher://example.com/', 'javascript:1'])(
    'to %s',
    async (place) => {
      const { after, refusal } = await redirected(place);
      expect(after).toEqual([]);
      expect(String(refusal)).toMatch(/sends us to .*refused, as only https may follow https/);
    },
  ); // prettier-ignore

  test.each(['http://127.0.0.1/x', 'https://169.254.169.254/x', 'http://huggingface.co/x', 'http://evil.example/x', 'https://a:b@evil.example/x'])(
    'on to %s for the next page of a list',
    async (place) => {
      const commit = 'a'.repeat(40);
      const tree = `${HOME}/api/models/org/name/tree/${commit}?recursive=true&expand=false`;
      const next = new Response('[]', { headers: { link: `<${place}>; rel="next"` } });
      const { asked, settings } = network({ [tree]: next });
      const error = await failureOf(findModelFolder(`org/name@${commit}`, { settings }));
      expect(error).toBeInstanceOf(HubError);
      expect(asked.map(({ url }) => url)).toEqual([tree]);
    },
  ); // prettier-ignore
});

describe('a hub that is nearby itself (HF_ENDPOINT)', () => {
  const LOCAL = 'http://127.0.0.1:8080/org/name/resolve/main/x';
  test.each(['http://127.0.0.1:9000/x', 'http://localhost:9000/x', 'http://10.0.0.1/x', 'https://example.com/x'])(
    'may send to %s, without the token',
    async (url) => {
      expect((await redirected(url, 302, LOCAL)).after).toEqual([{ url, token: null }]);
    },
  ); // prettier-ignore

  test.each(['http://169.254.169.254/x', 'http://metadata.google.internal/x', 'http://[fe80::1]/x', 'file:///etc/passwd', 'data:,x'])(
    'may not send to %s',
    async (place) => {
      const { after, refusal } = await redirected(place, 302, LOCAL);
      expect(after).toEqual([]);
      expect(refusal).toBeInstanceOf(HubError);
    },
  ); // prettier-ignore
});

test('a password in HF_ENDPOINT is refused, and not shown', async () => {
  const error = await failureOf(hubSettings({ HF_ENDPOINT: 'https://me:hidden@mirror.example/' }));
  expect(error.message).toMatch(
    /^HF_ENDPOINT holds a name or a password for mirror\.example: leave them out/,
  );
  expect(error.message).not.toMatch(/hidden/);
});

test.each([
  ['3.168.73.106', 'public'],
  ['2606:4700:4700::1111', 'public'],
  ['64:ff9b::808:808', 'public'], // 8.8.8.8 by NAT64, as networks without IPv4 have it
  ['172.32.0.1', 'public'],
  ['11.0.0.1', 'public'],
  ['127.0.0.1', 'nearby'],
  ['64:ff9b::a9fe:a9fe', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
])('%s is %s', (address, nearness) => {
  expect(nearnessOf(address)).toBe(nearness);
});
