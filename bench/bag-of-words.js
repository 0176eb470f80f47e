// The bag of words that scores are shown beside, against scikit-learn's TfidfVectorizer and LogisticRegression on the same texts:
//   node bench/bag-of-words.js --data train.csv.gz --test test.csv.gz [--texts 2000,24996] [--python .bench/bin/python]
// Each learns from the first so many texts of --data. Prints a table. Needs `npm run build`, and a Python with scikit-learn
// (bench/peers/requirements.txt).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readLabelled } from '../dist/api/data.js';
import { BagOfWords } from '../dist/baseline/bag-of-words.js';
import { measure } from '../dist/evaluate/measure.js';
import { markdownTable } from './lib/table.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    test: { type: 'string' },
    texts: { type: 'string' },
    python: { type: 'string', default: fileURLToPath(new URL('../.bench/bin/python', import.meta.url)) },
  },
});
if (values.data === undefined || values.test === undefined) {
  console.error('--data and --test are needed: files of labelled texts.');
  process.exit(2);
}
const PEER = fileURLToPath(new URL('peers/bag_of_words.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bertune-words-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const [all, held] = [
  await readLabelled(values.data, {}, { clean: 'html' }),
  await readLabelled(values.test, {}, { clean: 'html' }),
];
const labels = [...new Set(all.map(({ label }) => label))].sort();
const parts = (rows) => ({
  texts: rows.map(({ text }) => text),
  labels: rows.map(({ label }) => labels.indexOf(label)),
});
const counts = values.texts === undefined ? [all.length] : values.texts.split(',').map(Number);
const test = parts(held);
const targets = (ids) => ({ problemType: 'single_label_classification', labelIds: Int32Array.from(ids) });
const percent = (share) => `${(100 * share).toFixed(2)} %`;

const rows = [];
for (const count of counts) {
  const train = parts(all.slice(0, count));
  const began = performance.now();
  const bag = await BagOfWords.train(train.texts, targets(train.labels), labels.length);
  const logits = await bag.logits(test.texts);
  const seconds = (performance.now() - began) / 1000;
  const { accuracy } = measure(logits, targets(test.labels), labels);
  const said = logits.map((each) => each.indexOf(Math.max(...each)));

  const job = join(folder, 'job.json');
  writeFileSync(job, JSON.stringify({ train, test }));
  const printed = execFileSync(values.python, [PEER, job], { encoding: 'utf8' });
  const peer = JSON.parse(printed);
  const same = peer.predictions.filter((label, i) => label === said[i]).length / said.length;
  rows.push([
    train.texts.length.toLocaleString('en'),
    test.texts.length.toLocaleString('en'),
    percent(accuracy),
    percent(peer.accuracy),
    percent(same),
    `${bag.features.toLocaleString('en')}, ${peer.features.toLocaleString('en')}`,
    `${seconds.toFixed(1)} s, ${peer.seconds.toFixed(1)} s`,
  ]);
}
console.log(
  markdownTable(['texts', 'test texts', 'bertune', 'scikit-learn', 'same answer', 'features', 'time'], rows),
);
