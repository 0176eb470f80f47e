/** Data in each shape that users have it in, through the command line. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, expectRefused, ON_TINY, TINY } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';
import { readJsonFile, reviews, reviewsCsv } from '../support/reviews.js';

const ROWS = reviews(24);
const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

/** The same 24 reviews in each shape; gives what to put on the command line. */
const SHAPES: Record<string, (cwd: string) => string[]> = {
  'a JSON list': (cwd) => {
    write(join(cwd, 'a.json'), JSON.stringify(ROWS));
    return ['a.json'];
  },
  'CSV with semicolons': (cwd) => {
    write(
      join(cwd, 'a.csv'),
      ['text;label', ...ROWS.map(({ text, label }) => `"${text}";${label}`)].join('\n'),
    );
    return ['a.csv'];
  },
  'a folder for each class': (cwd) => {
    ROWS.forEach(({ text, label }, i) => {
      const name = `${String(i).padStart(2, '0')}_7.txt`;
      if (i % 5 === 0) write(join(cwd, 'aclImdb/train', label, `${name}.gz`), gzipSync(text));
      else write(join(cwd, 'aclImdb/train', label, name), text);
    });
    write(join(cwd, 'aclImdb/train/unsup/0.txt'), 'no label');
    write(join(cwd, 'aclImdb/train/urls_neg.txt'), 'no text');
    write(join(cwd, 'aclImdb/train/neg/notes.md'), 'no text');
    return ['aclImdb/train/'];
  },
  'several files': (cwd) => {
    write(join(cwd, 'a.csv'), reviewsCsv(ROWS.slice(0, 10)));
    write(
      join(cwd, 'b.jsonl.gz'),
      gzipSync(
        ROWS.slice(10)
          .map((row) => JSON.stringify(row))
          .join('\n'),
      ),
    );
    return ['a.csv', 'b.jsonl.gz'];
  },
};

describe.each(Object.entries(SHAPES))('%s', (_, make) => {
  test('is trained and evaluated on', async () => {
    const cwd = tempFolder();
    const data = make(cwd);
    const trained = JSON.parse(
      await bertuneOk(
        ['train', ...data, '--test', ...data.slice(0, 1), ...ON_TINY, '--out', 'run', '--json'],
        { cwd },
      ),
    ) as object;
    expect(trained).toMatchObject({ labels: ['negative', 'positive'], folder: 'run' });
    const record = readJsonFile(cwd, 'run', 'bertune.json') as { data: Record<string, unknown> };
    expect(record.data).toMatchObject({ train_examples: 24 });
    const hashes = record.data['train_sha256'];
    for (const hash of Array.isArray(hashes) ? hashes : [hashes]) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const evaluated = JSON.parse(await bertuneOk(['evaluate', 'run', ...data, '--json'], { cwd })) as object;
    expect(evaluated).toMatchObject({ examples: 24 });
  });
});

test('the name of a folder is that of its run, also with a slash behind it', async () => {
  const cwd = tempFolder();
  const [data] = SHAPES['a folder for each class']!(cwd);
  await bertuneOk(['train', data!, ...ON_TINY, '--max-steps', '1'], { cwd });
  expect(readJsonFile(cwd, 'runs/aclImdb/bertune.json')).toMatchObject({ data: { train: data } });
});

test.each([
  ['CSV', reviewsCsv(ROWS)],
  ['JSON Lines', ROWS.map((row) => JSON.stringify(row)).join('\n')],
  ['a JSON list', JSON.stringify(ROWS)],
])('standard input: %s', async (_, input) => {
  const cwd = tempFolder();
  const { code, stdout } = await bertune(['train', '-', ...ON_TINY, '--out', 'run', '--json'], {
    cwd,
    input,
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ folder: 'run' });
  const again = await bertune(['evaluate', 'run', '-', '--json'], { cwd, input });
  expect(JSON.parse(again.stdout)).toMatchObject({ examples: 24 });
});

test('Parquet is scored, and what a label of another data set means is asked', async () => {
  const cwd = tempFolder();
  const file = fixturePath('data/words.parquet');
  const stdout = await bertuneOk(['predict', TINY, '--file', file, '--json'], { cwd });
  expect(stdout.trim().split('\n')).toHaveLength(7);
  await expectRefused(
    cwd,
    ['evaluate', TINY, fixturePath('data/reviews.snappy.parquet')],
    /row 1: unknown label "pos"/,
  );
});

test('what is wrong in one of several files is told with its name', async () => {
  const cwd = tempFolder();
  write(join(cwd, 'a.csv'), reviewsCsv(ROWS));
  write(join(cwd, 'b.csv'), 'text,label\nfine,\n');
  await expectRefused(
    cwd,
    ['train', 'a.csv', 'b.csv', ...ON_TINY],
    /b\.csv: 1 row has no label .*\(line 2\)/,
  );
  write(join(cwd, 'c.csv'), 'text,label\nfine,goood\n');
  await bertuneOk(['train', 'a.csv', ...ON_TINY, '--max-steps', '1', '--out', 'run'], { cwd });
  await expectRefused(cwd, ['evaluate', 'run', 'a.csv', 'c.csv'], /c\.csv, line 2: unknown label "goood"/);
  write(join(cwd, 'empty/readme.txt'), 'x');
  await expectRefused(
    cwd,
    ['train', 'empty', ...ON_TINY],
    /empty has no texts: expected a folder for each class/,
  );
});
