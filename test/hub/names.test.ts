/** Names of files that lead out of their folder on one system or another: nothing is written outside. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { CachedRepo } from '../../src/files/hub-cache.js';
import { checkFileNames } from '../../src/hub/names.js';
import type { HubSettings } from '../../src/hub/settings.js';
import { Snapshot } from '../../src/hub/snapshot.js';
import { BertuneError, HubError } from '../../src/util/errors.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { gitSha1, HubServer } from '../support/hub-server.js';
import { settingsFor } from './settings.js';

const hub = await new HubServer().start();
afterAll(() => hub.stop());

let root: string;
let settings: HubSettings;
beforeEach(() => {
  root = tempFolder();
  // Deep, so that what climbs out of the cache is still in the folder that is looked at.
  settings = settingsFor(hub.url, join(root, 'a/b/c/d/e/f/hub'));
  hub.repos.length = 0;
});

const CONTENT = Buffer.from('evil');

/** Asks the hub for a file that it lists under that name. */
async function fetchNamed(name: string): Promise<BertuneError | undefined> {
  // By hand, as a server that means ill writes it: an address would make something else of the name.
  hub.repos.length = 0;
  const commit = hub.add({ kind: 'dataset', id: 'org/evil', files: { [name]: CONTENT } });
  hub.trick = (_, response, { path }) => {
    if (!path.includes('/resolve/')) return false;
    response.writeHead(200).end(CONTENT);
    return true;
  };
  const snapshot = await Snapshot.open({ kind: 'dataset', id: 'org/evil', revision: commit }, { settings });
  try {
    await snapshot.fetchAll([name]);
    return undefined;
  } catch (error) {
    if (error instanceof BertuneError) return error;
    throw error;
  }
}

/** All that lies below a folder, as real paths; links that lead somewhere else would show. */
function realFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => !lstatSync(path).isDirectory())
    .map((path) => realpathSync(path));
}

const REFUSED: readonly string[] = [
  ...['..', '.', './x', '../x', '../../x', '../../../../../../../x', 'a/../../../x', 'a/..', 'a/./b', '...'],
  ...['/x', '/tmp/bertune-evil', '//server/share/x', '\\\\server\\share\\x', '\\x', '..\\x', 'a\\..\\..\\x'],
  ...['C:\\x', 'C:x', 'c:/x', '\\\\?\\C:\\x', '\\\\.\\NUL', 'x:stream', 'x::$DATA', 'a//b', 'a/', ''],
  ...['x.', 'x ', 'a./b', 'a /b', '. .', '.. /x', 'x\0', '../x\0.parquet', 'a\nb', 'a\u001b[31m', '\u007f'],
  ...['con', 'CON.txt', 'nul', 'Nul.tar.gz', 'aux.csv', 'prn', 'com1', 'LPT9.txt', 'COM\u00B9', 'a/nul/b'],
  ...['con .txt', 'CONIN$', 'conout$', 'x'.repeat(256), 'a/\u202Egpj.exe', 'a\u0085b'],
];
/** Look-alikes and names that shells, addresses and JavaScript read in their own way: here they are names. */
const PLAIN: readonly string[] = [
  ...['%2e%2e%2fx', '%2e%2e/x', '..%2fx', '%252e%252e%252fx', '..%c0%afx', '..%5cx', '%00x', 'a%2fb'],
  ...['\uFF0E\uFF0E\uFF0Fx', '\u2024\u2024/x', '\u2025/x', '\u2215..\u2215x', '..\u2216x', '..;/x', '~/x'],
  ...['~', '$HOME', '`id`', '$(touch x)', '-rf', '__proto__', 'constructor', '.git/config', '.x', "'; x"],
];

describe(`${REFUSED.length + PLAIN.length} names`, () => {
  test(`${REFUSED.length} are refused before anything is asked for`, async () => {
    for (const name of REFUSED) {
      const error = await fetchNamed(name);
      expect(error, JSON.stringify(name)).toBeInstanceOf(HubError);
      expect(error?.message, JSON.stringify(name)).toMatch(/could be written outside of its folder/);
      // Only the list of the commit's files is there.
      const written = realFiles(root).filter((path) => !/\/trees\/[0-9a-f]{40}\.json$/.test(path));
      expect(written, JSON.stringify(name)).toEqual([]);
    }
    expect(hub.seen.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
    expect(existsSync('/tmp/bertune-evil')).toBe(false);
  });

  test.each(PLAIN)('%j is a file like others', async (name) => {
    expect(await fetchNamed(name)).toBeUndefined();
    const folder = join(settings.cache, 'datasets--org--evil');
    expect(realFiles(root).filter((path) => !path.startsWith(folder + sep))).toEqual([]);
    const blob = join(folder, 'blobs', gitSha1(CONTENT));
    const snapshot = join(folder, 'snapshots', readdirSync(join(folder, 'snapshots'))[0]!);
    expect(realpathSync(join(snapshot, name))).toBe(blob);
    expect(join(snapshot, name).startsWith(snapshot + sep)).toBe(true);
  });
});

test.each([
  [['a.parquet', 'A.parquet'], true],
  [['a/x', 'A/y'], true],
  [['x', 'x/y'], true],
  [['X/y', 'x'], true],
  [['\u00E9', 'e\u0301'], true], // the same letter, composed and not
  [['stra\u00DFe', 'STRASSE'], true],
  [['\u212A', 'k'], true], // the sign for kelvin
  [['a/x', 'a/y'], false],
  [['a', 'a.b', 'ab'], false],
])('%j lie in one place where case and spelling do not count: %s', (names, clash) => {
  const check = (): void => {
    checkFileNames(names, 'org/evil');
  };
  if (clash) expect(check).toThrow(/would be written over each other/);
  else expect(check).not.toThrow();
});

describe.skipIf(process.platform === 'win32')('links in the cache that lead out of it', () => {
  const outside = (): string => join(root, 'outside');
  const folder = (): string => join(settings.cache, 'datasets--org--evil');
  const plant = (at: string, target = outside()): void => {
    mkdirSync(outside(), { recursive: true });
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(target, at);
  };

  test.each([
    ['the folder of contents', 'blobs'],
    ['the folder of commits', 'snapshots'],
    ['the folder of lists', 'trees'],
    ['a folder of a commit', 'snapshots/COMMIT/data'],
  ])('%s: nothing is written there', async (_, place) => {
    const commit = hub.add({ kind: 'dataset', id: 'org/evil', files: { 'data/x': CONTENT } });
    plant(join(folder(), place.replace('COMMIT', commit)));
    const error = await fetchNamed('data/x');
    expect(readdirSync(outside())).toEqual([]);
    expect(error?.message).toMatch(/leads out of the cache/);
  });

  test('a branch: nothing is written there', async () => {
    hub.add({ kind: 'dataset', id: 'org/evil', files: { x: CONTENT } });
    plant(join(folder(), 'refs'));
    const snapshot = await Snapshot.open({ kind: 'dataset', id: 'org/evil', revision: 'main' }, { settings });
    expect((await failureOf(snapshot.fetchAll(['x']))).message).toMatch(/leads out of the cache/);
    expect(readdirSync(outside())).toEqual([]);
  });

  test('the beginning of a download: what it leads to is left alone', async () => {
    const victim = join(root, 'victim');
    writeFileSync(victim, 'mine');
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const name = `${gitSha1(CONTENT)}.${host}-${process.pid}-deadbeef.incomplete`;
    plant(join(folder(), 'blobs', name), victim);
    expect(await fetchNamed('x')).toBeUndefined();
    expect(readFileSync(victim, 'utf8')).toBe('mine');
  });

  test('a file of a commit is written anew, beside what it led to', async () => {
    const victim = join(root, 'victim');
    writeFileSync(victim, 'mine');
    const repo = new CachedRepo(settings.cache, 'dataset', 'org/evil');
    const commit = 'a'.repeat(40);
    plant(join(repo.snapshot(commit), 'x'), victim);
    await repo.freeBytes();
    writeFileSync(repo.blob('b'.repeat(40)), 'theirs');
    await repo.link(commit, 'x', 'b'.repeat(40));
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    expect(readFileSync(join(repo.snapshot(commit), 'x'), 'utf8')).toBe('theirs');
  });

  test('the whole cache may lie elsewhere', async () => {
    mkdirSync(outside());
    mkdirSync(dirname(settings.cache), { recursive: true });
    symlinkSync(outside(), settings.cache);
    expect(await fetchNamed('data/x')).toBeUndefined();
    renameSync(join(outside(), 'datasets--org--evil'), join(root, 'moved'));
    symlinkSync(join(root, 'moved'), join(outside(), 'datasets--org--evil'));
    expect(await fetchNamed('data/y')).toBeUndefined();
  });
});
