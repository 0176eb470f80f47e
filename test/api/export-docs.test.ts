/** The examples of docs/export.md, as they stand there. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { BIN, bertuneOk, ON_TINY } from '../support/cli.js';
import { reviews, writeReviews } from '../support/reviews.js';

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
  const commands = blocks('sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('npx bertune '));
  expect(commands).toHaveLength(6);
  for (const line of commands) {
    // int8 of two steps' training may well be worse: what it is measured at is said elsewhere.
    const more = line.includes('int8') ? ['--max-drop', '100', '--threads', '1'] : [];
    await bertuneOk([...line.split(' ').slice(2), ...more, '--force'], { cwd });
    if (!line.includes('--probabilities')) continue;
    const [program, ...others] = blocks('js');
    expect(others).toEqual([]);
    symlinkSync(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
    writeFileSync(join(cwd, 'example.mjs'), program!);
    const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd });
    expect(stdout).toBe('[ 1, 2 ]\n');
  }
  expect(readdirSync(join(cwd, 'runs')).sort()).toEqual([
    ...['reviews', 'reviews-hf', 'reviews-onnx', 'reviews-training-step'],
  ]);
  expect(readdirSync(join(cwd, 'runs', 'reviews-onnx', 'onnx')).sort()).toEqual([
    ...['model.onnx', 'model_quantized.onnx'],
  ]);
}, 180_000);
