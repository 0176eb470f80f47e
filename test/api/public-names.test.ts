/** What others may read of a run: no card and no export says where things lie on this machine. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { modelCard } from '../../src/checkpoint/model-card.js';
import { publicName } from '../../src/checkpoint/public-names.js';
import { exportModel, train, type ExportOptions } from '../../src/index.js';
import { sharedFolder } from '../support/cli.js';
import { tinyCopy } from '../support/models.js';
import { readJsonFile, reviews, writeReviews } from '../support/reviews.js';

const cwd = sharedFolder();
const run = join(cwd, 'run');
const read = (...path: string[]): string => readFileSync(join(cwd, ...path), 'latin1');

beforeAll(async () => {
  writeReviews(cwd, 'train.csv', reviews(40));
  writeReviews(cwd, 'test.csv', reviews(20));
  await train({
    ...{ data: join(cwd, 'train.csv'), test: join(cwd, 'test.csv'), model: tinyCopy(cwd, 'base') },
    ...{ out: run, maxLength: 24, threads: 1, maxSteps: 1, loraRank: 2 },
  });
}, 60_000);

test.each([
  ['/home/ada/reviews.csv', 'reviews.csv'],
  ['C:\\Users\\ada\\reviews.csv', 'reviews.csv'],
  ['/home/ada/folder/', 'folder'],
  ['2 files ("/home/ada/a.csv", "b/c.csv")', '2 files ("a.csv", "c.csv")'],
  ['/home/ada/a.txt, /home/ada/b.txt', 'a.txt, b.txt'],
  ['hf://datasets/org/name@1234/a.parquet', 'hf://datasets/org/name@1234/a.parquet'],
  ['the examples', 'the examples'],
])('%s is told as %s', (name, told) => {
  expect(publicName(name)).toBe(told);
});

describe('an adapter', () => {
  test('has a card for PEFT, without paths', () => {
    const card = read('run', 'README.md');
    expect(card).toMatch(/^---\nlibrary_name: peft\n/);
    expect(card).toContain('from <code>base</code> on train.csv (40 texts)');
    expect(card).toContain('fine-tuned in LoRA adapters of rank 2 with');
    expect(card).toContain('from_pretrained("<base>", num_labels=2)');
    expect(card).toContain('dataset: { type: "train.csv", name: "train.csv" }');
    expect(card).not.toContain(cwd);
    // The hub looks for this name, which is none of its.
    expect(card).not.toContain('base_model');
  });

  test('of a model on the hub names it', () => {
    const card = modelCard({
      ...{ modelType: 'bert', labels: ['a', 'b'], adapterBase: 'org/tiny', evalResults: {} },
      contract: { maxLength: 24, truncation: 'head', clean: 'none', golden: [] },
      record: {
        ...{ bertuneVersion: '0.1.0', versions: {}, labels: ['a', 'b'] },
        ...{ baseModel: 'org/tiny', baseModelRevision: 'ab12', data: {}, settings: { loraRank: 2 } },
      },
    });
    expect(card).toMatch(/^---\nlibrary_name: peft\n[^#]*\nbase_model: "org\/tiny"\n/);
    expect(card).toContain('from_pretrained("org/tiny", num_labels=2)');
  });
});

describe('exports', () => {
  test.each<[string, ExportOptions]>([
    ['hf', { format: 'hf' }],
    ['training-step', { format: 'training-step' }],
    ['onnx', { format: 'onnx' }],
    [
      'int8',
      { format: 'transformers.js', dtype: 'int8', data: join(cwd, 'test.csv'), maxDrop: 100, threads: 1 },
    ],
  ])('%s: no byte of it says where anything lies', async (name, options) => {
    const out = join(cwd, name);
    await exportModel(run, { ...options, out });
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const named = files.map((file) => join(file.parentPath, file.name).slice(cwd.length + 1));
    expect(named).toEqual(expect.arrayContaining([`${name}/README.md`, `${name}/bertune.json`]));
    expect(named.filter((path) => read(path).includes(cwd))).toEqual([]);
    expect(readJsonFile(out, 'bertune.json')).not.toHaveProperty('base_model');
  });

  test('the card of an export tells of it, not of the run: weights are whole, and no report is beside it', () => {
    const card = read('hf', 'README.md');
    expect(card).toMatch(/^---\nlibrary_name: transformers\n/);
    expect(card).toContain('from <code>base</code> on train.csv (40 texts)');
    expect(card).toContain('pipeline("text-classification"');
    expect(card).not.toMatch(/report\.html|PeftModel/);
    expect(read('int8', 'README.md')).toContain('On 20 texts of test.csv');
  });

  test('a card that was edited is copied as it is', async () => {
    appendFileSync(join(run, 'README.md'), '\nNot for doctors.\n');
    const out = join(cwd, 'edited');
    await exportModel(run, { format: 'hf', out });
    expect(read('edited', 'README.md')).toBe(read('run', 'README.md'));
  });
});
