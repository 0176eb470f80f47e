// What each part of the craft brings, on reviews held out from the training half:
//   node bench/craft.js --data train.csv.gz [--texts 2000] [--held 2000 | --test test.csv.gz] [--seeds 1,2]
//     [--max-length 128] [--epochs 1] [--head-rate 1] [row ...]
// Trains on the first `texts` reviews and evaluates on the next `held`, or on a test file; prints a line of JSON for each
// run as it ends, and a table. Without rows it lists what there is (bench/craft/rows.js). Needs `npm run build`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLabelled } from '../dist/api/data.js';
import { pretrain, train } from '../dist/index.js';
import { ROWS } from './craft/rows.js';
import { markdownTable } from './lib/table.js';
import { meanOf } from './lib/statistics.js';

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    test: { type: 'string' },
    texts: { type: 'string', default: '2000' },
    held: { type: 'string', default: '2000' },
    seeds: { type: 'string', default: '42' },
    threads: { type: 'string' },
    'max-length': { type: 'string' },
    epochs: { type: 'string' },
    'head-rate': { type: 'string' },
  },
});
const unknown = names.filter((name) => !Object.hasOwn(ROWS, name));
if (names.length === 0 || unknown.length > 0 || values.data === undefined) {
  console.error(
    `--data and rows are needed, of: ${Object.keys(ROWS).join(', ')}; unknown: ${unknown.join(', ') || 'none'}`,
  );
  process.exit(2);
}
const threads = values.threads && Number(values.threads);
const folder = mkdtempSync(join(tmpdir(), 'bertune-craft-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const all = await readLabelled(values.data, {}, { clean: 'html' });
const count = Number(values.texts);
const texts = all.slice(0, count).map(plain);
const test = values.test ?? all.slice(count, count + Number(values.held)).map(plain);

const table = [];
for (const name of names) {
  const runs = [];
  for (const seed of values.seeds.split(',').map(Number)) runs.push(await one(name, seed));
  const { mean, deviation } = meanOf(runs.map(({ accuracy }) => accuracy));
  const minutes = meanOf(runs.map(({ cpu }) => cpu / 60)).mean;
  table.push([
    name,
    `${(100 * mean).toFixed(1)} %${runs.length > 1 ? ` ± ${(100 * deviation).toFixed(1)}` : ''}`,
    meanOf(runs.map(({ loss }) => loss)).mean.toFixed(3),
    minutes.toFixed(1),
  ]);
}
console.log(`\n${markdownTable(['row', 'accuracy', 'loss', 'CPU minutes'], table)}`);

async function one(name, seed) {
  const { pretrain: before, skew, ...settings } = ROWS[name];
  const data = skew === undefined ? texts : skewed(texts, skew);
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const usual = { seed, threads, force: true };
  const model = before && join(folder, 'pretrained');
  if (before) await pretrain({ texts: texts.map(({ text }) => text), out: model, ...usual, ...before });
  const result = await train({
    ...{ data, test, out: join(folder, 'run'), baseline: false, model },
    ...usual,
    ...settings,
    ...(values['max-length'] && { maxLength: Number(values['max-length']) }),
    ...(values.epochs && { epochs: Number(values.epochs) }),
    ...(values['head-rate'] && { headRate: Number(values['head-rate']) }),
    onEvent: progress(`${name}, seed ${seed}`),
  });
  const { user, system } = process.cpuUsage(cpu);
  const row = {
    ...{ name, seed, accuracy: result.metrics.accuracy, loss: result.metrics.loss },
    ...{ cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1000 },
    ...{ training: result.training.seconds, evaluation: result.evaluationSeconds },
  };
  console.log(JSON.stringify(row));
  return row;
}

/** All texts with the one label, and so many with the first text's that they are this share of all. */
function skewed(texts, share) {
  const rare = texts.filter(({ label }) => label === texts[0].label);
  const usual = texts.filter(({ label }) => label !== texts[0].label);
  return [...usual, ...rare.slice(0, Math.round((usual.length * share) / (1 - share)))];
}

function plain({ text, label }) {
  return { text, label };
}

function progress(title) {
  let said = 0;
  return (event) => {
    if (event.type !== 'step' || Date.now() - said < 60_000) return;
    said = Date.now();
    console.error(`${title}: ${event.step}/${event.totalSteps}, ${Math.round(event.secondsLeft)} s left`);
  };
}
