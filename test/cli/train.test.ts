/** `bertune train` on the tiny model: files in, a run's folder out. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import {
  bertune,
  bertuneOk,
  expectRefused,
  listing,
  ON_TINY,
  sharedFolder,
  TINY_MODEL,
} from '../support/cli.js';
import { editConfig, tinyCopy } from '../support/models.js';
import { csv, readJsonFile, reviews, reviewsCsv, sha256, writeReviews } from '../support/reviews.js';

const RUN_FILES = [
  'README.md',
  'bertune.json',
  'config.json',
  'eval_results.json',
  'manifest.json',
  'model.safetensors',
  'predictions.jsonl',
  'report.html',
  'tokenizer.json',
  'tokenizer_config.json',
  'trainer_state.json',
];

interface TrainDocument {
  readonly [key: string]: unknown;
  readonly settings: Readonly<Record<string, unknown>>;
}

async function trainJson(cwd: string, ...args: string[]): Promise<TrainDocument> {
  return JSON.parse(await bertuneOk(['train', ...TINY_MODEL, ...args, '--json'], { cwd })) as TrainDocument;
}

describe('data', () => {
  const rows = reviews(24);
  const text = {
    csv: reviewsCsv(rows),
    tsv: ['text\tlabel', ...rows.map(({ text, label }) => `${text}\t${label}`), ''].join('\n'),
    jsonl: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  };
  const folder = sharedFolder();
  const weights = new Set<string>();
  test.each([
    ['a.csv', text.csv],
    ['a.tsv', text.tsv],
    ['a.jsonl', text.jsonl],
    ['a.csv.gz', gzipSync(text.csv)],
  ])('%s trains the same model as the same rows in any other form', async (name, content) => {
    writeFileSync(join(folder, name), content);
    const out = `run-${name}`;
    const { code, stdout, stderr } = await bertune(['train', name, ...ON_TINY, '--out', out], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        '^Accuracy {2}\\d+\\.\\d % \\(\\d+\\.\\d to \\d+\\.\\d\\) on 2 texts it has not seen\\n' +
          'Bag of words \\d+\\.\\d % \\(trained in under 1 s on the same 22 training texts\\)\\n' +
          'Baseline {2}50\\.0 % by always answering "negative"\\n' +
          'Confidence \\d+\\.\\d % off on average\\n' +
          `Report {4}${out}/report\\.html\\n` +
          `Saved {5}${out} {2}\\(trained in 0:\\d\\d\\)\\n$`,
      ),
    );
    expect(stderr).toContain('41 tensors found, its own classifier');
    expect(stderr).toMatch(/^Labels {4}negative, positive$/m);
    expect(stderr).toMatch(/^Texts {5}22 to learn from, 2 to evaluate on$/m);
    expect(stderr).toMatch(/^This will take .*seconds/m);
    expect(stderr).toMatch(/^training 4\/4 {2}loss \d\.\d{4} {2}rate .* texts\/s {2}0:00 left$/m);
    expect(readdirSync(join(folder, out)).sort()).toEqual(RUN_FILES);
    weights.add(sha256(folder, out, 'model.safetensors'));
    expect(weights.size).toBe(1);
  });

  test('--test-split sets aside so much of each class, --test takes another file', async () => {
    const cwd = tempFolder();
    const uneven = [...reviews(40), ...reviews(40).filter(({ label }) => label === 'negative')];
    writeReviews(cwd, 'a.csv', uneven);
    writeReviews(cwd, 'b.csv', reviews(10));
    const split = await trainJson(cwd, 'a.csv', '--test-split', '0.25', '--out', 'x');
    const other = await trainJson(cwd, 'a.csv', '--test', 'b.csv', '--out', 'y');
    const supports = (document: TrainDocument): unknown =>
      (document['per_class'] as { label: string; support: number }[]).map(({ label, support }) => [
        label,
        support,
      ]);
    expect(supports(split)).toEqual([
      ['negative', 10],
      ['positive', 5],
    ]);
    expect(supports(other)).toEqual([
      ['negative', 5],
      ['positive', 5],
    ]);
    expect(readJsonFile(cwd, 'x', 'bertune.json')).toMatchObject({
      data: { train: 'a.csv', train_examples: 45, test_examples: 15, test_sha256: null },
    });
    expect(readJsonFile(cwd, 'y', 'bertune.json')).toMatchObject({
      data: {
        train_examples: 60,
        train_sha256: sha256(cwd, 'a.csv'),
        test: 'b.csv',
        test_sha256: sha256(cwd, 'b.csv'),
        test_examples: 10,
      },
    });
  });

  test('columns are found by name, or named; --out defaults to runs/<name of the data>', async () => {
    const cwd = tempFolder();
    const rows = reviews(24).map(({ text, label }, i) => [
      String(i),
      label,
      text,
      label === 'positive' ? '5' : '1',
    ]);
    writeFileSync(join(cwd, 'films.csv'), csv([['id', 'Sentiment', 'Review', 'mark'], ...rows]));
    const found = await trainJson(cwd, 'films.csv');
    expect(found['folder']).toBe('runs/films');
    expect(found['labels']).toEqual(['negative', 'positive']);
    expect(readdirSync(join(cwd, 'runs/films')).sort()).toEqual(RUN_FILES);
    const named = await trainJson(
      cwd,
      ...['films.csv', '--text-column', 'review', '--label-column', 'mark', '--out', 'x'],
    );
    expect(named['labels']).toEqual(['1', '5']);
  });
});

describe('labels', () => {
  test.each([
    { labels: ['10', '9', '2'], order: ['2', '9', '10'] },
    { labels: ['10 stars', '5 stars', '1 star'], order: ['1 star', '5 stars', '10 stars'] },
    { labels: ['fine', 'awful', 'superb', 'Dull'], order: ['Dull', 'awful', 'fine', 'superb'] },
  ])('$labels keep their names everywhere, in the order $order', async ({ labels, order }) => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24, labels));
    const { code, stderr } = await bertune(['train', 'a.csv', ...ON_TINY, '--out', 'x'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('a new classifier (classifier.weight, classifier.bias)');
    expect(stderr).toMatch(
      /left unused: classifier\.weight, classifier\.bias|left unused: classifier\.bias, classifier\.weight/,
    );
    expect(readJsonFile(cwd, 'x', 'config.json')).toMatchObject({
      architectures: ['BertForSequenceClassification'],
      id2label: Object.fromEntries(order.map((label, id) => [id, label])),
      label2id: Object.fromEntries(order.map((label, id) => [label, id])),
    });
    expect(readJsonFile(cwd, 'x', 'bertune.json')).toMatchObject({ labels: order });
    const line = await bertuneOk(['predict', 'x', 'a fine film', '--json'], { cwd });
    const { label, scores } = JSON.parse(line) as { label: string; scores: Record<string, number> };
    expect(order).toContain(label);
    expect(Object.keys(scores)).toEqual(order);
    expect(Object.values(scores).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    const document = JSON.parse(await bertuneOk(['evaluate', 'x', 'a.csv', '--json'], { cwd })) as {
      per_class: { label: string; support: number }[];
      confusion_matrix: number[][];
    };
    expect(document.per_class.map((c) => [c.label, c.support])).toEqual(
      order.map((name) => [name, 24 / labels.length]),
    );
    expect(document.confusion_matrix.map((row) => row.length)).toEqual(order.map(() => order.length));
  });

  test('a head for the same labels is trained on, with its label order', async () => {
    const cwd = tempFolder();
    const model = tinyCopy(cwd, 'm');
    editConfig(model, { id2label: { 0: 'positive', 1: 'negative' }, label2id: { positive: 0, negative: 1 } });
    writeReviews(cwd, 'a.csv', reviews(24));
    const { stderr } = await bertune(['train', 'a.csv', '--model', 'm', '--max-length', '24', '--out', 'x'], {
      cwd,
    });
    expect(stderr).toContain('41 tensors found, its own classifier');
    expect(stderr).toMatch(/^Labels {4}positive, negative$/m);
    expect(readJsonFile(cwd, 'x', 'config.json')).toMatchObject({ label2id: { positive: 0, negative: 1 } });
  });
});

describe('settings', () => {
  const folder = sharedFolder();
  writeReviews(folder, 'a.csv', reviews(24));
  const config = (name: string, value: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return name;
  };

  test.each([
    ['kebab-case', { 'learning-rate': 3e-5, 'batch-size': 8, 'max-steps': 2, 'test-split': 0.25 }],
    ['snake_case', { learning_rate: 3e-5, batch_size: 8, max_steps: 2, test_split: 0.25 }],
    ['camelCase', { learningRate: 3e-5, batchSize: 8, maxSteps: 2, testSplit: 0.25 }],
  ])('--config takes names in %s; flags win', async (name, settings) => {
    const file = config(`${name}.json`, { ...settings, seed: 7 });
    const out = `run-${name}`;
    const result = await trainJson(folder, 'a.csv', '--config', file, '--batch-size', '4', '--out', out);
    expect(result.settings).toMatchObject({ learningRate: 3e-5, batchSize: 4, maxSteps: 2, seed: 7 });
    expect(result).toMatchObject({ steps: 2, examples: 6 });
    expect(readJsonFile(folder, out, 'bertune.json')).toMatchObject({
      settings: { learningRate: 3e-5, batchSize: 4, maxSteps: 2, seed: 7 },
    });
  });

  test('a flag also sets aside what excludes it in the file', async () => {
    config('long.json', { test: 'a.csv', max_steps: 3, warmup_steps: 2 });
    const args = ['a.csv', '--config', 'long.json', '--out', 'set-aside'];
    const result = await trainJson(
      folder,
      ...[...args, '--epochs', '1', '--warmup-ratio', '0', '--test-split', '0.5', '--batch-size', '4'],
    );
    expect(result).toMatchObject({ steps: 3, examples: 12 });
    expect(result.settings).toMatchObject({ maxSteps: 0, epochs: 1 });
    expect(result.settings).not.toHaveProperty('warmupSteps');
  });

  test("a run's own bertune.json repeats the run, to the last bit", async () => {
    await trainJson(folder, 'a.csv', '--out', 'first', '--dropout', '0.3', '--seed', '5', '--max-steps', '3');
    await trainJson(folder, 'a.csv', '--out', 'again', '--config', 'first/bertune.json');
    expect(sha256(folder, 'again', 'model.safetensors')).toBe(sha256(folder, 'first', 'model.safetensors'));
  });

  test.each([
    [{ learning_rat: 1 }, /c\.json: there is no setting "learning_rat"; did you mean "learningRate"\?/],
    [{ epochs: '3' }, /--epochs is "3", expected a number above 0/],
    [{ model: 3 }, /c\.json: "model" is 3, expected a string/],
    [{ settings: null }, /c\.json: "settings" is not a JSON object/],
    [[1], /c\.json is not a JSON object/],
  ])('the config file %j is refused', async (value, message) => {
    config('c.json', value);
    await expectRefused(folder, ['train', 'a.csv', '--config', 'c.json', '--out', 'no'], message);
  });

  test('a config file that is no JSON, or is not there, is refused with the place or the path', async () => {
    writeFileSync(join(folder, 'c.json'), '{\n  "epochs": 2,\n}');
    const args = ['train', 'a.csv', '--out', 'no', '--config'];
    await expectRefused(folder, [...args, 'c.json'], /c\.json is not valid JSON at line 3/);
    await expectRefused(folder, [...args, 'd.json'], /no such file: d\.json; did you mean c\.json\?/);
  });
});

describe('--out', () => {
  const ARGS = ['train', 'a.csv', ...ON_TINY, '--out', 'x'];

  test('an earlier run is kept without --force, replaced with it, and kept when the new one fails', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    await bertuneOk([...ARGS, '--seed', '1'], { cwd });
    const first = sha256(cwd, 'x', 'model.safetensors');
    await expectRefused(cwd, ARGS, /x already holds a run: choose another --out or pass --force/);

    const before = listing(cwd);
    const spoiling = '--learning-rate 1 --weight-decay 10 --max-grad-norm 0 --warmup-ratio 0 --epochs 300';
    const failed = await bertune([...ARGS, '--force', ...spoiling.split(' ')], { cwd });
    expect(failed.code).toBe(1);
    expect(listing(cwd)).toEqual(before);

    await bertuneOk([...ARGS, '--force', '--seed', '2'], { cwd });
    expect(sha256(cwd, 'x', 'model.safetensors')).not.toBe(first);
    expect(readdirSync(cwd).sort()).toEqual(['a.csv', 'x']);
    expect(readdirSync(join(cwd, 'x')).sort()).toEqual(RUN_FILES);
  });

  test('a folder that holds something else is never replaced', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    mkdirSync(join(cwd, 'x'));
    writeFileSync(join(cwd, 'x', 'thesis.txt'), 'mine');
    await expectRefused(cwd, [...ARGS, '--force'], /x holds something else than a run \(thesis\.txt\)/);
  });

  test.each([
    ['a.csv', /a\.csv is a file: choose another --out/],
    ['a.csv/x', /cannot write a\.csv\/x: .*choose another place/],
    ['/dev/null/x', /cannot write \/dev\/null\/x: .*choose another place/],
    ['.', /\. can't be a run's folder/],
  ])('%s is refused before anything is done', async (out, message) => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    await expectRefused(cwd, ['train', 'a.csv', ...ON_TINY, '--out', out], message);
  });

  test.runIf(existsSync('/proc/self'))('/proc/x, where nothing can be made, is refused', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    await expectRefused(cwd, ['train', 'a.csv', ...ON_TINY, '--out', '/proc/x'], /cannot write \/proc\/x/);
  });
});

test('--json prints one document, with these keys, and nothing else on stdout', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(24));
  const { code, stdout, stderr } = await bertune(['train', 'a.csv', ...ON_TINY, '--out', 'x', '--json'], {
    cwd,
  });
  expect(code).toBe(0);
  expect(stderr).toContain('training 4/4');
  expect(stderr).toContain('evaluating 2/2');
  const document = JSON.parse(stdout) as TrainDocument;
  expect(Object.keys(document)).toEqual(
    (
      'folder labels problem_type examples accuracy f1 precision recall roc_auc matthews_correlation loss confusion_matrix ' +
      'per_class confidence_intervals expected_calibration_error expected_calibration_error_equal_mass brier_score ' +
      'reliability bag_of_words baseline_accuracy baseline_label steps epoch train_loss train_runtime settings'
    ).split(' '),
  );
  expect(document).toMatchObject({ folder: 'x', labels: ['negative', 'positive'], steps: 4, epoch: 2 });
  expect(document).toMatchObject({ baseline_accuracy: 0.5, baseline_label: 'negative', examples: 2 });
});

describe("a run's folder", () => {
  const folder = sharedFolder();
  writeReviews(folder, 'a.csv', reviews(44));
  const TOTAL = 10; // 40 texts, batches of 8, two epochs
  const options = '--batch-size 8 --epochs 2 --learning-rate 2e-3 --warmup-ratio 0.2 --out x --logging-steps';
  const ARGS = ['train', 'a.csv', ...ON_TINY, ...options.split(' ')];
  const logOf = (run: string): Record<string, number>[] =>
    (readJsonFile(folder, run, 'trainer_state.json') as { log_history: Record<string, number>[] })
      .log_history;

  test('trainer_state.json has the log that the Trainer writes', async () => {
    await bertuneOk([...ARGS, '1'], { cwd: folder });
    const log = logOf('x');
    expect(log.length).toBe(TOTAL + 2);
    const rate = (step: number): number => 2e-3 * (step < 2 ? step / 2 : (TOTAL - step) / (TOTAL - 2)); // get_linear_schedule_with_warmup
    log.slice(0, TOTAL).forEach((entry, step) => {
      expect(Object.keys(entry).sort()).toEqual(['epoch', 'grad_norm', 'learning_rate', 'loss', 'step']);
      expect(entry['step']).toBe(step + 1);
      expect(entry['epoch']).toBeCloseTo((step + 1) / 5, 12);
      expect(entry['learning_rate']).toBeCloseTo(rate(step), 12);
      expect(entry['loss']).toBeGreaterThan(0);
      expect(entry['grad_norm']).toBeGreaterThan(0);
    });
    expect(log[0]!['learning_rate']).toBe(0);
    expect(log[TOTAL]).toMatchObject({ step: TOTAL, epoch: 2 });
    for (const key of ['eval_accuracy', 'eval_f1', 'eval_loss', 'eval_runtime', 'eval_samples_per_second']) {
      expect(log[TOTAL]).toHaveProperty(key, expect.any(Number));
    }
    const last = log.at(-1)!;
    expect(Object.keys(last)).toEqual(
      expect.arrayContaining(['train_runtime', 'train_samples_per_second', 'train_loss']),
    );
    const losses = log.slice(0, TOTAL).map((entry) => entry['loss']!);
    expect(last['train_loss']).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / TOTAL, 10);
    // Two epochs of 40 texts in so many seconds.
    expect(last['train_samples_per_second']! * last['train_runtime']!).toBeCloseTo(80, 6);
    expect(readJsonFile(folder, 'x', 'trainer_state.json')).toMatchObject({
      global_step: TOTAL,
      max_steps: TOTAL,
      epoch: 2,
      num_train_epochs: 2,
      train_batch_size: 8,
      logging_steps: 1,
    });
  });

  test('every --logging-steps updates it says their mean loss', async () => {
    const each = logOf('x').slice(0, TOTAL);
    await bertuneOk([...ARGS, '4', '--force'], { cwd: folder });
    const log = logOf('x').filter((entry) => 'learning_rate' in entry);
    expect(log.map((entry) => entry['step'])).toEqual([4, 8, 10]);
    const mean = (from: number, to: number): number =>
      each.slice(from, to).reduce((sum, entry) => sum + entry['loss']!, 0) / (to - from);
    [mean(0, 4), mean(4, 8), mean(8, 10)].forEach((loss, i) => {
      expect(log[i]!['loss']).toBeCloseTo(loss, 12);
    });
    expect(log[0]!['grad_norm']).toBe(each[3]!['grad_norm']);
  });

  test('bertune.json, eval_results.json, the tokenizer and the card say what was done', () => {
    const contract = readJsonFile(folder, 'x', 'bertune.json') as Record<string, unknown>;
    expect(contract).toMatchObject({
      format: 1,
      max_length: 24,
      truncation: 'head+tail',
      clean: 'html',
      labels: ['negative', 'positive'],
    });
    const golden = contract['golden'] as { text: string; logits: number[] }[];
    expect(golden.length).toBeGreaterThanOrEqual(3);
    for (const { logits } of golden) expect(logits).toEqual([expect.any(Number), expect.any(Number)]);
    expect(readJsonFile(folder, 'x', 'eval_results.json')).toMatchObject({
      eval_examples: 4,
      step: TOTAL,
      epoch: 2,
    });
    expect(readJsonFile(folder, 'x', 'tokenizer.json')).toMatchObject({
      truncation: { max_length: 24 },
      padding: null,
    });
    expect(readJsonFile(folder, 'x', 'tokenizer_config.json')).toMatchObject({ model_max_length: 24 });
    const card = readFileSync(join(folder, 'x', 'README.md'), 'utf8');
    expect(card).toMatch(/^---\nlibrary_name: transformers\n/);
    expect(card).toContain('(40 texts)');
  });

  test('--dropout is saved with the model', async () => {
    await bertuneOk([...ARGS, '9', '--force', '--dropout', '0.25'], { cwd: folder });
    const config = readJsonFile(folder, 'x', 'config.json') as Record<string, unknown>;
    expect(config).toMatchObject({ hidden_dropout_prob: 0.25, attention_probs_dropout_prob: 0.25 });
    // Hugging Face reads null as the rate of the hidden layers.
    expect(config['classifier_dropout'] ?? config['hidden_dropout_prob']).toBe(0.25);
  });
});

test('the same command twice saves the same weights to the last bit, with dropout and two threads', async () => {
  const cwd = tempFolder();
  writeReviews(cwd, 'a.csv', reviews(60));
  for (const out of ['x', 'y']) {
    await bertuneOk(['train', 'a.csv', ...ON_TINY, '--dropout', '0.2', '--threads', '2', '--out', out], {
      cwd,
    });
  }
  expect(sha256(cwd, 'y', 'model.safetensors')).toBe(sha256(cwd, 'x', 'model.safetensors'));
});
