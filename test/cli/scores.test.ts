/** What is printed of scores where data is odd: a class that is absent, a single text, more classes than a terminal has room for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { printDetails, printTables } from '../../src/cli/kinds.js';
import { fellLater } from '../../src/cli/commands/sweep.js';
import { printResult } from '../../src/cli/commands/train.js';
import { measure, measureIntervals } from '../../src/evaluate/measure.js';
import type { TrainResult } from '../../src/index.js';
import type { Targets } from '../../src/util/problem.js';
import { alikeNote, plural } from '../../src/util/wording.js';
import { bertuneOk, sharedFolder } from '../support/cli.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function captured(print: () => void): string {
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  print();
  return lines.join('');
}

/** What is printed of texts with these true classes, each classified as the class that stands beside it. */
function printed(classes: number, answers: readonly (readonly [truth: number, predicted: number])[]): string {
  const logits = answers.map(([, predicted]) => Array.from({ length: classes }, (_, id) => (id === predicted ? 3 : 0))); // prettier-ignore
  const labelIds = Int32Array.from(answers, ([truth]) => truth);
  const targets: Targets = { problemType: 'single_label_classification', labelIds };
  const labels = Array.from({ length: classes }, (_, id) => `class ${id}`);
  const metrics = measure(logits, targets, labels);
  return captured(() => {
    printDetails(metrics, measureIntervals(logits, targets, { resamples: 20 }));
    printTables(metrics);
  });
}

test('a class that no text is of is named, as the means count it as 0', () => {
  expect(printed(3, [[0, 0], [1, 0]])).toContain('Note       no text here is of "class 2": in the means of F1, precision and recall it counts as 0\n'); // prettier-ignore
  expect(printed(2, [[0, 0], [0, 1]])).toContain('Note       no text here is of "class 1"\n'); // prettier-ignore
  expect(printed(2, [[0, 0], [1, 1]])).not.toContain('Note'); // prettier-ignore
});

test('so is a label that no text has', () => {
  const logits = [
    [3, -3, -3],
    [-3, 3, 3],
  ];
  const details = (labelSets: number[][]): string => {
    const targets: Targets = { problemType: 'multi_label_classification', labelSets };
    const metrics = measure(logits, targets, ['a', 'b', 'c']);
    return captured(() => {
      printDetails(metrics, measureIntervals(logits, targets, { resamples: 20 }));
    });
  };
  // F1 of the labels is 1, 1 and 0; the areas of the first two are 1.
  const some = details([[0], [1]]);
  expect(some).toContain('Note       no text here has "c": in F1 macro it counts as 0, mAP leaves it out\n');
  expect(some).toMatch(/^F1 macro {3}0\.6667 /m);
  expect(some).toMatch(/^mAP {8}1\.0000$/m);
  expect(details([[0], [1, 2]])).not.toContain('Note');
});

test('of more classes than fit beside one another the pairs are listed that are mixed up most', () => {
  const text = printed(200, [[7, 9], [7, 9], [7, 9], [9, 7], [3, 4], [3, 4], [5, 5]]); // prettier-ignore
  expect(text).not.toContain('true \\ predicted');
  expect(text).toContain(
    'mixed up most: true  predicted  texts\nclass 7              class 9        3\nclass 3              class 4        2\n' +
      'class 9              class 7        1\n',
  );
  const longest = Math.max(...text.split('\n').map(({ length }) => length));
  expect(longest).toBeLessThan(200); // a matrix would be of 2,000
  expect(printed(8, [[7, 6]])).toContain('true \\ predicted');
});

test('a run of numbers says where its report is, as every run has one', () => {
  const [logits, targets] = [[[1], [2]], { problemType: 'regression', values: Float64Array.of(1, 3) }] as const; // prettier-ignore
  const result = {
    folder: 'runs/stars',
    metrics: measure(logits, targets, ['LABEL_0']),
    intervals: measureIntervals(logits, targets, { resamples: 20 }),
    baseline: { value: 2, mae: 1 },
    training: { seconds: 3 },
  };
  expect(captured(() => { printResult(result as unknown as TrainResult); })).toContain('\nReport    runs/stars/report.html\n'); // prettier-ignore
});

test('one is one, and thousands have their commas', () => {
  expect([plural(1, 'text'), plural(0, 'text'), plural(12_345, 'text')]).toEqual([
    '1 text',
    '0 texts',
    '12,345 texts',
  ]);
});

test('labels that only case or spaces tell apart are asked about', () => {
  expect(alikeNote(['Bad', 'Good', 'bad', 'no t', 'not'])).toBe(
    'only case or spaces tell "Bad", "bad", "no t", "not" apart: are they one label?',
  );
  expect(alikeNote(['bad', 'good'])).toBeUndefined();
});

test('columns of pairs can be named wherever labelled texts are read', async () => {
  const folder = sharedFolder();
  const rows = Array.from({ length: 20 }, (_, i) => `${i % 2 ? 'yes' : 'no'} ${i},it is ${i % 4 < 2 ? 'so' : 'not so'},${i % 2}`); // prettier-ignore
  writeFileSync(join(folder, 'pairs.csv'), ['first,second,is', ...rows].join('\n'));
  const columns = ['--text-column', 'first', '--text-pair-column', 'second', '--label-column', 'is'];
  const found = JSON.parse(
    await bertuneOk(['suspects', 'pairs.csv', ...columns, '--json', '--all'], { cwd: folder }),
  ) as { suspects: { text: string }[] };
  expect(found.suspects.map(({ text }) => text).sort()[0]).toMatch(/^no 0\s+it is so$/);
});

test('a sweep whose best got worse with more training says so', () => {
  const score = (share: number, accuracy: number) => ({
    rung: 0,
    share,
    accuracy,
    f1: 0,
    loss: 0,
    seconds: 1,
  });
  expect(fellLater({ scores: [score(1 / 9, 0.5), score(1 / 3, 0.795), score(1, 0.75)] })).toBe(
    'with 33 % of its training the best had 79.5 %, whole 75.0 %: fewer --epochs or a lower --learning-rate may be better still.',
  );
  expect(fellLater({ scores: [score(1 / 3, 0.75), score(1, 0.75)] })).toBeUndefined();
  expect(fellLater({ scores: [score(1, 0.75)] })).toBeUndefined();
});
