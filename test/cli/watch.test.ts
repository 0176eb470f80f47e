/** `train --watch` and `train --tensorboard`: what can be seen of a run while it goes on. */
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PbfReader } from 'pbf';
import { tempFolder } from '../files/temp.js';
import { bertuneOk, expectRefused, ON_TINY, start } from '../support/cli.js';
import { reviews, writeReviews } from '../support/reviews.js';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** As a browser asks that was given this name for the host. */
function ask(url: string, { host = '127.0.0.1', method = 'GET' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: { host } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers });
      });
    });
    asked.on('error', reject).end();
  });
}

test('--watch serves the run on this machine alone, then its report until Ctrl-C', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(400));
  const args = [
    'train',
    'a.csv',
    ...ON_TINY,
    '--logging-steps',
    '1',
    '--eval-steps',
    '4',
    '--out',
    'x',
    '--watch',
  ];
  const { seen, child, finished } = start(args, { cwd });
  let url = '';
  await seen('stderr', (text) => {
    url = /Watch it at (http:\S+)/.exec(text)?.[1] ?? '';
    return url !== '';
  });
  const early = await ask(url);
  expect(early.status).toBe(200);
  expect(early.body).toContain('<meta http-equiv="refresh" content="3"');
  expect(early.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
  // Another site's name for this machine, and what is no page.
  expect((await ask(url, { host: 'evil.example' })).status).toBe(403);
  expect((await ask(url, { host: 'evil.example:80', method: 'POST' })).status).toBe(403);
  expect((await ask(url, { host: `localhost:${new URL(url).port}` })).status).toBe(200);
  expect((await ask(`${url}etc/passwd`)).status).toBe(404);
  expect((await ask(url, { method: 'POST' })).status).toBe(404);

  await seen('stderr', (text) => text.includes('until Ctrl-C'));
  const late = await ask(url);
  expect(late.body).toBe(readFileSync(join(cwd, 'x', 'report.html'), 'utf8'));
  child.kill('SIGINT');
  const { code, stdout } = await finished;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Saved {5}x /m);
});

test('a port that is taken, or is none, is refused before anything is done', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(20));
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expectRefused(
    cwd,
    ['train', 'a.csv', ...ON_TINY, '--watch', String(port)],
    /something else listens there/,
  );
  other.close();
  await expectRefused(
    cwd,
    ['train', 'a.csv', ...ON_TINY, '--watch', '99999'],
    /--watch is "99999", expected a port/,
  );
  await expectRefused(
    cwd,
    ['train', 'a.csv', ...ON_TINY, '--watch', '--seeds', '2'],
    /--watch shows one run/,
  );
});

/** The steps and values of each name in an event file; its framing is checked in test/formats. */
function scalarsOf(bytes: Uint8Array): Record<string, [number, number][]> {
  const found: Record<string, [number, number][]> = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    const event = { step: 0, values: [] as { tag: string; value: number }[] };
    new PbfReader(bytes.slice(at + 12, at + 12 + length)).readFields((field, _, pbf) => {
      if (field === 2) event.step = pbf.readVarint();
      if (field === 5) pbf.readMessage((_tag, _result, part) => {
        const value = { tag: '', value: NaN };
        part.readMessage((inner, _r, p) => {
          if (inner === 1) value.tag = p.readString();
          if (inner === 2) value.value = p.readFloat();
        }, null);
        event.values.push(value);
      }, null); // prettier-ignore
    }, null);
    for (const { tag, value } of event.values) (found[tag] ??= []).push([event.step, value]);
    at += length + 16;
  }
  return found;
}

test('--tensorboard writes each update and evaluation, a folder for each run', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(60));
  const args = [
    'train',
    'a.csv',
    ...ON_TINY,
    '--eval-steps',
    '2',
    '--out',
    'runs/x',
    '--force',
    '--tensorboard',
  ];
  await bertuneOk(args, { cwd });
  await bertuneOk(args, { cwd });
  expect(readdirSync(join(cwd, 'runs/tensorboard'))).toEqual(['x', 'x-2']);
  const folder = join(cwd, 'runs/tensorboard/x');
  const [name = ''] = readdirSync(folder);
  expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\.[\w-]+\.\d+\.0$/);
  const scalars = scalarsOf(readFileSync(join(folder, name)));
  const state = JSON.parse(readFileSync(join(cwd, 'runs/x/trainer_state.json'), 'utf8')) as {
    global_step: number;
    log_history: Record<string, number>[];
  };
  const steps = Array.from({ length: state.global_step }, (_, i) => i + 1);
  expect(scalars['train/loss']!.map(([step]) => step)).toEqual(steps);
  const mean = scalars['train/loss']!.reduce((sum, [, loss]) => sum + loss, 0) / steps.length;
  expect(mean).toBeCloseTo(state.log_history.at(-1)!['train_loss']!, 5);
  const held = state.log_history.filter(
    (entry) => entry['eval_runtime'] === undefined && 'eval_accuracy' in entry,
  );
  expect(scalars['eval/accuracy']).toEqual(
    held.map((entry) => [entry['step'], Math.fround(entry['eval_accuracy']!)]),
  );
  expect(scalars['test/accuracy']).toHaveLength(1);
  expect(Object.keys(scalars)).toEqual(
    expect.arrayContaining(['train/grad_norm', 'train/learning_rate', 'eval/loss']),
  );
});
