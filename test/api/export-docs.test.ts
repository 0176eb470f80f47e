/** The examples of docs/export.md, as they stand there. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { BIN, bertuneOk, ON_TINY } from '../support/cli.js';
import { HubServer } from '../support/hub-server.js';
import { reviews, writeReviews } from '../support/reviews.js';
import { hasTransformersJs, PEERS } from '../support/transformers-js.js';

const ROOT = dirname(dirname(BIN));
const PAGE = readFileSync(join(ROOT, 'docs', 'export.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);

test('every command, and the program that reads what they wrote', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'reviews.csv', reviews(60));
  const training = ['train', 'reviews.csv', '--out', 'runs/reviews', '--max-steps', '2', ...ON_TINY];
  await bertuneOk(
    training.filter((arg, i, all) => arg !== '--epochs' && all[i - 1] !== '--epochs'),
    { cwd },
  );
  // As `bertune calibrate` writes it, with the page's numbers.
  const path = join(cwd, 'runs', 'reviews', 'bertune.json');
  const run = JSON.parse(readFileSync(path, 'utf8')) as object;
  const said = { calibration: { temperature: 2 }, threshold: { score: 0.8, label: null } };
  writeFileSync(path, JSON.stringify({ ...run, ...said }));
  const commands = blocks('sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('npx bertune '));
  expect(commands).toHaveLength(7);
  const hub = await new HubServer().start();
  hub.writeToken = 'hf_of_the_docs';
  onTestFinished(() => hub.stop());
  const env = { HF_ENDPOINT: hub.url, HF_TOKEN: hub.writeToken, HF_HUB_OFFLINE: '0' };
  for (const line of commands) {
    // int8 of two steps' training may well be worse: what it is measured at is said elsewhere.
    const more = line.includes('int8') ? ['--max-drop', '100', '--threads', '1'] : [];
    const words = line
      .split(' ')
      .slice(2)
      .filter((word) => word !== '--force');
    await bertuneOk([...words, ...more, '--force'], { cwd, env });
    if (line.includes('fp32,int8')) await readByTransformersJs(cwd);
    if (!line.includes('--probabilities')) continue;
    symlinkSync(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
    const printed: string[] = [];
    for (const program of blocks('js')) {
      writeFileSync(join(cwd, 'example.mjs'), program);
      printed.push((await promisify(execFile)(process.execPath, ['example.mjs'], { cwd })).stdout);
    }
    expect(printed).toEqual(['[ 1, 2 ]\n', 'unsure 0.750\n']);
  }
  expect(hub.created).toEqual([{ id: 'your-name/reviews', visibility: 'private' }]);
  expect(hub.pushed.map(({ path }) => path)).toContain('onnx/model.onnx');
  expect(readdirSync(join(cwd, 'runs')).sort()).toEqual([
    ...['reviews', 'reviews-hf', 'reviews-onnx', 'reviews-training-step'],
  ]);
});

/** The page's program on the folder that was just written, by the real transformers.js where it is installed. */
async function readByTransformersJs(cwd: string): Promise<void> {
  expect(readdirSync(join(cwd, 'runs', 'reviews-onnx', 'onnx')).sort()).toEqual([
    ...['model.onnx', 'model_quantized.onnx'],
  ]);
  const [program, ...others] = blocks('javascript');
  expect(others).toEqual([]);
  if (!hasTransformersJs) {
    expect(process.env['BERTUNE_PEERS'], 'npm ci --prefix bench/peers').not.toBe('required');
    return;
  }
  const place = join(cwd, 'transformers.js');
  mkdirSync(place);
  symlinkSync(join(PEERS, 'node_modules'), join(place, 'node_modules'));
  symlinkSync(join(cwd, 'runs'), join(place, 'runs'));
  writeFileSync(join(place, 'example.mjs'), program!);
  const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: place });
  expect(stdout).toMatch(/^(?:negative|positive) 0\.\d+\n$/);
}
