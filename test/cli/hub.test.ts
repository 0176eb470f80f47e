/** The hub through the command line, as users have it: environment variables, names, progress and refusals. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { bertune, start, TINY, TINY_MODEL, type Finished } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';
import { cutAfter, HubServer, sendBytes, sha256 } from '../support/hub-server.js';
import { reviews, reviewsCsv } from '../support/reviews.js';

const hub = await new HubServer().start();
let cwd: string;
let env: Record<string, string>;

afterAll(() => hub.stop());
beforeEach(() => {
  cwd = tempFolder();
  env = { HF_ENDPOINT: hub.url, HF_HOME: join(cwd, 'hf'), HF_HUB_OFFLINE: '0', HF_TOKEN: '' };
  hub.repos.length = 0;
  hub.trick = hub.storage.trick = () => false;
  forget();
});

function forget(): void {
  hub.seen.length = hub.storage.seen.length = 0;
}

const run = (...args: string[]): Promise<Finished> => bertune(args, { cwd, env });

async function ok(...args: string[]): Promise<Finished> {
  const finished = await run(...args);
  expect(finished.code, finished.stderr).toBe(0);
  return finished;
}

/** Settings of a short training; the model is named by the test. */
const SHORT = [...TINY_MODEL.slice(2), '--max-steps', '2', '--batch-size', '8'];

describe('a model', () => {
  test('is trained, looked at and used by its name; the second time without a network', async () => {
    const commit = hub.addFolder('org/tiny', TINY);
    writeFileSync(join(cwd, 'a.csv'), reviewsCsv(reviews(24)));
    const { stderr } = await ok('train', 'a.csv', '--model', 'org/tiny', ...SHORT, '--out', 'run');
    expect(stderr).toMatch(/downloading org\/tiny 0\.1 MB\/0\.1 MB/);
    expect(stderr).toMatch(/^Model {5}org\/tiny: /m);
    const record = JSON.parse(readFileSync(join(cwd, 'run/bertune.json'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({ base_model: 'org/tiny', base_model_revision: commit });
    forget();
    env['HF_HUB_OFFLINE'] = '1';
    const again = await ok('train', 'a.csv', '--model', 'org/tiny', ...SHORT, '--out', 'again');
    expect(again.stderr).not.toMatch(/downloading/);
    const weights = (name: string): string => sha256(readFileSync(join(cwd, name, 'model.safetensors')));
    expect(weights('again')).toBe(weights('run'));
    await ok('inspect', 'a.csv', '--model', 'org/tiny');
    const { stdout } = await ok('predict', 'org/tiny', 'A fine film.', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ text: 'A fine film.' });
    await ok(
      'pretrain',
      'a.csv',
      '--model',
      'org/tiny',
      '--max-length',
      '24',
      '--max-steps',
      '1',
      '--threads',
      '1',
    );
    await ok('export', 'org/tiny', '--out', 'onnx');
    expect(hub.seen).toEqual([]);
  });

  test('is asked for with the token of the environment, or of the file; only the hub gets it', async () => {
    hub.addFolder('org/private', TINY, { token: 'hf_secret' });
    const refused = await run('predict', 'org/private', 'A film.');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^error: [^\n]*set HF_TOKEN[^\n]*\n$/);
    mkdirSync(join(cwd, 'hf'), { recursive: true });
    writeFileSync(join(cwd, 'hf/token'), 'hf_secret\n');
    forget();
    await ok('predict', 'org/private', 'A film.');
    expect(new Set(hub.seen.map(({ token }) => token))).toEqual(new Set(['Bearer hf_secret']));
    expect(hub.storage.seen.length).toBeGreaterThan(0);
    expect(hub.storage.seen.filter(({ token }) => token !== undefined)).toEqual([]);
    env['HF_TOKEN'] = 'hf_other';
    const wrong = await run('predict', 'org/private@v2', 'A film.');
    expect(wrong.stderr).toMatch(/your token may not read it/);
    expect(wrong.stderr).not.toMatch(/hf_(secret|other)/);
    env['HF_TOKEN'] = 'hf_söcret';
    const strange = await run('predict', 'org/private@v2', 'A film.');
    expect(strange).toMatchObject({ code: 2 });
    expect(strange.stderr).toMatch(/^error: HF_TOKEN holds characters that no token has/);
    expect(strange.stderr).not.toMatch(/hf_s/);
  });

  test('is downloaded once by two processes at the same time', async () => {
    hub.addFolder('org/tiny', TINY);
    let waiting = 0;
    // Slow enough for the other process to come.
    hub.storage.trick = async () => {
      waiting++;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return false;
    };
    const both = await Promise.all([
      ok('predict', 'org/tiny', 'A film.'),
      ok('predict', 'org/tiny', 'A film.'),
    ]);
    expect(both[0].stdout).toBe(both[1].stdout);
    expect(waiting).toBe(1);
    expect(both.map(({ stderr }) => stderr).join()).toMatch(
      /another process is downloading model\.safetensors/,
    );
    expect(
      readdirSync(join(cwd, 'hf/hub/models--org--tiny/blobs')).filter((name) => name.includes('incomplete')),
    ).toEqual([]);
  });

  test('goes on downloading after a kill', async () => {
    hub.addFolder('org/tiny', TINY);
    const bytes = readFileSync(join(TINY, 'model.safetensors'));
    const folder = join(cwd, 'hf/hub/models--org--tiny/blobs');
    hub.storage.trick = (_, response) => {
      response
        .writeHead(200, { etag: '"a"', 'content-length': bytes.length })
        .write(bytes.subarray(0, 30_000));
      return true;
    };
    const { child, finished } = start(['predict', 'org/tiny', 'A film.'], { cwd, env });
    const isThere = (): boolean =>
      existsSync(folder) &&
      readdirSync(folder).some(
        (name) => name.endsWith('.incomplete') && readFileSync(join(folder, name)).length === 30_000,
      );
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await finished;
    forget();
    hub.storage.trick = (_, response, seen) => {
      sendBytes(response, seen, bytes, 'a');
      return true;
    };
    await ok('predict', 'org/tiny', 'A film.');
    expect(hub.storage.seen.map(({ range }) => range)).toEqual(['bytes=30000-']);
    expect(readdirSync(folder).filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  test('Ctrl-C ends a download at once with 130, and what came is kept', async () => {
    hub.addFolder('org/tiny', TINY);
    const bytes = readFileSync(join(TINY, 'model.safetensors'));
    let isSent = (): void => undefined;
    const sent = new Promise<void>((resolve) => (isSent = resolve));
    hub.storage.trick = (_, response) => {
      response
        .writeHead(200, { 'content-length': bytes.length })
        .write(bytes.subarray(0, 30_000), () => setTimeout(isSent, 300));
      return true;
    };
    writeFileSync(join(cwd, 'a.csv'), reviewsCsv(reviews(24)));
    const { child, finished } = start(['train', 'a.csv', '--model', 'org/tiny', ...SHORT, '--out', 'run'], {
      cwd,
      env,
    });
    await sent;
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(stderr).toMatch(/error: stopped while downloading; what has arrived is kept/);
    expect(code).toBe(130);
    expect(existsSync(join(cwd, 'run'))).toBe(false);
  });

  test('that arrives damaged is refused with 2, and nothing of it is kept', async () => {
    hub.addFolder('org/tiny', TINY);
    const bytes = readFileSync(join(TINY, 'model.safetensors')).fill(0, 40_000, 40_100);
    hub.storage.trick = (_, response, seen) => {
      sendBytes(response, seen, bytes, 'a');
      return true;
    };
    const { code, stderr, stdout } = await run('predict', 'org/tiny', 'A film.');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: model\.safetensors arrived damaged twice: its sha256 is/m);
    expect(hub.storage.seen).toHaveLength(2);
    expect(existsSync(join(cwd, 'hf/hub/models--org--tiny/blobs', sha256(bytes)))).toBe(false);
  });

  test('that a cut connection interrupts is whole in the end', async () => {
    hub.addFolder('org/tiny', TINY);
    const bytes = readFileSync(join(TINY, 'model.safetensors'));
    hub.storage.trick = (_, response, seen) => {
      if (hub.storage.seen.length > 1) return false;
      cutAfter(response, seen, bytes, `s3-${sha256(bytes).slice(0, 8)}`, 12_345);
      return true;
    };
    await ok('predict', 'org/tiny', 'A film.');
    expect(hub.storage.seen.map(({ range }) => range)).toEqual([undefined, 'bytes=12345-']);
  });
});

describe('bertune models', () => {
  test('lists what is bundled and what is in the cache, and what is in the way', async () => {
    hub.addFolder('org/tiny', TINY);
    const config = {
      ...(JSON.parse(readFileSync(join(TINY, 'config.json'), 'utf8')) as object),
      model_type: 'llama',
    };
    const commit = hub.addFolder('org/llama', TINY, {
      files: { 'config.json': Buffer.from(JSON.stringify(config)) },
    });
    await ok('predict', 'org/tiny', 'A film.');
    await run('predict', `org/llama`, 'A film.');
    forget();
    const { stdout } = await ok('models');
    expect(stdout).toMatch(/^model +revision +size +last used +architecture +classifier +can be trained$/m);
    expect(stdout).toMatch(
      /^sentence-transformers\/all-MiniLM-L6-v2 +bundled +\d+\.\d MB +- +BertModel +- +yes$/m,
    );
    expect(stdout).toMatch(
      /^org\/tiny +main [0-9a-f]{8} +0\.1 MB +20\d\d-\d\d-\d\d +BertForSequenceClassification +2 outputs +yes$/m,
    );
    expect(stdout).toMatch(/^org\/llama .* no: .*llama/m);
    const { cache, models } = JSON.parse((await ok('models', '--json')).stdout) as {
      cache: string;
      models: { id: string; obstacle: string | null; commit: string | null; bytes: number }[];
    };
    expect(cache).toBe(join(cwd, 'hf/hub'));
    expect(models.map(({ id }) => id)).toEqual([
      'sentence-transformers/all-MiniLM-L6-v2',
      'org/llama',
      'org/tiny',
    ]);
    expect(models[1]).toMatchObject({ commit, obstacle: expect.stringContaining('llama') as string });
    expect(models[1]?.obstacle).toContain('bert, distilbert, roberta');
    expect(models[2]).toMatchObject({
      obstacle: null,
      outputs: 2,
      lastUsed: expect.stringContaining('T') as string,
    });
    expect(models[0]).toMatchObject({ outputs: null, lastUsed: null });
    expect(hub.seen).toEqual([]);
  });

  test('works with no cache at all', async () => {
    expect((await ok('models')).stdout.trim().split('\n')).toHaveLength(2);
    expect(existsSync(join(cwd, 'hf'))).toBe(false);
  });
});

describe('data', () => {
  const parquet = readFileSync(fixturePath('data/reviews.snappy.parquet'));
  const words = readFileSync(fixturePath('data/words.parquet'));
  const split = (name: string, part = '00000-of-00001'): string => `plain_text/${name}-${part}.parquet`;

  test('is trained and measured on by its name; classes have their names; the second time without a network', async () => {
    const commit = hub.add({
      kind: 'dataset',
      id: 'org/words',
      lfsFrom: 5000,
      files: { [split('train')]: parquet, [split('test')]: parquet },
    });
    const args = [
      'train',
      'hf://datasets/org/words',
      '--test',
      'hf://datasets/org/words',
      ...TINY_MODEL,
      '--max-steps',
      '2',
      '--json',
    ];
    const { stdout } = await ok(...args);
    const { folder, labels } = JSON.parse(stdout) as { folder: string; labels: string[] };
    expect(folder).toBe('runs/words');
    expect(labels).toEqual(['neg', 'pos']);
    const record = JSON.parse(readFileSync(join(cwd, folder, 'bertune.json'), 'utf8')) as {
      data: Record<string, unknown>;
    };
    expect(record.data).toMatchObject({
      train: `hf://datasets/org/words@${commit}/${split('train')}`,
      train_sha256: sha256(parquet),
      test: `hf://datasets/org/words@${commit}/${split('test')}`,
    });
    forget();
    env['HF_HUB_OFFLINE'] = '1';
    await ok(...args, '--force');
    await ok('evaluate', folder, 'hf://datasets/org/words');
    await ok('inspect', 'hf://datasets/org/words/plain_text:test');
    await ok('predict', folder, '--file', `hf://datasets/org/words@${commit}`);
    expect(hub.seen).toEqual([]);
  });

  test('in several parts is read whole, and as the hub converts it where it is not in Parquet', async () => {
    const parts = { 'default/train/0000.parquet': parquet, 'default/train/0001.parquet': parquet };
    hub.add({ kind: 'dataset', id: 'org/csv', files: { 'all.csv': Buffer.from('a,b') } });
    hub.add({ kind: 'dataset', id: 'org/csv', branch: 'refs/convert/parquet', files: parts });
    const one = JSON.parse(
      (await ok('inspect', fixturePath('data/reviews.snappy.parquet'), '--model', TINY, '--json')).stdout,
    ) as { examples: number };
    const both = JSON.parse(
      (await ok('inspect', 'hf://datasets/org/csv', '--model', TINY, '--json')).stdout,
    ) as { examples: number };
    expect(both.examples).toBe(2 * one.examples);
  });

  test('of one file, of any kind, is read by its path', async () => {
    hub.add({
      kind: 'dataset',
      id: 'org/csv',
      files: { 'data/my train.csv': Buffer.from(reviewsCsv(reviews(24))) },
    });
    const { stdout } = await ok(
      'inspect',
      'hf://datasets/org/csv/data/my train.csv',
      '--model',
      TINY,
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ examples: 24 });
  });

  test.each<[string, RegExp]>([
    [
      'hf://datasets/org/words:dev',
      /hf:\/\/datasets\/org\/words:dev has no split "dev": say which after a colon, such as :\w+; there are "\w+", "\w+"/,
    ],
    ['hf://datasets/org/words/b', /no configuration "b".*there are "plain_text"/],
    [
      'hf://datasets/org/two',
      /has several configurations: say which after its name, such as hf:\/\/datasets\/org\/two\/a; there are "a", "b"/,
    ],
    ['hf://datasets/org/none', /has no Parquet files, and the hub has made none of it/],
    ['hf://datasets/org/words@v3', /no revision "v3"/],
    ['hf://datasets/org/no', /there is no data set "org\/no"/],
    [
      'hf://datasets/words',
      /is not the name of a data set on the hub, expected hf:\/\/datasets\/<org>\/<name>/,
    ],
    ['hf://org/words', /is not the name of a data set/],
    ['hf://datasets/org/words/../../x.csv', /could be written outside of its folder/],
    ['hf://datasets/org/evil', /has a file named "\.\.\/train[^"]*", which could be written outside/],
  ])('%s is refused with what there is', async (name, message) => {
    hub.add({ kind: 'dataset', id: 'org/words', files: { [split('train')]: words, [split('test')]: words } });
    hub.add({
      kind: 'dataset',
      id: 'org/two',
      files: { 'a/train.parquet': words, 'b/train.parquet': words },
    });
    hub.add({ kind: 'dataset', id: 'org/none', files: { 'a.txt': words } });
    hub.add({ kind: 'dataset', id: 'org/evil', files: { '../train-00000-of-00001.parquet': words } });
    const { code, stdout, stderr } = await run('inspect', name);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});
