/** Where the tiny classifier fails. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Classifier, findErrors, train, type ErrorAnalysis } from '../../src/index.js';
import { bertuneOk, expectRefused, sharedFolder, TINY } from '../support/cli.js';
import { csv, writeReviews } from '../support/reviews.js';

const data = [
  { text: 'a charming film with a great cast', label: 'positive' },
  { text: 'a boring film with a terrible cast', label: 'negative' },
  { text: 'i loved every scene', label: 'negative' }, // wrong on purpose: an error that it is sure of
  { text: 'the worst movie i have ever seen, ' + 'a dull mess '.repeat(10), label: 'negative' },
];
const folder = sharedFolder();

test('slices, and the surest errors with what their words add to the wrong label', async () => {
  const classifier = await Classifier.load(TINY, { threads: 1 });
  const logits = await classifier.logits(data.map(({ text }) => text));
  const said = logits.map((row) => classifier.labels[row[0]! >= row[1]! ? 0 : 1]);
  const found = await findErrors(classifier, data);
  const alone = await classifier.explain('i loved every scene', { label: 'positive' });
  await classifier.release();
  expect(said[2]).toBe('positive');
  const wrong = data.filter(({ label }, i) => label !== said[i]).length;
  expect(found).toMatchObject({ examples: 4, errors: wrong, accuracy: (4 - wrong) / 4 });
  expect(found.by_class.map(({ name, examples }) => [name, examples])).toEqual([
    ['negative', 3],
    ['positive', 1],
  ]);
  expect(found.by_length.reduce((sum, { examples }) => sum + examples, 0)).toBe(4);
  expect(found.by_cut.map(({ name, examples }) => [name, examples])).toEqual([
    ['read whole', 3],
    ['25 to 50 % cut', 1], // 38 word pieces, of which 22 are read
  ]);
  const error = found.worst.find(({ text }) => text === 'i loved every scene')!;
  expect(error).toMatchObject({ place: 'row 3', label: 'negative', predicted: 'positive' });
  expect(error.words).toEqual(alone.words);
  const scores = found.worst.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
});

test('bertune errors: a page for people, JSON for machines; texts are shown as text', async () => {
  writeReviews(
    folder,
    'a.csv',
    data.map((each) => ({ ...each, text: `${each.text} \u001b[31m` })),
  );
  const stdout = await bertuneOk(['errors', TINY, 'a.csv', '--threads', '1', '--top', '1'], { cwd: folder });
  // eslint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/\u001b/);
  expect(stdout).toMatch(/^Accuracy {3}\d+\.\d % \(\d+\.\d to \d+\.\d\): 1 error in 4 texts\n\nby class/);
  expect(stdout).toContain('read whole');
  expect(stdout).toMatch(/\nline \d {2}"positive" \d+\.\d %, is "negative"\n/);
  const args = ['errors', TINY, join(folder, 'a.csv'), '--threads', '1', '--json', '--no-explain'];
  const json = JSON.parse(await bertuneOk(args)) as ErrorAnalysis;
  expect(json.worst[0]).not.toHaveProperty('words');
  expect(Object.keys(json)).toEqual(
    'data examples errors accuracy interval by_class by_length by_cut worst'.split(' '),
  );
});

test('of pairs both texts are shown, and what the words of each add', async () => {
  const pairs = data.map(({ text, label }, i) => ({ text, textPair: data[3 - i]!.text.slice(0, 40), label }));
  const out = join(folder, 'pairs');
  await train({ data: pairs, test: pairs, model: TINY, out, maxSteps: 1, threads: 1, baseline: false });
  const found = await findErrors(out, pairs, { threads: 1 });
  expect(found.errors).toBeGreaterThan(0);
  for (const { place, predicted, text, textPair, words, pair_words } of found.worst) {
    const pair = pairs[Number(place.slice('row '.length)) - 1]!;
    expect({ text, textPair }).toEqual({ text: pair.text, textPair: pair.textPair });
    const classifier = await Classifier.load(out, { threads: 1 });
    const alone = await classifier.explain(pair, { label: predicted });
    await classifier.release();
    expect({ words, pair_words }).toEqual({ words: alone.words, pair_words: alone.pair_words });
  }
  const unexplained = await findErrors(out, pairs, { threads: 1, explain: false });
  expect(unexplained.worst[0]).toMatchObject({ textPair: found.worst[0]!.textPair });
  expect(unexplained.worst[0]).not.toHaveProperty('pair_words');
  const file = pairs.map(({ text, textPair, label }) => [text, textPair, label]);
  writeFileSync(join(folder, 'pairs.csv'), csv([['sentence1', 'sentence2', 'label'], ...file]));
  const stdout = await bertuneOk(['errors', 'pairs', 'pairs.csv', '--threads', '1'], { cwd: folder });
  const [first] = found.worst;
  expect(stdout.replaceAll('\n', ' ')).toContain(`First text ${first!.text}`.slice(0, 70));
  expect(stdout).toMatch(/\nSecond text\n/);
});

test('a label that the model doesn’t know is refused with its place', async () => {
  writeReviews(folder, 'b.csv', [{ text: 'a fine film', label: 'postive' }]);
  await expectRefused(folder, ['errors', TINY, 'b.csv'], /line 2: unknown label "postive".*"positive"\?/);
});
