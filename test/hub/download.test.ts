/** Downloads through every failure that a network has: what is kept is what the hub has, byte for byte, or nothing. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CachedRepo } from '../../src/files/hub-cache.js';
import { downloadBlob, type RemoteFile } from '../../src/hub/download.js';
import { HubStatus, NoConnection } from '../../src/hub/failures.js';
import type { HubSettings } from '../../src/hub/settings.js';
import { PURPOSE, RandomStream } from '../../src/util/random.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { cutAfter, gitSha1, PlainServer, sendBytes, sha256 } from '../support/hub-server.js';
import { settingsFor } from './settings.js';

/** Of each failure by itself; `test/faults/hub.test.ts` has them in any order. */
const ROUNDS = 3;
const SEED = 1;
const SIZE = 60_000;

const random = new RandomStream(SEED, PURPOSE.order);
const below = (limit: number): number => Math.floor(random.uniform() * limit);
const BYTES = Uint8Array.from({ length: SIZE }, () => below(256));
const OTHER = Uint8Array.from(BYTES, (byte) => byte ^ 255);

/** As owners' names begin on this machine. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

const server = new PlainServer();
let pauses: number[] = [];
let settings: HubSettings;
let repo: CachedRepo;
let file: RemoteFile;

beforeAll(() => server.start());
afterAll(() => server.stop());
beforeEach(() => {
  pauses = [];
  const pause = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    return Promise.resolve();
  };
  settings = settingsFor(server.url, tempFolder(), { pause });
  repo = new CachedRepo(settings.cache, 'model', 'org/name');
  file = {
    name: 'model.safetensors',
    url: `${server.url}/x`,
    size: SIZE,
    algorithm: 'sha256',
    hash: sha256(BYTES),
  };
  server.seen.length = 0;
});

const download = (): Promise<void> => downloadBlob(settings, repo, file);
const kept = (): Uint8Array => readFileSync(repo.blob(file.hash));
const left = (): string[] => (existsSync(repo.blobs) ? readdirSync(repo.blobs) : []);

function expectWhole(): void {
  expect(sha256(kept())).toBe(sha256(BYTES));
  expect(left()).toEqual([file.hash]);
}

describe(`a connection that is cut at a random byte (seed ${SEED})`, () => {
  test.each<[string, (cuts: number) => PlainServer['trick'], (requests: typeof server.seen) => void]>([
    [
      'goes on where it was cut',
      (cut) => (_, response, seen) => {
        if (server.seen.length > 2) sendBytes(response, seen, BYTES, 'a');
        else cutAfter(response, seen, BYTES, 'a', cut);
        return true;
      },
      (seen) => {
        expect(seen.at(-1)!.range).toMatch(/^bytes=\d+-$/);
        expect(seen.at(-1)!.ifRange).toBe('"a"');
      },
    ],
    [
      'starts again where the server knows no ranges',
      (cut) => (_, response, seen) => {
        if (server.seen.length === 1) cutAfter(response, seen, BYTES, 'a', cut);
        else response.writeHead(200, { etag: '"a"' }).end(BYTES);
        return true;
      },
      (seen) => {
        expect(seen).toHaveLength(2);
      },
    ],
    [
      'starts again where the server refuses the range',
      (cut) => (_, response, seen) => {
        if (server.seen.length === 1) cutAfter(response, seen, BYTES, 'a', cut);
        else if (seen.range !== undefined) response.writeHead(416).end();
        else sendBytes(response, seen, BYTES, 'a');
        return true;
      },
      (seen) => {
        expect(seen.map(({ range }) => range === undefined)).toEqual([true, false, true]);
      },
    ],
    [
      'starts again where the content has changed, though the server continues with it',
      (cut) => (_, response, seen) => {
        if (server.seen.length === 1) cutAfter(response, seen, OTHER, 'old', cut);
        else sendBytes(response, { ...seen, ifRange: undefined }, BYTES, 'new');
        return true;
      },
      (seen) => {
        expect(seen.map(({ range }) => range === undefined)).toEqual([true, false, true]);
      },
    ],
    [
      'starts again where another part comes than was asked for',
      (cut) => (_, response, seen) => {
        if (server.seen.length === 1) cutAfter(response, seen, BYTES, 'a', cut);
        else if (seen.range === undefined) sendBytes(response, seen, BYTES, 'a');
        else {
          const range = `bytes 5-${SIZE - 1}/${SIZE}`;
          response.writeHead(206, { etag: '"a"', 'content-range': range }).end(BYTES.subarray(5));
        }
        return true;
      },
      (seen) => {
        expect(seen.map(({ range }) => range === undefined)).toEqual([true, false, true]);
      },
    ],
  ])('%s', async (_, trick, expectRequests) => {
    for (let round = 0; round < ROUNDS; round++) {
      repo = new CachedRepo(tempFolder(), 'model', 'org/name');
      server.seen.length = 0;
      server.trick = trick(1 + below(SIZE / 2 - 1));
      await download();
      expectWhole();
      expectRequests(server.seen);
    }
  });

  test('is given up after as many attempts as are allowed; what came is kept, and goes on the next time', async () => {
    server.trick = (_, response, seen) => {
      cutAfter(response, seen, BYTES, 'a', 1_000);
      return true;
    };
    const error = await failureOf(download());
    expect(error).toBeInstanceOf(NoConnection);
    expect(server.seen).toHaveLength(1 + settings.retries);
    const [partial] = left();
    expect(partial).toMatch(/\.incomplete$/);
    expect(statSync(join(repo.blobs, partial!)).size).toBe(1_000 * server.seen.length);
    server.seen.length = 0;
    server.trick = (_, response, seen) => {
      sendBytes(response, seen, BYTES, 'a');
      return true;
    };
    await download();
    expect(server.seen[0]!.range).toBe('bytes=6000-');
    expectWhole();
  });
});

test('a server that begins anew each time, and is cut each time, is given up', async () => {
  const large = new Uint8Array(1 << 20);
  file = { ...file, size: large.length, hash: sha256(large) };
  server.trick = (_, response, seen) => {
    // Sometimes less comes than before, sometimes much more; without an end to it all would come.
    const bytes = server.seen.length % 2 === 0 ? 700_000 : 300_000;
    if (server.seen.length > 40) sendBytes(response, seen, large, 'a');
    else cutAfter(response, { ...seen, range: undefined }, large, 'a', bytes);
    return true;
  };
  expect(await failureOf(download())).toBeInstanceOf(NoConnection);
  expect(server.seen.length).toBeLessThanOrEqual(settings.retries + 3);
});

describe('what a dead process left', () => {
  const leftover = (bytes: Uint8Array, owner: string): void => {
    const path = join(repo.blobs, `${file.hash}.${owner}.incomplete`);
    writeFileSync(path, bytes);
  };
  test.each<[string, Uint8Array, number]>([
    ['is continued', BYTES.subarray(0, 20_000), 1],
    ['is nothing to add to when it is whole', BYTES, 0],
    ['is thrown away when it was something else', OTHER.subarray(0, 20_000), 2],
    ['is thrown away when it is too long', new Uint8Array(SIZE + 1), 1],
  ])('%s', async (_, bytes, requests) => {
    server.trick = (_request, response, seen) => {
      sendBytes(response, seen, BYTES, 'a');
      return true;
    };
    await repo.freeBytes(); // makes the folder
    leftover(bytes, ownerOfTheDead());
    await download();
    expectWhole();
    expect(server.seen).toHaveLength(requests);
  });

  test('is left to a process that lives', async () => {
    server.trick = (_request, response, seen) => {
      sendBytes(response, seen, BYTES, 'a');
      return true;
    };
    await repo.freeBytes();
    leftover(BYTES.subarray(0, 9), ownerOfTheDead(process.ppid));
    await download();
    expect(left()).toHaveLength(2);
    expect(server.seen[0]!.range).toBeUndefined();
  });
});

/** The name of an owner on this machine: this very process in an earlier life, or another. */
function ownerOfTheDead(pid = process.pid): string {
  return `${HOST}-${pid}-deadbeef`;
}

describe('wrong bytes of the right size', () => {
  test.each<[string, Pick<RemoteFile, 'algorithm' | 'hash'>]>([
    ['are seen by sha256', { algorithm: 'sha256', hash: sha256(BYTES) }],
    ["are seen by Git's hash", { algorithm: 'git-sha1', hash: gitSha1(BYTES) }],
  ])('%s, asked for once more, and refused', async (_, content) => {
    file = { ...file, ...content };
    for (let round = 0; round < ROUNDS; round++) {
      repo = new CachedRepo(tempFolder(), 'model', 'org/name');
      server.seen.length = 0;
      const flipped = BYTES.slice();
      flipped[below(SIZE)]! ^= 1 << below(8);
      server.trick = (_request, response, seen) => {
        sendBytes(response, seen, flipped, 'a');
        return true;
      };
      const error = await failureOf(download());
      expect(error).toMatchObject({ code: 'HUB', exitCode: 2 });
      expect(error.message).toMatch(
        /^model\.safetensors arrived damaged twice: its (sha256|git-sha1) is [0-9a-f]+, the hub says/,
      );
      expect(server.seen).toHaveLength(2);
      expect(left()).toEqual([]);
    }
  });

  test('once are mended by the second attempt', async () => {
    server.trick = (_, response, seen) => {
      sendBytes(response, seen, server.seen.length === 1 ? OTHER : BYTES, 'a');
      return true;
    };
    await download();
    expectWhole();
  });

  test('too many of them are not written', async () => {
    server.trick = (_, response) => {
      response.writeHead(200).end(new Uint8Array(SIZE + 70_000));
      return true;
    };
    expect((await failureOf(download())).message).toMatch(/arrived damaged twice/);
    expect(left()).toEqual([]);
  });
});

describe('a server that is busy or broken', () => {
  test.each([429, 500, 502, 503, 504, 408])('that answers %i is asked again', async (status) => {
    server.trick = (_, response, seen) => {
      if (server.seen.length <= 2) response.writeHead(status).end();
      else sendBytes(response, seen, BYTES, 'a');
      return true;
    };
    await download();
    expectWhole();
    expect(pauses).toEqual([500, 1000]);
  });

  test('is left alone for as long as it says', async () => {
    server.trick = (_, response, seen) => {
      if (server.seen.length === 1) response.writeHead(429, { 'retry-after': '7' }).end();
      else sendBytes(response, seen, BYTES, 'a');
      return true;
    };
    await download();
    expect(pauses).toEqual([7000]);
  });

  test.each([[{ 'retry-after': '3600' }], [{ ratelimit: '"api";r=0;t=3600' }]])(
    'is not waited for for an hour',
    async (headers) => {
      server.trick = (_, response) => {
        response.writeHead(429, headers).end();
        return true;
      };
      expect(await failureOf(download())).toBeInstanceOf(HubStatus);
      expect(server.seen).toHaveLength(1);
    },
  );

  test.each([400, 401, 403, 404])('that answers %i is not asked again', async (status) => {
    server.trick = (_, response) => {
      response.writeHead(status).end();
      return true;
    };
    expect(await failureOf(download())).toMatchObject({ status });
    expect(server.seen).toHaveLength(1);
  });

  test('that sends a byte a second is given up', async () => {
    settings = { ...settings, timeoutMs: 100, retries: 1 };
    server.trick = (_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      const drip = setInterval(() => response.write('x'), 30);
      response.on('close', () => {
        clearInterval(drip);
      });
      return true;
    };
    expect((await failureOf(download())).message).toMatch(/sent next to nothing for 0\.1 s/);
    expect(server.seen).toHaveLength(2);
  });

  test('that never answers is given up', async () => {
    settings = { ...settings, timeoutMs: 100, retries: 1 };
    server.trick = () => true;
    expect((await failureOf(download())).message).toMatch(/doesn't answer within 0\.1 s/);
    expect(server.seen).toHaveLength(2);
  });

  test('a signal ends it at once, and what has come is kept', async () => {
    const stop = new AbortController();
    server.trick = (_, response) => {
      response.writeHead(200, { 'content-length': SIZE }).write(BYTES.subarray(0, 5_000));
      return true;
    };
    const onProgress = (bytes: number): void => {
      if (bytes > 0) stop.abort();
    };
    await failureOf(downloadBlob(settings, repo, file, { signal: stop.signal, onProgress }));
    expect(left()).toHaveLength(1);
    expect(statSync(join(repo.blobs, left()[0]!)).size).toBeGreaterThan(0);
  });
});

test('downloads of the same in one process wait for each other', async () => {
  server.trick = (_, response, seen) => {
    sendBytes(response, seen, BYTES, 'a');
    return true;
  };
  await Promise.all([download(), download(), download()]);
  expectWhole();
  expect(server.seen).toHaveLength(1);
});

test('an empty file needs no request', async () => {
  file = { ...file, size: 0, algorithm: 'git-sha1', hash: gitSha1(new Uint8Array()) };
  await download();
  expect(kept()).toHaveLength(0);
  expect(server.seen).toEqual([]);
});
