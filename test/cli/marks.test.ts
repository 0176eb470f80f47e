/** A marked token and marked texts, looked for in every file and stream of runs that go well and of runs that fail. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bertune, sharedFolder, start, TINY, TINY_MODEL, type Finished } from '../support/cli.js';
import { HubServer } from '../support/hub-server.js';
import { reviews, writeReviews } from '../support/reviews.js';

const TOKEN = 'hf_MarkedTokenThatNobodyMayWriteDown1234';
const TEXT = 'zqxmarkedtext';

const hub = await new HubServer().start();
afterAll(() => hub.stop());

const cwd = sharedFolder();
const env = { HF_ENDPOINT: hub.url, HF_HOME: join(cwd, 'hf'), HF_HUB_OFFLINE: '0', HF_TOKEN: TOKEN };
const streams: [string, string][] = [];

function note(args: readonly string[], finished: Finished): Finished {
  const said = args.slice(0, 2).join(' ');
  streams.push([`stdout of ${said}`, finished.stdout], [`stderr of ${said}`, finished.stderr]);
  return finished;
}
const run = async (...args: string[]): Promise<Finished> => note(args, await bertune(args, { cwd, env }));

/** The files below the folder that hold a word, by their paths in it, in the encodings that files have. */
function filesWith(word: string): string[] {
  const wanted = [
    Buffer.from(word),
    Buffer.from(word, 'utf16le'),
    Buffer.from(Buffer.from(word).toString('base64').slice(0, -4)),
  ];
  return readdirSync(cwd, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(cwd, name)).isFile())
    .filter(
      (name) => name.includes(word) || wanted.some((each) => readFileSync(join(cwd, name)).includes(each)),
    )
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}
const streamsWith = (word: string): string[] =>
  [...new Set(streams.filter(([, text]) => text.includes(word)).map(([name]) => name))].sort();

describe.skipIf(process.platform === 'win32')('a marked token and marked texts', () => {
  const settings = [...TINY_MODEL.slice(2), '--batch-size', '8'];
  const model = ['--model', 'org/tiny', ...settings];

  test('in runs that go well', async () => {
    hub.addFolder('org/tiny', TINY, { token: TOKEN });
    hub.addFolder('org/closed', TINY, { token: 'another' });
    const marked = reviews(48).map(({ text, label }, i) => ({ text: `${text} ${TEXT}${i}`, label }));
    writeReviews(cwd, 'in.csv', marked);
    const others = marked.map(({ text, label }) => ({ text: `and ${text}`, label }));
    writeReviews(cwd, 'new.csv', others);
    for (const args of [
      ['train', 'in.csv', ...model, '--max-steps', '3', '--out', 'good'],
      ['evaluate', 'good', 'in.csv', '--json'],
      ['inspect', 'in.csv', '--model', 'org/tiny'],
      ['verify', 'good'],
      ['report', 'good'],
      ['predict', 'good', `a fine film ${TEXT}`],
      ['predict', 'good', '--file', 'in.csv', '--out', 'asked.csv'],
      ['train', 'in.csv', ...model, '--max-steps', '3', '--seed', '2', '--tensorboard', '--out', 'other'],
      ['compare', 'good', 'other', 'in.csv', '--json'],
      ['calibrate', 'other', 'new.csv'],
      ['export', 'good', '--out', 'onnx'],
      ['pretrain', 'in.csv', ...model, '--max-steps', '2', '--save-steps', '1', '--out', 'further'],
      ['sweep', 'in.csv', ...model, '--learning-rate', '1e-3,1e-4', '--epochs', '1', '--out', 'sweep'],
      ['suspects', 'in.csv', '--top', '1'],
      ['errors', 'good', 'in.csv', '--top', '1'],
    ]) {
      const { code, stderr } = await run(...args);
      expect(code, stderr).toBe(0);
    }
    expect(hub.seen.some(({ token }) => token === `Bearer ${TOKEN}`)).toBe(true);
  });

  test('in runs that fail: a model that this token may not read, damaged data, a loss that is no number', async () => {
    const closed = await run('train', 'in.csv', '--model', 'org/closed', ...settings, '--out', 'closed');
    expect([closed.code, closed.stderr]).toEqual([2, expect.stringMatching(/your token may not read it/)]);
    hub.trick = (_, response, { path }) => {
      if (!path.includes('org/denied')) return false;
      response.writeHead(401).end('{"error":"Invalid credentials in Authorization header"}');
      return true;
    };
    const denied = await run('train', 'in.csv', '--model', 'org/denied', ...settings, '--out', 'denied');
    expect(denied.code, denied.stderr).toBe(2);
    writeFileSync(join(cwd, 'bad.csv'), `text,label\n"${TEXT} without an end,a\n`);
    expect((await run('train', 'bad.csv', ...model, '--out', 'bad')).code).toBe(2);
    writeFileSync(join(cwd, 'bad.jsonl'), `{"text": "${TEXT}", "label": "a"}\n{"text": "${TEXT}" "label"\n`);
    expect((await run('train', 'bad.jsonl', ...model, '--out', 'bad')).code).toBe(2);
    const spoiling =
      '--learning-rate 1 --weight-decay 10 --max-grad-norm 0 --warmup-ratio 0 --schedule constant';
    const nan = await run(
      'train',
      'in.csv',
      ...model,
      ...spoiling.split(' '),
      '--epochs',
      '300',
      '--out',
      'nan',
    );
    expect([nan.code, nan.stderr]).toEqual([1, expect.stringMatching(/the loss is NaN/)]);
  });

  test('in a run that is stopped by Ctrl-C', async () => {
    const args = ['train', 'in.csv', ...model, '--max-steps', '100000', '--save-steps', '5', '--out', 'cut'];
    const { child, finished, seen } = start(args, { cwd, env });
    await seen('stderr', (text) => text.includes('This will take'));
    while (
      !existsSync(join(cwd, 'cut')) ||
      !readdirSync(join(cwd, 'cut')).some((name) => /^checkpoint-\d+$/.test(name))
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(note(args, await finished).code).toBe(130);
  });

  test('the token is nowhere, the texts are only where they are shown on purpose', () => {
    expect(filesWith(TOKEN)).toEqual([]);
    expect(streamsWith(TOKEN)).toEqual([]);
    const given = ['bad.csv', 'bad.jsonl', 'in.csv', 'new.csv'];
    const shown = ['good', 'other'].flatMap((name) => [`${name}/predictions.jsonl`, `${name}/report.html`]);
    expect(filesWith(TEXT)).toEqual([...given, ...shown, 'asked.csv'].sort());
    expect(readdirSync(join(cwd, 'cut')).some((name) => name.startsWith('checkpoint-'))).toBe(true);
    expect(streamsWith(TEXT)).toEqual([
      'stdout of errors good',
      'stdout of predict good',
      'stdout of suspects in.csv',
    ]);
  });
});
