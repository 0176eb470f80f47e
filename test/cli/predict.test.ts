/** `bertune predict` and `bertune evaluate` on a run of the tiny model, and on the folder that Python saved. */
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempFolder } from '../files/temp.js';
import { bertune, bertuneOk, expectRefused, ON_TINY, sharedFolder, TINY } from '../support/cli.js';
import { fixtureJson } from '../support/fixtures.js';
import { editFloat, tinyCopy } from '../support/models.js';
import { csv, readJsonFile, reviews, writeReviews } from '../support/reviews.js';

interface Scored {
  readonly text: string;
  readonly label: string;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
}

const lines = (text: string): Scored[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Scored);

const folder = sharedFolder();
const run = join(folder, 'run');
const TEXTS = [
  'a fine film',
  'this is a terrible, terrible, boring story and I want my time back, it was too long and too slow and very dull',
  'Brilliant!',
  'the plot is, well, what plot',
  'a charming film with a great cast and a superb script',
];

beforeAll(async () => {
  writeReviews(folder, 'a.csv', reviews(24));
  await bertuneOk(['train', 'a.csv', ...ON_TINY, '--out', 'run', '--clean', 'none'], { cwd: folder });
});

describe('predict', () => {
  test('texts as arguments: one line each, in their order', async () => {
    const { code, stdout, stderr } = await bertune(['predict', run, ...TEXTS.slice(0, 3)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const shown = stdout.split('\n');
    expect(shown.length).toBe(4);
    expect(shown[0]).toMatch(/^(negative|positive) +\d+\.\d % {2}a fine film$/);
    expect(shown[1]).toMatch(/terrible.*…$/);
    expect(shown[2]).toMatch(/Brilliant!$/);
  });

  test('--json: one object a line with these keys in this order, the scores summing to 1', async () => {
    const { code, stdout, stderr } = await bertune(['predict', run, '--json', ...TEXTS]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const found = lines(stdout);
    expect(found.map(({ text }) => text)).toEqual(TEXTS);
    for (const [i, each] of found.entries()) {
      expect(stdout.split('\n')[i]).toBe(JSON.stringify(each));
      expect(Object.keys(each)).toEqual(['text', 'label', 'score', 'scores']);
      expect(Object.keys(each.scores)).toEqual(['negative', 'positive']);
      expect(each.scores['negative']! + each.scores['positive']!).toBeCloseTo(1, 12);
      expect(each.score).toBe(Math.max(...Object.values(each.scores)));
      expect(each.score).toBe(each.scores[each.label]);
    }
  });

  test('standard input, --file and arguments give the same, in batches as alone', async () => {
    writeFileSync(
      join(folder, 'texts.csv'),
      csv([['id', 'text'], ...TEXTS.map((text, i) => [`${i}`, text])]),
    );
    const byArgument = lines(await bertuneOk(['predict', run, '--json', ...TEXTS]));
    const byStdin = lines(await bertuneOk(['predict', run, '--json'], { input: TEXTS.join('\r\n') }));
    const byFile = lines(await bertuneOk(['predict', run, '--json', '--file', join(folder, 'texts.csv')]));
    expect(byStdin).toEqual(byArgument);
    expect(byFile).toEqual(byArgument);
    const alone = lines(await bertuneOk(['predict', run, '--json', TEXTS[3]!]));
    expect(alone[0]!.score).toBeCloseTo(byArgument[3]!.score, 5);
  });

  test('more texts than are read at once, encoded in another thread, keep their order', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `${i} ${'good '.repeat(i % 23)}`);
    const found = lines(
      await bertuneOk(['predict', run, '--json', '--threads', '1'], { input: many.join('\n') }),
    );
    expect(found.map(({ text }) => text)).toEqual(many);
    const scores = new Set(found.map(({ score }) => score.toFixed(6)));
    expect(scores.size).toBeGreaterThan(10);
  });

  test('--out writes all columns with label and score; awkward values come through', async () => {
    const cwd = tempFolder();
    const rows = [
      ['1', 'a, "fine" film', 'two\nlines', ''],
      ['2', 'dull, awful', '"quoted"', ' spaces '],
      ['3', 'a 5" disk\twith tabs\r\nand breaks', '=SUM(A1)', 'ünï 😀'],
    ];
    const input = [['id', 'review', 'note, free', 'rest'], ...rows];
    writeFileSync(join(cwd, 'in.csv'), csv(input));
    const predictions = lines(await bertuneOk(['predict', run, '--file', 'in.csv', '--json'], { cwd }));
    for (const [name, delimiter] of [
      ['out.csv', ','],
      ['out.tsv', '\t'],
    ] as const) {
      const { code, stdout, stderr } = await bertune(['predict', run, '--file', 'in.csv', '--out', name], {
        cwd,
      });
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: '',
        stderr: `3 texts classified into ${name}\n`,
      });
      const table: string[][] = parse(readFileSync(join(cwd, name)), { delimiter });
      expect(table[0]).toEqual([...input[0]!, 'label', 'score']);
      // As it was, but for what a spreadsheet would compute.
      const written = input.map((row) => row.map((field) => field.replace(/^=/, "'=")));
      expect(table.map((row) => row.slice(0, 4))).toEqual(written);
      expect(table.slice(1).map((row) => row.slice(4))).toEqual(
        predictions.map(({ label, score }) => [label, String(score)]),
      );
    }
    await bertuneOk(['predict', run, '--file', 'in.csv', '--out', 'out.jsonl'], { cwd });
    const objects = readFileSync(join(cwd, 'out.jsonl'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(objects[1]!)).toEqual({
      id: '2',
      review: 'dull, awful',
      'note, free': '"quoted"',
      rest: ' spaces ',
      label: expect.stringMatching(/^(negative|positive)$/) as string,
      score: expect.any(Number) as number,
    });
  });

  test("an input's own columns label and score are kept beside the new ones", async () => {
    const cwd = tempFolder();
    writeFileSync(
      join(cwd, 'in.csv'),
      csv([
        ['text', 'label', 'score'],
        ['a fine film', 'mine', '7'],
      ]),
    );
    await bertuneOk(['predict', run, '--file', 'in.csv', '--out', 'out.csv'], { cwd });
    const table: string[][] = parse(readFileSync(join(cwd, 'out.csv')));
    expect(table[0]).toEqual(['text', 'label', 'score', 'predicted_label', 'predicted_score']);
    expect(table[1]!.slice(0, 3)).toEqual(['a fine film', 'mine', '7']);
  });

  test('--out is not written over, nor the input, nor anything of it when the input is bad', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'in.csv', reviews(4));
    writeFileSync(join(cwd, 'out.csv'), 'mine');
    writeFileSync(join(cwd, 'bad.csv'), 'text,label\na fine film,positive\na,b,c\n');
    const predict = (...args: string[]): string[] => ['predict', run, '--file', ...args];
    await expectRefused(cwd, predict('in.csv', '--out', 'out.csv'), /out\.csv is there already.*--force/);
    await expectRefused(cwd, predict('in.csv', '--out', './in.csv', '--force'), /the file that is read/);
    await expectRefused(cwd, predict('in.csv', '--out', 'out.xlsx'), /ending in \.csv, \.tsv or \.jsonl/);
    await expectRefused(cwd, predict('in.csv', '--out', 'no/such/out.csv'), /cannot write .*create it first/);
    await expectRefused(cwd, predict('bad.csv', '--out', 'new.csv'), /bad\.csv, line 3: 3 fields/);
    await expectRefused(cwd, predict('bad.csv', '--out', 'out.csv', '--force'), /bad\.csv, line 3: 3 fields/);
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('mine');
    await bertuneOk(predict('in.csv', '--out', 'out.csv', '--force'), { cwd });
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toMatch(/^text,label,predicted_label,score\n/);
  });

  test.runIf(process.platform === 'linux')('a full disk is one line too', async () => {
    const cwd = tempFolder();
    symlinkSync('/dev/full', join(cwd, 'out.csv'));
    const result = await bertune(['predict', run, 'a fine film', '--out', 'out.csv', '--force'], { cwd });
    expect(result).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: cannot write out\.csv: no space left.*\n$/) as string,
    });
  });

  test.each([
    [['a', '--file', 'x.csv'], '', /either texts or --file, not both/],
    [['a', '--text-column', 'x'], '', /--text-column goes with --file/],
    [[''], '', /text 1 is empty; leave it out/],
    [['a', ' \t'], '', /text 2 is empty/],
    [[], '', /standard input is empty; give texts, --file <data>, or pipe in one text a line/],
    [[], 'a film\n\nb\n', /standard input, line 2 is empty/],
    [[], new Uint8Array([0x61, 0x0a, 0xff, 0x0a]), /standard input, line 2: not valid UTF-8/],
    [['--file', 'no.csv'], '', /no such file: no\.csv/],
    [['--file', import.meta.filename], '', /predict\.test\.ts: can't tell what kind of data/],
    [['a', '--threads', '0'], '', /--threads is "0", expected a whole number from 1 to 1024/],
  ])('%j with standard input %j is refused', async (args, input, message) => {
    await expectRefused(tempFolder(), ['predict', run, ...args], message, { input });
  });

  test('control characters in a text or a file name do not reach the terminal', async () => {
    const text = 'a \u001b[31mred\u001b[0m film \u202e';
    const shown = await bertuneOk(['predict', run, text]);
    // eslint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\u001b\u202e]/);
    const { stderr } = await bertune(['predict', run, '--file', 'x\u001b[2J\ny.csv']);
    expect(stderr).toMatch(/^error: [^\u001b\n]+\n$/); // eslint-disable-line no-control-regex
  });
});

describe('golden texts', () => {
  test('give again what they gave when the run was saved', async () => {
    const { golden } = readJsonFile(run, 'bertune.json') as { golden: { text: string; logits: number[] }[] };
    const found = lines(await bertuneOk(['predict', run, '--json', ...golden.map(({ text }) => text)]));
    golden.forEach(({ logits: [a, b] }, i) => {
      expect(found[i]!.scores['positive']).toBeCloseTo(1 / (1 + Math.exp(a! - b!)), 5);
    });
  });

  test.each([
    ['classifier.weight', (x: number): number => -x],
    ['bert.encoder.layer.1.output.dense.bias', (x: number): number => x + 1],
  ])('refuse a run in which a number of %s was changed', async (tensor, change) => {
    const cwd = tempFolder();
    const copy = tinyCopy(cwd, 'x');
    for (const name of ['bertune.json', 'model.safetensors', 'config.json', 'tokenizer.json']) {
      copyFileSync(join(run, name), join(copy, name));
    }
    await bertuneOk(['predict', 'x', 'a'], { cwd });
    editFloat(copy, tensor, 0, change);
    await expectRefused(
      cwd,
      ['predict', 'x', 'a'],
      /x doesn't compute what it did when it was saved.*restore it/,
    );
    writeReviews(cwd, 'a.csv', reviews(4));
    await expectRefused(cwd, ['evaluate', 'x', 'a.csv'], /x doesn't compute what it did/);
  });
});

describe('evaluate', () => {
  const KEYS =
    'problem_type examples accuracy f1 precision recall roc_auc matthews_correlation loss confusion_matrix per_class seconds ' +
    'examples_per_second confidence_intervals expected_calibration_error expected_calibration_error_equal_mass ' +
    'brier_score reliability';

  test.each([
    ['a run of ours', () => run, ['bag_of_words']],
    ['a folder that Python saved', () => TINY, []],
  ])('--json on %s prints one document with these keys', async (_, place, more) => {
    const { code, stdout, stderr } = await bertune(['evaluate', place(), 'a.csv', '--json'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'evaluating 24/24\n' });
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual([...KEYS.split(' '), ...more]);
    expect(document['examples']).toBe(24);
    const [[a, b], [c, d]] = document['confusion_matrix'] as [[number, number], [number, number]];
    expect(a + b).toBe(12);
    expect(c + d).toBe(12);
    expect(document['accuracy']).toBeCloseTo((a + d) / 24, 12);
    expect(document['recall']).toBeCloseTo(d / (c + d), 12);
    expect(document['per_class']).toMatchObject([
      { label: 'negative', support: 12, recall: a / (a + b) },
      { label: 'positive', support: 12, recall: d / (c + d) },
    ]);
    const predictions = lines(
      await bertuneOk(['predict', place(), '--file', 'a.csv', '--json'], { cwd: folder }),
    );
    const truth = reviews(24).map(({ label }) => label);
    const loss = predictions.reduce((sum, { scores }, i) => sum - Math.log(scores[truth[i]!]!), 0) / 24;
    expect(document['loss']).toBeCloseTo(loss, 6);
  });

  test('measures what training reported', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(24));
    writeReviews(cwd, 'b.csv', reviews(20).slice(7));
    const args = ['train', 'a.csv', '--test', 'b.csv', ...ON_TINY, '--out', 'x', '--json'];
    const trained = JSON.parse(await bertuneOk(args, { cwd })) as Record<string, unknown>;
    const measured = JSON.parse(await bertuneOk(['evaluate', 'x', 'b.csv', '--json'], { cwd })) as Record<
      string,
      unknown
    >;
    for (const key of KEYS.split(' ').slice(0, 8)) expect(measured[key]).toEqual(trained[key]);
    expect(measured['loss']).toBeCloseTo(trained['loss'] as number, 6);
    expect(measured['confidence_intervals']).toEqual(trained['confidence_intervals']);
    const { train_seconds: _, ...score } = trained['bag_of_words'] as Record<string, unknown>;
    expect(measured['bag_of_words']).toEqual(score); // kept by the run
  });

  test('the bag of words learns from the training texts, where they are still at hand', async () => {
    const cwd = tempFolder();
    writeReviews(cwd, 'a.csv', reviews(40));
    writeReviews(cwd, 'b.csv', reviews(30).slice(7));
    await bertuneOk(['train', 'a.csv', ...ON_TINY, '--no-baseline', '--out', 'x'], { cwd });
    expect(readJsonFile(cwd, 'x', 'bertune.json')).not.toHaveProperty('bag_of_words');
    const score = async (...args: string[]): Promise<unknown> =>
      (
        JSON.parse(await bertuneOk(['evaluate', 'x', 'b.csv', '--json', ...args], { cwd })) as {
          bag_of_words?: unknown;
        }
      ).bag_of_words;
    expect(await score()).toMatchObject({ train_examples: 36 }); // but for those that were set aside
    expect(await score('--baseline', 'a.csv')).toMatchObject({ train_examples: 40 });
    expect(await score('--no-baseline')).toBeUndefined();
    writeReviews(cwd, 'a.csv', reviews(39));
    expect(await score()).toBeUndefined();
  });

  test('for people: a table on stdout, progress on stderr', async () => {
    const { code, stdout, stderr } = await bertune(['evaluate', run, 'a.csv'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'evaluating 24/24\n' });
    expect(stdout).toMatch(
      /^Accuracy {3}\d+\.\d % \(\d+\.\d to \d+\.\d\) on 24 texts\nBag of words \d+\.\d % /,
    );
    expect(stdout).toMatch(/\(of "positive"\)/);
    expect(stdout).toMatch(/^negative +[\d.]+ +[\d.]+ +[\d.]+ +12$/m);
    expect(stdout).toMatch(/^true \\ predicted +negative +positive$/m);
  });

  test('a label that the model does not know is refused with its line', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'b.csv'), 'text,label\na fine film,positive\na dull film,negativ\n');
    const message =
      /b\.csv, line 3: unknown label "negativ"\. The model knows "negative", "positive"\..*"negative"\?/;
    await expectRefused(cwd, ['evaluate', run, 'b.csv'], message);
    writeReviews(cwd, 'a.csv', reviews(24));
    await expectRefused(cwd, ['train', 'a.csv', '--test', 'b.csv', ...ON_TINY], message);
  });
});

test("the folder that Python saved gives Python's probabilities", async () => {
  const { texts } = fixtureJson('hf-saved/expected.json') as {
    texts: { text: string; probabilities: [number, number] }[];
  };
  const given = texts.filter(({ text }) => text !== '');
  expect(given.length).toBeGreaterThan(10);
  const found = lines(await bertuneOk(['predict', TINY, '--json', ...given.map(({ text }) => text)]));
  given.forEach(({ text, probabilities }, i) => {
    expect(found[i]!.text).toBe(text);
    expect(Math.abs(found[i]!.scores['negative']! - probabilities[0])).toBeLessThan(1e-5);
    expect(Math.abs(found[i]!.scores['positive']! - probabilities[1])).toBeLessThan(1e-5);
  });
});
