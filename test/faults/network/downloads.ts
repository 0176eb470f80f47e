/**
 * Downloads from a server that fails in every way a network can, in random turns: what is kept is the hub's file, byte for byte, or
 * nothing at all.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ContentHash } from '../../../src/files/partial-file.js';
import { CachedRepo } from '../../../src/files/hub-cache.js';
import { downloadBlob, type RemoteFile } from '../../../src/hub/download.js';
import { HubError } from '../../../src/util/errors.js';
import { PURPOSE, RandomStream } from '../../../src/util/random.js';
import { failureOf } from '../../files/temp.js';
import { settingsFor } from '../../hub/settings.js';
import { cutAfter, gitSha1, PlainServer, sendBytes, sha256, type Trick } from '../../support/hub-server.js';
import { SEED, tell } from '../runs.js';

type Answer = (...args: Parameters<Trick>) => void;

/** A case: a content, where it goes, and the random numbers of its failures. */
class Case {
  readonly #random: RandomStream;
  readonly bytes: Uint8Array;
  /** What was there before, or what a damaged server has: as long, and different in every byte. */
  readonly other: Uint8Array;
  readonly folder = mkdtempSync(join(tmpdir(), 'bertune-test-'));
  readonly repo = new CachedRepo(this.folder, 'model', 'org/name');
  readonly file: RemoteFile;

  constructor(place: number, url: string) {
    this.#random = new RandomStream(SEED + place, PURPOSE.order);
    this.bytes = Uint8Array.from({ length: 1_000 + this.below(20_000) }, () => this.below(256));
    this.other = Uint8Array.from(this.bytes, (byte) => byte ^ 255);
    const algorithm: ContentHash = this.below(2) === 0 ? 'sha256' : 'git-sha1';
    const hash = (algorithm === 'sha256' ? sha256 : gitSha1)(this.bytes);
    this.file = {
      name: 'model.safetensors',
      url: `${url}/${place}`,
      size: this.bytes.length,
      algorithm,
      hash,
    };
  }

  below(limit: number): number {
    return Math.floor(this.#random.uniform() * limit);
  }

  /** The names of what is in the folder of contents. */
  left(): string[] {
    return existsSync(this.repo.blobs) ? readdirSync(this.repo.blobs) : [];
  }

  /** One way to fail, as the server does it next. */
  failure(): readonly [string, Answer] {
    const { bytes, other } = this;
    const size = bytes.length;
    const cut = 1 + this.below(size - 1);
    const ways: Readonly<Record<string, Answer>> = {
      cut: (_, response, seen) => { cutAfter(response, seen, bytes, 'a', cut); },
      'cut at once': (_, response) => { response.destroy(); },
      'cut, no ranges': (_, response, seen) => { cutAfter(response, { ...seen, range: undefined }, bytes, 'a', cut); },
      '416': (_, response, seen) => { if (seen.range === undefined) cutAfter(response, seen, bytes, 'a', cut); else response.writeHead(416).end(); },
      'another part': (_, response, seen) => {
        if (seen.range === undefined) cutAfter(response, seen, bytes, 'a', cut);
        else response.writeHead(206, { etag: '"a"', 'content-range': `bytes ${cut}-${size - 1}/${size}` }).end(bytes.subarray(cut));
      },
      'another size': (_, response, seen) => {
        if (seen.range === undefined) cutAfter(response, seen, bytes, 'a', cut);
        else response.writeHead(206, { etag: '"a"', 'content-range': `bytes ${/\d+/.exec(seen.range)![0]}-${size}/${size + 1}` }).end(bytes);
      },
      'no range said': (_, response, seen) => {
        if (seen.range === undefined) cutAfter(response, seen, bytes, 'a', cut);
        else response.writeHead(206, { etag: '"a"' }).end(bytes);
      },
      'another content, by its etag': (_, response, seen) => { cutAfter(response, { ...seen, ifRange: undefined }, other, 'old', cut); },
      'said to be shorter': (_, response) => { response.writeHead(200, { etag: '"a"', 'content-length': cut }).end(bytes.subarray(0, cut)); },
      busy: (_, response) => { response.writeHead(503, { 'retry-after': '1' }).end(); },
    }; // prettier-ignore
    const names = Object.keys(ways);
    const name = names[this.below(names.length)]!;
    return [name, ways[name]!];
  }
}

/** So many downloads that fail one to five times each, then go well. */
export function cutDownloads(cases: number): void {
  const server = withServer();
  test(`${cases} downloads that break off in any way end with the file that the hub has`, async () => {
    const ways = new Map<string, number>();
    let requests = 0;
    for (let place = 0; place < cases; place++) {
      const now = new Case(place, server.url);
      const failures = Array.from({ length: 1 + now.below(5) }, () => now.failure());
      // Some begin with what a dead process left, of this file or of another.
      const leftover = now.below(4);
      if (leftover < 2) {
        await now.repo.freeBytes();
        const bytes = (leftover === 0 ? now.bytes : now.other).subarray(0, now.below(now.bytes.length));
        writeFileSync(join(now.repo.blobs, `${now.file.hash}.${DEAD}.incomplete`), bytes);
      }
      for (const [name] of failures) ways.set(name, (ways.get(name) ?? 0) + 1);
      server.seen.length = 0;
      server.trick = (request, response, seen) => {
        const failure = failures[server.seen.length - 1];
        if (failure) failure[1](request, response, seen);
        else sendBytes(response, seen, now.bytes, 'a');
        return true;
      };
      const where = `case ${place} of seed ${SEED}: ${failures.map(([name]) => name).join(', ')}`;
      // More than there are failures: a connection that is kept and dies as it is used again is one too.
      const settings = settingsFor(server.url, now.folder, { retries: 10 });
      await downloadBlob(settings, now.repo, now.file).catch((error: unknown) => {
        throw new Error(where, { cause: error });
      });
      expect(readFileSync(now.repo.blob(now.file.hash)).equals(now.bytes), where).toBe(true);
      expect(now.left(), where).toEqual([now.file.hash]);
      requests += server.seen.length;
      rmSync(now.folder, { recursive: true });
    }
    tell('downloads that break off', { whole: cases, requests, ...Object.fromEntries(ways) });
  });
}

/** So many downloads of as many bytes as there should be, some of them wrong. */
export function wrongDownloads(cases: number): void {
  const server = withServer();
  test(`${cases} downloads of the right size with wrong bytes are asked for once more, and nothing is kept`, async () => {
    let inOneBit = 0;
    for (let place = 0; place < cases; place++) {
      const now = new Case(place, server.url);
      const wrong = now.bytes.slice();
      const at = now.below(wrong.length);
      if (now.below(2) === 0) {
        wrong[at]! ^= 1 << now.below(8);
        inOneBit++;
      } else wrong.set(now.other.subarray(at), at);
      server.seen.length = 0;
      server.trick = (_, response, seen) => {
        sendBytes(response, seen, wrong, 'a');
        return true;
      };
      const where = `case ${place} of seed ${SEED}`;
      const error = await failureOf(downloadBlob(settingsFor(server.url, now.folder), now.repo, now.file));
      expect(error, where).toBeInstanceOf(HubError);
      expect(error, where).toMatchObject({ exitCode: 2 });
      expect(error.message, where).toMatch(
        /arrived damaged twice: its (sha256|git-sha1) is .*Nothing of it was kept/,
      );
      expect(server.seen, where).toHaveLength(2);
      expect(now.left(), where).toEqual([]);
      rmSync(now.folder, { recursive: true });
    }
    tell('downloads of wrong bytes', { refused: cases, 'wrong in one bit': inOneBit });
  });
}

/** This process in an earlier life. */
const DEAD = `${createHash('sha256').update(hostname()).digest('hex').slice(0, 8)}-${process.pid}-deadbeef`;

function withServer(): PlainServer {
  const server = new PlainServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  return server;
}
