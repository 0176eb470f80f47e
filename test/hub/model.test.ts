/** Models by their names on the hub, from a server that speaks its protocol to a folder in the shared cache. */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { loadForPrediction, loadForTraining, loadTokenizer } from '../../src/checkpoint/load.js';
import { encodeSafetensorsHeader, parseSafetensorsHeader } from '../../src/formats/safetensors.js';
import { findModelFolder } from '../../src/hub/model.js';
import type { HubSettings } from '../../src/hub/settings.js';
import type { HubEvent } from '../../src/hub/use.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';
import { gitSha1, HubServer, PlainServer, sha256 } from '../support/hub-server.js';
import { keepTensors, shardModel, tinyCopy } from '../support/models.js';
import { settingsFor } from './settings.js';

const hub = await new HubServer().start();
/** Where no server is any more. */
const gone = await new PlainServer().start();
const NOBODY = gone.url;
await gone.stop();
let settings: HubSettings;
let events: HubEvent[] = [];
const use = (more: Partial<HubSettings> = {}) => ({
  settings: { ...settings, ...more },
  onEvent: (event: HubEvent): void => {
    events.push(event);
  },
});
const notes = (): string[] => events.flatMap((event) => (event.type === 'note' ? [event.message] : []));

afterAll(async () => {
  await hub.stop();
});

beforeEach(() => {
  settings = settingsFor(hub.url, join(tempFolder(), 'hub'));
  events = [];
  hub.trick = hub.storage.trick = () => false;
  hub.repos.length = 0;
  forget();
});

/** Forgets what has been asked so far. */
function forget(): void {
  hub.seen.length = hub.storage.seen.length = 0;
}

const read = (name: string): Buffer => readFileSync(join(TINY, name));
const asked = (): string[] => hub.seen.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);

describe('a model on the hub', () => {
  test('is downloaded into the layout that the libraries share, and needs no network any more', async () => {
    const commit = hub.addFolder('org/tiny', TINY, {
      files: { 'README.md': Buffer.from('x'), 'pytorch_model.bin': Buffer.from('x') },
    });
    const model = await loadForPrediction('org/tiny', use());
    const folder = join(settings.cache, 'models--org--tiny');
    expect(model.folder).toBe(join(folder, 'snapshots', commit));
    expect(model.hub).toEqual({ id: 'org/tiny', commit });
    expect(readFileSync(join(folder, 'refs/main'), 'utf8')).toBe(commit);
    const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    expect(readdirSync(model.folder).sort()).toEqual(names);
    for (const name of names) {
      const hash = name === 'model.safetensors' ? sha256(read(name)) : gitSha1(read(name));
      expect(lstatSync(join(model.folder, name)).isSymbolicLink()).toBe(true);
      expect(readlinkSync(join(model.folder, name))).toBe(`../../blobs/${hash}`);
      expect(readFileSync(join(model.folder, name))).toEqual(read(name));
    }
    expect(readdirSync(join(settings.cache, '.locks/models--org--tiny'))).toEqual([]);
    expect(asked()).toEqual([
      'GET /api/models/org/tiny/revision/main',
      `GET /api/models/org/tiny/tree/${commit}`,
      ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map(
        (name) => `GET /org/tiny/resolve/${commit}/${name}`,
      ),
    ]);
    const downloads = events.filter((event) => event.type === 'download');
    expect(downloads.at(-1)).toMatchObject({
      repo: 'org/tiny',
      file: 'model.safetensors',
      done: 64544,
      total: 64544,
    });

    forget();
    await loadForPrediction('org/tiny', use({ offline: true }));
    await loadForPrediction(`org/tiny@${commit}`, use());
    expect(hub.seen).toEqual([]);
    await loadForPrediction('org/tiny', use());
    expect(asked()).toEqual(['GET /api/models/org/tiny/revision/main']); // one cheap check
    expect(hub.storage.seen).toEqual([]);
  });

  test('of which a branch has moved on is downloaded anew, and the old commit stays', async () => {
    const first = hub.addFolder('org/tiny', TINY);
    await loadForPrediction('org/tiny', use());
    const second = hub.addFolder('org/tiny', TINY, { files: { 'vocab.txt': Buffer.from('new') } });
    forget();
    const { folder } = await loadForPrediction('org/tiny', use());
    expect(folder).toContain(second);
    expect(readdirSync(folder)).toContain('vocab.txt');
    // What both have is there already.
    expect(asked().filter((each) => each.includes('/resolve/'))).toEqual([
      `GET /org/tiny/resolve/${second}/vocab.txt`,
    ]);
    forget();
    await loadForPrediction(`org/tiny@${first}`, use());
    expect(hub.seen).toEqual([]);
  });

  test('has other revisions', async () => {
    hub.addFolder('org/tiny', TINY);
    const commit = hub.addFolder('org/tiny', TINY, {
      branch: 'refs/pr/1',
      files: { 'vocab.txt': Buffer.from('pr') },
    });
    expect((await loadForPrediction('org/tiny@refs/pr/1', use())).folder).toContain(commit);
    expect(readFileSync(join(settings.cache, 'models--org--tiny/refs/refs/pr/1'), 'utf8')).toBe(commit);
    const error = await failureOf(loadForPrediction('org/tiny@v9', use()));
    expect(error.message).toMatch(/the model "org\/tiny" has no revision "v9": see http.*\/org\/tiny/);
  });

  test('gives its tokenizer without its weights', async () => {
    hub.addFolder('org/tiny', TINY);
    await loadTokenizer('org/tiny', use());
    expect(asked().filter((each) => each.includes('safetensors'))).toEqual([]);
  });

  test('in several files is there whole', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    shardModel(model, 3);
    hub.addFolder('org/sharded', model, { lfsFrom: 6000 });
    const whole = await loadForPrediction(TINY);
    const { layout, weights } = await loadForPrediction('org/sharded', use());
    for (const { name, start, end } of layout.parameters) {
      const same = whole.layout.parameters.find((each) => each.name === name)!;
      expect(weights.subarray(start, end)).toEqual(whole.weights.subarray(same.start, same.end));
    }
    expect(hub.storage.seen.length).toBeGreaterThanOrEqual(3);
    forget();
    await loadForPrediction('org/sharded', use({ offline: true }));
    expect(hub.seen).toEqual([]);
  });

  test('whose index leads out of the folder is refused', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    shardModel(model, 2);
    const index = JSON.stringify({ weight_map: { a: '../../../evil.safetensors' } });
    hub.addFolder('org/evil', model, { files: { 'model.safetensors.index.json': Buffer.from(index) } });
    const error = await failureOf(loadForPrediction('org/evil', use()));
    expect(error).toMatchObject({ code: 'MODEL' });
    expect(error.message).toMatch(/names the file "\.\.\/\.\.\/\.\.\/evil\.safetensors"/);
  });

  test('with pickled weights alone is refused before they are asked for, with how to convert them', async () => {
    const files = {
      'config.json': read('config.json'),
      'tokenizer.json': read('tokenizer.json'),
      'pytorch_model.bin': Buffer.from('PK'),
    };
    hub.add({ id: 'org/old', files });
    const error = await failureOf(loadForTraining('org/old', ['a', 'b'], { seed: 1, hub: use() }));
    expect(error).toMatchObject({ code: 'MODEL', exitCode: 2 });
    expect(error.message).toMatch(/only as pytorch_model\.bin, a pickle file.*save_pretrained/);
    expect(asked().filter((each) => each.includes('.bin'))).toEqual([]);
  });

  test('of an architecture that there is none of is refused before its weights are asked for', async () => {
    const config = { ...(JSON.parse(String(read('config.json'))) as object), model_type: 'llama' };
    hub.addFolder('org/llama', TINY, { files: { 'config.json': Buffer.from(JSON.stringify(config)) } });
    expect((await failureOf(loadForPrediction('org/llama', use()))).message).toMatch(/llama.*bert/s);
    expect(asked().filter((each) => each.includes('safetensors'))).toEqual([]);
  });

  test('that is an adapter brings its original, from the hub too', async () => {
    hub.addFolder('org/tiny', TINY);
    const lora = fixturePath('hf-saved-lora');
    const config = JSON.parse(readFileSync(join(lora, 'adapter_config.json'), 'utf8')) as object;
    const adapter = Buffer.from(JSON.stringify({ ...config, base_model_name_or_path: 'org/tiny' }));
    hub.addFolder('org/lora', lora, { files: { 'adapter_config.json': adapter } });
    const model = await loadForPrediction('org/lora', use());
    expect(model.hub?.id).toBe('org/lora');
    expect(model.tokenizerFolder).toContain('models--org--tiny');
  });

  test('in half precision, as a base model or with the head of another task: what is unused or new is named', async () => {
    const base = tinyCopy(tempFolder(), 'm');
    keepTensors(base, (name) => !name.startsWith('classifier'));
    halve(base);
    hub.addFolder('org/base', base);
    const { report, weights } = await loadForTraining('org/base', ['a', 'b', 'c'], { seed: 1, hub: use() });
    expect(report.made).toEqual(['classifier.weight', 'classifier.bias']);
    const whole = await loadForTraining(TINY, ['a', 'b', 'c'], { seed: 1 });
    const ends = whole.layout.parameters.find(({ name }) => name === 'classifier.weight')!.start;
    for (let i = 0; i < ends; i++)
      expect(Math.abs(weights[i]! - whole.weights[i]!)).toBeLessThanOrEqual(
        2 ** -11 * Math.abs(whole.weights[i]!) + 2 ** -14,
      );

    addTensor(base, 'cls.predictions.bias');
    hub.addFolder('org/mlm', base);
    const mlm = await loadForTraining('org/mlm', ['a', 'b', 'c'], { seed: 1, hub: use() });
    expect(mlm.report.unused).toEqual(['cls.predictions.bias']);
  });
});

describe('a name', () => {
  test('that is a folder here is that folder', async () => {
    const before = process.cwd();
    process.chdir(tempFolder());
    try {
      mkdirSync('org/tiny', { recursive: true });
      expect(await findModelFolder('org/tiny', use())).toMatchObject({ folder: 'org/tiny' });
      // Where only its parent is here, it is a mistyped folder.
      expect(await findModelFolder('org/tny', use())).toMatchObject({ folder: 'org/tny' });
      hub.addFolder('org/tiny', TINY);
      expect((await findModelFolder('hf://org/tiny', use())).folder).toContain('snapshots');
      const error = await failureOf(loadForPrediction('org/tny', use()));
      expect(error.message).toMatch(/no such folder: org\/tny\..*hf:\/\/org\/tny/);
    } finally {
      process.chdir(before);
    }
  });

  test.each([
    './m',
    '/m',
    '../m',
    'a/b/c',
    'a b',
    'a//b',
    'a/..',
    '..',
    'C:\\m',
    'a\\b',
    'a--b/c',
    '-a',
    'a/b@../x',
    'a\0b',
  ])('%j is never asked of the hub', async (name) => {
    expect(await findModelFolder(name, use()).catch((error: unknown) => error)).not.toHaveProperty('hub.id');
    expect(hub.seen).toEqual([]);
  });

  test('of the bundled model needs no hub', async () => {
    const { folder } = await findModelFolder('sentence-transformers/all-MiniLM-L6-v2', use());
    expect(folder).toMatch(/models.all-MiniLM-L6-v2$/);
    expect(hub.seen).toEqual([]);
  });
});

describe('what the hub refuses', () => {
  test.each<[string, Parameters<HubServer['add']>[0] | undefined, string | undefined, RegExp]>([
    [
      'an unknown name',
      undefined,
      undefined,
      /^no such folder: org\/x; and there is no model "org\/x" at http\S+: check its spelling.*or it is private or gated: then set HF_TOKEN/,
    ],
    [
      'an unknown name, with a token',
      undefined,
      'hf_secret',
      /there is no model "org\/x".*your token may not read it/,
    ],
    [
      'a private one',
      { id: 'org/x', files: {}, token: 'hf_other' },
      undefined,
      /there is no model "org\/x".*set HF_TOKEN/,
    ],
    [
      'a gated one',
      { id: 'org/x', files: {}, token: 'hf_other', gated: true },
      undefined,
      /is gated: agree to its terms at http\S+\/org\/x, then set HF_TOKEN/,
    ],
    [
      'a gated one, with a token',
      { id: 'org/x', files: {}, token: 'hf_other', gated: true },
      'hf_secret',
      /is gated.*with the account that the token in HF_TOKEN belongs to/,
    ],
    [
      'one without a config',
      { id: 'org/x', files: { a: Buffer.from('x') } },
      undefined,
      /org\/x has no config\.json, so it is no model in transformers' format; it has "a"/,
    ],
  ])('%s', async (_, repo, token, message) => {
    if (repo) hub.add(repo);
    const error = await failureOf(loadForPrediction('org/x', use({ token })));
    expect(error).toMatchObject({ code: 'HUB', exitCode: 2 });
    expect(error.message).toMatch(message);
    expect(JSON.stringify([error.message, error.cause])).not.toContain('hf_secret');
  });

  test('a token that it says back is not shown', async () => {
    hub.trick = (_, response) => {
      response.writeHead(403, { 'x-error-message': 'token hf_secret is expired' }).end();
      return true;
    };
    const { message } = await failureOf(loadForPrediction('org/x', use({ token: 'hf_secret' })));
    expect(message).toMatch(/token \*\*\* is expired/);
    expect(message).not.toContain('hf_secret');
  });

  test('a token that is none any more', async () => {
    hub.trick = (_, response) => {
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"error":"Invalid credentials in Authorization header"}');
      return true;
    };
    const { message } = await failureOf(loadForPrediction('org/x', use({ token: 'hf_secret' })));
    expect(message).toMatch(/the hub doesn't take the token in HF_TOKEN/);
  });
});

describe('a hub that is down', () => {
  test('is no hindrance for what is in the cache; a note says so', async () => {
    const commit = hub.addFolder('org/tiny', TINY);
    await loadForPrediction('org/tiny', use());
    for (const status of [429, 500, 503]) {
      events = [];
      hub.trick = (_, response) => {
        response.writeHead(status).end();
        return true;
      };
      expect((await loadForPrediction('org/tiny', use())).folder).toContain(commit);
      expect(notes()).toEqual([
        expect.stringMatching(
          new RegExp(`org/tiny is taken from the cache, as the server answers ${status}`),
        ),
      ]);
    }
    events = [];
    const gone = use({ endpoint: NOBODY });
    expect((await loadForPrediction('org/tiny', gone)).folder).toContain(commit);
    expect(notes()).toEqual([expect.stringMatching(/can't be reached \(\w+\)/)]);
  });

  test('is said to be where there is nothing in the cache', async () => {
    const gone = use({ endpoint: NOBODY });
    expect((await failureOf(loadForPrediction('org/tiny', gone))).message).toMatch(
      /org\/tiny can't be downloaded: 127\.0\.0\.1:\d+ can't be reached.*Check the connection/,
    );
    hub.trick = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect((await failureOf(loadForPrediction('org/tiny', use()))).message).toMatch(
      /the hub has a fault \(status 503\)/,
    );
    expect(hub.seen).toHaveLength(6);
    expect((await failureOf(loadForPrediction('org/tiny', use({ offline: true })))).message).toMatch(
      /not in the cache.*HF_HUB_OFFLINE is set/,
    );
  });

  test('an answer that is no JSON, or breaks off, is asked for again or refused', async () => {
    hub.trick = (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      setTimeout(() => response.destroy(), 5);
      return true;
    };
    expect((await failureOf(loadForPrediction('org/x', use()))).message).toMatch(/broke off its answer/);
    hub.trick = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>');
      return true;
    };
    const error = await failureOf(loadForPrediction('org/x', use()));
    expect(error).toMatchObject({ code: 'HUB' });
    expect(error.message).toMatch(/is it a hub/);
  });
});

describe('what Python left in the cache', () => {
  test('is used as it is, without a list of files', async () => {
    const commit = hub.addFolder('org/tiny', TINY);
    const { folder } = await loadForPrediction('org/tiny', use());
    rmSync(join(folder, '../../trees'), { recursive: true });
    forget();
    await loadForPrediction('org/tiny', use({ offline: true }));
    expect(hub.seen).toEqual([]);
    expect((await loadForPrediction(`org/tiny@${commit}`, use())).folder).toBe(folder);
    expect(asked()).toEqual([`GET /api/models/org/tiny/tree/${commit}`]);
  });

  test('is said to be incomplete where it is', async () => {
    hub.addFolder('org/tiny', TINY);
    const { folder } = await loadForPrediction('org/tiny', use());
    rmSync(join(folder, 'model.safetensors'));
    const error = await failureOf(loadForPrediction('org/tiny', use({ offline: true })));
    expect(error.message).toMatch(
      /model\.safetensors of org\/tiny is not in the cache, and the hub can't be asked/,
    );
    await loadForPrediction('org/tiny', use());
  });
});

/** Rewrites a model's weights as fp16. */
function halve(model: string): void {
  rewrite(
    model,
    (bytes) => {
      const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      return Buffer.from(Uint16Array.from(floats, toHalf).buffer);
    },
    'F16',
  );
}

/** Adds a tensor of one number that a classifier has no use for. */
function addTensor(model: string, name: string): void {
  rewrite(model, (bytes) => Buffer.from(bytes), 'F16', name);
}

function rewrite(model: string, change: (bytes: Buffer) => Buffer, dtype: 'F16', extra?: string): void {
  const path = join(model, 'model.safetensors');
  const bytes = readFileSync(path);
  const tensors = [...parseSafetensorsHeader(bytes, bytes.length, path).tensors];
  const list = tensors.map(([name, { shape }]) => ({ name, dtype, shape: [...shape] }));
  const parts = tensors.map(([, { start, end }]) => change(bytes.subarray(start, end)));
  if (extra !== undefined) {
    list.push({ name: extra, dtype, shape: [1] });
    parts.push(Buffer.alloc(2));
  }
  writeFileSync(path, Buffer.concat([encodeSafetensorsHeader(list), ...parts]));
}

/** To the nearest half, of numbers that are neither tiny nor large; good enough for weights. */
function toHalf(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const exponent = ((bits >>> 23) & 255) - 112;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | ((exponent << 10) + (((bits & 0x7fffff) + 0x1000) >>> 13));
}
