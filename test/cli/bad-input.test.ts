/** Input that can't be used: one line that says where and what to do, exit code 2, and nothing left behind. */
import { spawnSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { BUNDLED_MODEL } from '../../src/index.js';
import { bertune, expectRefused, ON_TINY, TINY } from '../support/cli.js';
import { editConfig, editFloat, keepTensors, tinyCopy } from '../support/models.js';
import { reviews, reviewsCsv, writeReviews } from '../support/reviews.js';

describe('data', () => {
  const good = reviewsCsv(reviews(6));
  const latin1 = Buffer.from('text,label\na fine film,positive\ncaf\xe9,negative\n', 'latin1');
  const labelled = reviews(12).map(({ text }, i) => ({ text, label: `id-${i}` }));

  test.each<[string, string | Uint8Array, RegExp]>([
    ['empty.csv', '', /empty\.csv is empty: expected a line with the names of the columns/],
    ['empty.jsonl', '', /empty\.jsonl is empty: expected one JSON object a line/],
    [
      'header.csv',
      'text,label\n',
      /header\.csv has no rows: its only line names the columns "text", "label"/,
    ],
    [
      'ragged.csv',
      `${good}one,two,three\n`,
      /ragged\.csv, line 8: 3 fields where the header has 2 \(text, label\)/,
    ],
    [
      'quote.csv',
      'text,label\n"a film,good\nb,bad\n',
      /quote\.csv, line 2: a quoted field begins .* never ends/,
    ],
    ['blank.csv', `${good}"  ",good\n`, /blank\.csv: 1 row has no text in the column "text" \(line 8\)/],
    [
      'unlabelled.csv',
      `${good}a film,\n`,
      /unlabelled\.csv: 1 row has no label in the column "label" \(line 8\)/,
    ],
    ['latin1.csv', latin1, /latin1\.csv, line 3: not valid UTF-8.*Save the file as UTF-8/],
    [
      'one.csv',
      'text,label\na,x\nb,x\nc,x\n',
      /one\.csv has only one class: every label is "x".*at least two/,
    ],
    ['ids.csv', reviewsCsv(labelled), /ids\.csv: each of the 12 rows has a label of its own/],
    ['few.csv', 'text,label\na,x\nb,y\n', /(too few|Too few).*--test-split/],
    ['broken.jsonl', '{"text": "a", "label": "x"}\n{"text": \n', /broken\.jsonl, line 2: not valid JSON/],
    ['cut.csv.gz', gzipSync(good).subarray(0, 40), /cut\.csv\.gz.*(damaged|cut)/],
    ['data.xlsx', good, /data\.xlsx: can't tell what kind of data this is.*\.csv/],
    [
      'columns.csv',
      'title,stars\na,1\nb,2\n',
      /columns\.csv: none of the columns "title", "stars" .*--text-column/,
    ],
  ])('%s', async (name, content, message) => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, name), content);
    await expectRefused(cwd, ['train', name, ...ON_TINY], message);
  });

  test('a file that is not there, or is a folder; a column that is not there', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'reviews.csv', reviews(6));
    tinyCopy(cwd, 'folder.csv');
    const missing = /no such file: reviws\.csv; did you mean reviews\.csv\?/;
    await expectRefused(cwd, ['train', 'reviws.csv', ...ON_TINY], missing);
    await expectRefused(cwd, ['evaluate', TINY, 'reviws.csv'], missing);
    await expectRefused(
      cwd,
      ['train', 'folder.csv', ...ON_TINY],
      /folder\.csv has no texts: expected a folder for each class/,
    );
    const columns = 'The columns are "text", "label"\\.';
    await expectRefused(
      cwd,
      ['train', 'reviews.csv', '--label-column', 'labell'],
      new RegExp(
        `reviews\\.csv has no column "labell" \\(--label-column\\)\\. ${columns} Did you mean "label"\\?`,
      ),
    );
    await expectRefused(
      cwd,
      ['predict', TINY, '--file', 'reviews.csv', '--text-column', 'body'],
      new RegExp(`reviews\\.csv has no column "body" \\(--text-column\\)\\. ${columns}`),
    );
  });

  test('a file name with control characters is shown without them', async () => {
    const { code, stderr } = await bertune(['train', 'a\u001b[31m\nb.csv'], { cwd: tempFolder() });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: no such file: [^\u001b\n]+\n$/); // eslint-disable-line no-control-regex
  });
});

describe('a value out of range', () => {
  const cwd = (): string => {
    const folder = tempFolder();
    writeReviews(folder, 'a.csv', reviews(24));
    return folder;
  };
  test.each([
    ['--epochs', 'Infinity', /--epochs is "Infinity", expected a number/],
    ['--max-steps', '-1', /--max-steps is -1, expected a whole number from 0 up/],
    ['--batch-size', '0', /--batch-size is 0, expected a whole number from 1 to 100000/],
    [
      '--gradient-accumulation-steps',
      '1.5',
      /--gradient-accumulation-steps is 1\.5, expected a whole number/,
    ],
    ['--learning-rate', 'fast', /--learning-rate is "fast", expected a number/],
    ['--warmup-steps', '-2', /--warmup-steps is -2/],
    ['--warmup-ratio', '1.1', /--warmup-ratio is 1\.1, expected a number from 0 to 1/],
    ['--weight-decay', '-0.1', /--weight-decay is -0\.1/],
    ['--max-grad-norm', '-1', /--max-grad-norm is -1/],
    ['--dropout', '1', /--dropout is 1, expected a number from 0 to 0\.99/],
    ['--max-length', '2', /--max-length is 2, expected a whole number from 3/],
    ['--max-length', '25', /--max-length 25: .*hf-saved reads 3 to 24 tokens/],
    ['--logging-steps', '0', /--logging-steps is 0, expected a whole number from 1 up/],
    ['--seed', '-1', /--seed is -1/],
    ['--threads', '1.5', /--threads is "1\.5", expected a whole number from 1 to 1024/],
    ['--test-split', '1', /between 0 and 1, not 1/],
    ['--schedule', 'linera', /--schedule is "linera", expected one of linear, cosine, constant/],
  ])('%s %s', async (flag, value, message) => {
    await expectRefused(cwd(), ['train', 'a.csv', '--model', TINY, flag, value], message);
  });

  test('--test and --test-split exclude each other', async () => {
    const args = ['train', 'a.csv', '--test', 'a.csv', '--test-split', '0.1'];
    await expectRefused(cwd(), args, /--test and --test-split exclude each other/);
  });
});

describe('a model folder', () => {
  test.each<[string, (model: string) => void, RegExp]>([
    [
      'that is not there',
      (m) => {
        rmSync(m, { recursive: true });
      },
      /no such folder: m; and m is not in the cache/,
    ],
    [
      'that is a file',
      (m) => {
        rmSync(m, { recursive: true });
        writeFileSync(m, 'x');
      },
      /m is a file, expected a folder/,
    ],
    [
      'without config.json',
      (m) => {
        rmSync(join(m, 'config.json'));
      },
      /m has no config\.json/,
    ],
    [
      'without weights',
      (m) => {
        rmSync(join(m, 'model.safetensors'));
      },
      /m has no model\.safetensors.*there is config\.json/,
    ],
    [
      'without tokenizer.json',
      (m) => {
        rmSync(join(m, 'tokenizer.json'));
      },
      /m has no tokenizer\.json\. Make one in Python/,
    ],
    [
      'with broken config.json',
      (m) => {
        writeFileSync(join(m, 'config.json'), '{');
      },
      /m\/config\.json is not valid JSON at line 1/,
    ],
    [
      'of another architecture',
      (m) => {
        editConfig(m, { model_type: 'gpt2' });
      },
      /gpt2.*bert/,
    ],
    [
      'with truncated weights',
      (m) => {
        truncateSync(join(m, 'model.safetensors'), 30_000);
      },
      /m\/model\.safetensors.*(truncated|cut|ends)/,
    ],
    [
      'with a tensor of another shape',
      (m) => {
        editConfig(m, { vocab_size: 300 });
      },
      /m\/model\.safetensors: tensor "bert\.embeddings\.word_embeddings\.weight" is \[199, 24\], expected \[300, 24\]/,
    ],
    [
      'with fewer ids than its tokenizer',
      (m) => {
        editConfig(m, { vocab_size: 100 });
      },
      /tokenizer\.json has ids up to 198, but config\.json says vocab_size 100/,
    ],
    [
      'without one of its tensors',
      (m) => {
        keepTensors(m, (name) => !name.includes('pooler'));
      },
      /lacks 2 of the model's 41 tensors: bert\.pooler\.dense/,
    ],
    [
      'with NaN in its weights',
      (m) => {
        editFloat(m, 'bert.pooler.dense.weight', 7, () => NaN);
      },
      /tensor "bert\.pooler\.dense\.weight" has NaN at element 7/,
    ],
  ])('%s', async (_, spoil, message) => {
    const cwd = tempFolder();
    spoil(tinyCopy(cwd, 'm'));
    // Loading is the same for every command; the next test asks all of them.
    await expectRefused(cwd, ['predict', 'm', 'a film'], message);
  });

  test.skipIf(process.platform === 'win32')(
    'with a pickle only: told how to convert it, and never opened',
    async () => {
      const cwd = tempFolder();
      const model = tinyCopy(cwd, 'm');
      rmSync(join(model, 'model.safetensors'));
      // A pipe without a writer: whoever opens it waits for ever, and this test's patience ends.
      expect(spawnSync('mkfifo', [join(model, 'pytorch_model.bin')]).status).toBe(0);
      const message = /m has only pytorch_model\.bin, a pickle file.*convert it in Python.*save_pretrained/;
      writeReviews(cwd, 'a.csv', reviews(24));
      await expectRefused(cwd, ['train', 'a.csv', '--model', 'm', '--max-length', '24'], message);
      await expectRefused(cwd, ['evaluate', 'm', 'a.csv'], message);
      await expectRefused(cwd, ['predict', 'm', 'a film'], message);
    },
  );

  test('that is no classifier can be trained, but not asked', async () => {
    const cwd = tempFolder();
    keepTensors(tinyCopy(cwd, 'm'), (name) => !name.startsWith('classifier'));
    await expectRefused(
      cwd,
      ['predict', 'm', 'a'],
      /m\/model\.safetensors has no classifier yet.*bertune train <data> --model/,
    );
    await expectRefused(cwd, ['predict', BUNDLED_MODEL, 'a'], /has no classifier yet/);
    writeReviews(cwd, 'a.csv', reviews(24));
    const { code, stderr } = await bertune(['train', 'a.csv', '--model', 'm', '--max-length', '24'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('39 tensors found, a new classifier (classifier.weight, classifier.bias)');
  });
});
