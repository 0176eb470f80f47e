/** Uploads to a hub on this machine: what arrives, who sees the token, and what is said when it fails. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HubSettings } from '../../src/hub/settings.js';
import { checkPush, pushFolder, type UploadEvent } from '../../src/hub/push.js';
import { HubError, InterruptedError, UsageError } from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { bertune, TINY } from '../support/cli.js';
import { HubServer } from '../support/hub-server.js';
import { settingsFor } from './settings.js';

const TOKEN = 'hf_secretOfTheTests';
let hub: HubServer;

beforeEach(async () => {
  hub = await new HubServer().start();
  hub.writeToken = TOKEN;
});
afterEach(() => hub.stop());

const settings = (more: Partial<HubSettings> = {}): HubSettings =>
  settingsFor(hub.url, tempFolder(), { token: TOKEN, ...more });

/** A folder with a small file, and a large one in a folder of its own. */
function someFolder(): { folder: string; large: Buffer } {
  const folder = tempFolder();
  const large = Buffer.alloc(300_000, 'weights ');
  mkdirSync(join(folder, 'onnx'));
  writeFileSync(join(folder, 'config.json'), '{"a": 1}\n');
  writeFileSync(join(folder, 'onnx', 'model.onnx'), large);
  return { folder, large };
}

describe('what is pushed', () => {
  test('all files arrive in one commit, large ones by way of the storage, and progress ends at the end', async () => {
    const { folder, large } = someFolder();
    const events: UploadEvent[] = [];
    const pushed = await pushFolder(folder, 'org/model', {
      isPrivate: true,
      onUpload: (event) => events.push(event),
      settings: settings(),
    });
    expect(pushed).toEqual({ url: `${hub.url}/org/model`, commit: 'c'.repeat(40) });
    expect(hub.created).toEqual([{ id: 'org/model', visibility: 'private' }]);
    expect(hub.pushed.map(({ id, path }) => [id, path]).sort()).toEqual([
      ['org/model', 'config.json'],
      ['org/model', 'onnx/model.onnx'],
    ]);
    const content = (path: string) => hub.pushed.find((each) => each.path === path)!.content;
    expect(content('config.json').toString()).toBe('{"a": 1}\n');
    expect(content('onnx/model.onnx').equals(large)).toBe(true);
    const total = large.length + 9;
    expect(events).toContainEqual({ repo: 'org/model', done: large.length, total });
    expect(events.at(-1)).toEqual({ repo: 'org/model', done: total, total });
  });

  test('the token goes to the hub, and to no storage', async () => {
    await pushFolder(someFolder().folder, 'org/model', { settings: settings() });
    expect(hub.seen.length).toBeGreaterThan(3);
    for (const { token } of hub.seen) expect(token).toBe(`Bearer ${TOKEN}`);
    expect(hub.storage.seen.map(({ method, token }) => [method, token])).toEqual([['PUT', undefined]]);
  });

  test('a repository that is there takes the commit; but what is to be private goes into no public one', async () => {
    const { folder } = someFolder();
    await pushFolder(folder, 'org/model', { settings: settings() });
    await pushFolder(folder, 'org/model', { settings: settings() });
    expect(hub.created).toHaveLength(1);
    expect(hub.pushed).toHaveLength(4);
    const options = { isPrivate: true, settings: settings() };
    const error = await failureOf(pushFolder(folder, 'org/model', options));
    expect(error).toBeInstanceOf(HubError);
    expect(error.message).toBe(
      "org/model is there already and public: --private can't be kept. Choose another name.",
    );
    expect(hub.pushed).toHaveLength(4);
  });

  test('what breaks off is sent again', async () => {
    let cuts = 0;
    hub.storage.trick = (request) => {
      if (cuts++ > 1) return false;
      request.destroy();
      return true;
    };
    await pushFolder(someFolder().folder, 'org/model', { settings: settings() });
    expect(hub.pushed).toHaveLength(2);
    expect(cuts).toBe(3);
  });
});

describe('what fails, in one line without the token', () => {
  const refuse = (status: number, at: RegExp, error = `no, not with ${TOKEN}`): void => {
    hub.trick = (_request, response, { path, method }) => {
      if (method === 'GET' || !at.test(path)) return false;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
      return true;
    };
  };

  test.each([
    [401, /create/, "doesn't take the token in HF_TOKEN: make a new one that may write at"],
    [403, /create/, 'your token may not write to org/model: make one that may at'],
    [403, /commit/, 'your token may not write to org/model'],
    [409, /commit/, 'somebody else changed org/model meanwhile: try again'],
    [404, /preupload/, 'has no place for org/model'],
    [500, /commit/, 'has a fault (status 500) and takes no upload: try again later'],
    [418, /batch/, 'refuses the upload to org/model (status 418)'],
  ])('%d at %s', async (status, at, message) => {
    refuse(status, at);
    const error = await failureOf(pushFolder(someFolder().folder, 'org/model', { settings: settings() }));
    expect(error).toBeInstanceOf(HubError);
    expect(error.message).toContain(message);
    expect(error.message).toContain('it says: no, not with ***');
    expect(error.message).not.toContain(TOKEN);
    expect(error.message).not.toContain('\n');
    expect(hub.pushed).toEqual([]);
  });

  test('a connection that stays cut', async () => {
    hub.storage.trick = (request) => {
      request.destroy();
      return true;
    };
    const error = await failureOf(
      pushFolder(someFolder().folder, 'org/model', { settings: settings({ retries: 1 }) }),
    );
    expect(error).toBeInstanceOf(HubError);
    expect(error.message).toMatch(/^org\/model can't be uploaded: .* Check the connection and try again\.$/);
    expect(hub.pushed).toEqual([]);
  });

  test('who stops it is told so', async () => {
    const controller = new AbortController();
    hub.trick = (_request, _response, { path }) => {
      if (path.includes('preupload')) controller.abort();
      return false;
    };
    const options = { signal: controller.signal, settings: settings() };
    const error = await failureOf(pushFolder(someFolder().folder, 'org/model', options));
    expect(error).toBeInstanceOf(InterruptedError);
    expect(hub.pushed).toEqual([]);
  });

  test('before there is anything to push: a name that is none, no token, no network wanted', async () => {
    const failure = (id: string, more: Partial<HubSettings>): Promise<Error> =>
      failureOf(checkPush(id, settings(more)));
    expect(await failure('model', {})).toBeInstanceOf(UsageError);
    expect((await failure('../x', {})).message).toContain('expected <org>/<name>');
    expect((await failure('org/model', { token: undefined })).message).toContain(
      '--push needs a token that may write',
    );
    expect((await failure('org/model', { offline: true })).message).toContain('HF_HUB_OFFLINE');
    expect(hub.seen).toEqual([]);
  });
});

test('the command: exported, pushed, and told; what fails leaves the export, and says where', async () => {
  const cwd = tempFolder();
  const env = { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN, HF_HUB_OFFLINE: '', HF_HOME: join(cwd, 'hf') };
  const args = ['export', TINY, '--push', 'org/tiny', '--private', '--out', 'x'];
  const { code, stdout, stderr } = await bertune(args, { cwd, env });
  expect(stderr + stdout).not.toContain(TOKEN);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(`Pushed    ${hub.url}/org/tiny  (commit ccccccc)`);
  expect(stderr).toMatch(/uploading org\/tiny \d\.\d MB\/\d\.\d MB/);
  const pushed = hub.pushed.find(({ path }) => path === 'onnx/model.onnx')!.content;
  expect(pushed.equals(readFileSync(join(cwd, 'x', 'onnx', 'model.onnx')))).toBe(true);

  const wrong = { ...env, HF_TOKEN: 'hf_wrong' };
  const refused = await bertune([...args, '--force'], { cwd, env: wrong });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("doesn't take the token in HF_TOKEN");
  expect(refused.stderr).toContain('The export itself is saved in x.');
  expect(refused.stderr + refused.stdout).not.toContain('hf_wrong');
  const without = await bertune([...args, '--force'], { cwd, env: { ...env, HF_TOKEN: '' } });
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('--push needs a token that may write');
});
