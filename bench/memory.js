// Whether the forecast of a run's memory holds: node bench/memory.js [--quick]
// For each setting a process of its own trains a few steps and saves the run; its peak is set beside the forecast.
// Ends with 1 where one is more than 20 % off. Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { machine, machineLine } from './lib/machine.js';
import { textTable } from './lib/table.js';

const TOLERANCE = 0.2;
const own = fileURLToPath(import.meta.url);
const beside = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Reviews are as long as they come, cut at `length`; `long` takes only those that are at least that long. */
const SETTINGS = [
  { model: 'minilm', batch: 16, length: 64, dropout: 0.1, texts: 'long' },
  { model: 'minilm', batch: 16, length: 128, dropout: 0, texts: 'long' },
  { model: 'minilm', batch: 16, length: 256, dropout: 0, texts: 'mixed' },
  { model: 'minilm', batch: 16, length: 256, dropout: 0.1, texts: 'long' },
  { model: 'minilm', batch: 16, length: 512, dropout: 0, texts: 'long' },
  { model: 'minilm', batch: 16, length: 512, dropout: 0.1, texts: 'mixed' },
  { model: 'base', batch: 16, length: 64, dropout: 0.1, texts: 'long' },
  { model: 'base', batch: 4, length: 256, dropout: 0, texts: 'long' },
  { model: 'base', batch: 2, length: 512, dropout: 0.1, texts: 'long' },
];

if (process.argv[2] === 'child') await child(JSON.parse(process.argv[3]));
else parent(process.argv.includes('--quick'));

function parent(quick) {
  const folder = mkdtempSync(`${tmpdir()}/bertune-memory-`);
  try {
    const settings = quick ? SETTINGS.filter(({ model }) => model === 'minilm') : SETTINGS;
    const base = `${folder}/base`;
    if (!quick) {
      writeFileSync(
        `${folder}/job.json`,
        JSON.stringify({ make: 'checkpoint', out: base, size: 'base', seed: 1 }),
      );
      execFileSync(process.execPath, [beside('ours/prepare.js'), `${folder}/job.json`]);
    }
    const rows = settings.map((setting) => {
      const job = { ...setting, folder: setting.model === 'base' ? base : undefined, out: `${folder}/run` };
      const reply = execFileSync(process.execPath, [own, 'child', JSON.stringify(job)], { encoding: 'utf8' });
      const { forecast, measured } = JSON.parse(reply);
      const { model, batch, length, dropout, texts } = setting;
      const cells = [model, `${batch} x ${length}`, dropout, texts, gigabytes(forecast), gigabytes(measured)];
      process.stderr.write(`${cells.join('  ')}\n`);
      return { cells: cells.map(String), ratio: forecast / measured };
    });
    const head = ['model', 'batch', 'dropout', 'texts', 'forecast', 'measured', 'forecast / measured'];
    console.log(machineLine(machine()));
    console.log(
      textTable(
        head,
        rows.map(({ cells, ratio }) => [...cells, ratio.toFixed(2)]),
      ),
    );
    if (rows.some(({ ratio }) => Math.abs(ratio - 1) > TOLERANCE)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function child({ folder, out, batch, length, dropout, texts }) {
  const { SAMPLE_TRAIN, train } = await import('../dist/index.js');
  const { readLabelled } = await import('../dist/api/data.js');
  const reviews = await readLabelled(SAMPLE_TRAIN, {}, { clean: 'html' });
  // A word piece of a review is four to five characters.
  const chosen = texts === 'long' ? reviews.filter(({ text }) => text.length > 6 * length) : reviews;
  const data = chosen.slice(0, 20 * batch);
  let forecast = 0;
  await train({
    ...{ data, test: data.slice(0, 16), model: folder, out, force: true, clean: 'none', truncation: 'head' },
    ...{ batchSize: batch, maxLength: length, dropout, maxSteps: 4, seed: 1 },
    onEvent: (event) => {
      if (event.type === 'start') forecast = event.memory.peak;
    },
  });
  console.log(JSON.stringify({ forecast, measured: process.resourceUsage().maxRSS * 1024 }));
}

function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
