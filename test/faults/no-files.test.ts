/** A pipe in the place of each file that is read: nobody writes to it, so whoever opens it waits for ever. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bertune, bertuneOk, sharedFolder, start, TINY, TINY_MODEL } from '../support/cli.js';
import { reviews, reviewsCsv } from '../support/reviews.js';
import { checkpointsOf } from './training/killed.js';

const cwd = sharedFolder();
const DATA = ['a.csv', '--no-baseline', ...TINY_MODEL];
let files = 0;

/** A copy of a folder in which one file is a pipe. */
function withPipe(folder: string, file: string): string {
  const copy = `copy-${++files}`;
  cpSync(join(cwd, folder), join(cwd, copy), { recursive: true });
  rmSync(join(cwd, copy, file), { force: true });
  expect(spawnSync('mkfifo', [join(cwd, copy, file)]).status).toBe(0);
  return copy;
}

/** Each command must end by itself, with one line that names the pipe. */
async function expectRefused(args: readonly string[], file: string): Promise<void> {
  const { code, stderr } = await bertune(args, { cwd });
  expect(stderr, args.join(' ')).toMatch(/^(?:(?!error: ).*\n)*error: [^\n]+\n$/);
  expect(stderr).toContain(`${file} is a pipe, expected a file`);
  expect(code).toBe(2);
}

const filesOf = (folder: string): string[] =>
  readdirSync(join(cwd, folder)).filter((name) => statSync(join(cwd, folder, name)).isFile());

describe.skipIf(process.platform === 'win32')('a pipe that nobody writes to', () => {
  beforeAll(async () => {
    writeFileSync(join(cwd, 'a.csv'), reviewsCsv(reviews(40)));
    writeFileSync(join(cwd, 'b.csv'), reviewsCsv(reviews(60).slice(40)));
    cpSync(TINY, join(cwd, 'model'), { recursive: true });
    await bertuneOk(['train', ...DATA, '--max-steps', '2', '--out', 'run'], { cwd });
    const { child, finished, seen } = start(['train', ...DATA, '--epochs', '9999', '--out', 'unfinished'], { cwd }); // prettier-ignore
    await seen('stderr', (text) => text.includes('This will take'));
    child.kill('SIGINT');
    await finished;
  });

  test.each(['a.csv', 'a.csv.gz', 'a.jsonl', 'a.json', 'a.tsv', 'a.parquet'])('as data: %s', async (name) => {
    spawnSync('mkfifo', [join(cwd, `pipe-${name}`)]);
    await expectRefused(['inspect', `pipe-${name}`], `pipe-${name}`);
  });

  test('as data that is trained on, tested on, classified; as a text of a folder; as settings', async () => {
    const folder = withPipe('model', 'pipe.csv');
    const pipe = join(folder, 'pipe.csv');
    await expectRefused(['train', pipe, ...TINY_MODEL], pipe);
    await expectRefused(['train', 'a.csv', '--test', pipe, ...TINY_MODEL], pipe);
    await expectRefused(['pretrain', pipe, ...TINY_MODEL], pipe);
    await expectRefused(['predict', 'run', '--file', pipe], pipe);
    await expectRefused(['evaluate', 'run', pipe], pipe);
    await expectRefused(['train', ...DATA, '--config', pipe], pipe);
    for (const label of ['pos', 'neg']) mkdirSync(join(cwd, 'texts', label), { recursive: true });
    spawnSync('mkfifo', [join(cwd, 'texts/pos/1.txt')]);
    await expectRefused(['inspect', 'texts'], 'texts/pos/1.txt');
  });

  test.each(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'])(
    'as %s of a model',
    async (file) => {
      const model = withPipe('model', file);
      await expectRefused(['predict', model, 'a film'], `${model}/${file}`);
      await expectRefused(['train', 'a.csv', '--model', model, '--max-length', '24'], `${model}/${file}`);
    },
  );

  test('as the index of weights, an adapter, its settings', async () => {
    for (const [file, without] of [
      ['model.safetensors.index.json', 'model.safetensors'],
      ['adapter_config.json', 'config.json'],
    ] as const) {
      // prettier-ignore
      const model = withPipe('model', file);
      rmSync(join(cwd, model, without));
      await expectRefused(['predict', model, 'a film'], file);
    }
  });

  test('as each file of a run: named, or not needed; verify names every one', async () => {
    const names = filesOf('run').filter((name) => name !== 'manifest.json');
    expect(names.length).toBeGreaterThan(8);
    for (const file of names) {
      const run = withPipe('run', file);
      const verified = await bertune(['verify', run], { cwd });
      expect(verified.code).toBe(2);
      expect(verified.stdout + verified.stderr).toMatch(new RegExp(`${file.replaceAll('.', '\\.')}.* 0 bytes|no manifest|${run} is not a run`)); // prettier-ignore
    }
    const report = withPipe('run', 'predictions.jsonl');
    await expectRefused(['report', report, '--out', `${report}.html`], 'predictions.jsonl');
    await expectRefused(['calibrate', withPipe('run', 'bertune.json'), 'b.csv'], 'bertune.json');
  });

  test('as each file of a checkpoint: passed over as damaged', async () => {
    const checkpoint = `checkpoint-${checkpointsOf(join(cwd, 'unfinished'))[0]}`;
    for (const file of filesOf(join('unfinished', checkpoint))) {
      const run = withPipe('unfinished', join(checkpoint, file));
      const { code, stderr } = await bertune(['train', '--resume', run], { cwd });
      expect(stderr, file).toMatch(/^error: no checkpoint in [^\n]+ can be used: checkpoint-\d+ is damaged/);
      expect(code).toBe(2);
    }
  });
});
