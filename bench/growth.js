// Time and memory against length, batch, layers, threads and training-set size: npm run bench -- growth
// Writes bench/results/growth.json, and from it docs/growth.md and its plots. Needs `npm run build`.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { writeTrainingSets } from './growth/data.js';
import { orderOf, plan } from './growth/plan.js';
import { machine } from './lib/machine.js';
import { median, spreadOf } from './lib/statistics.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const POINT = fileURLToPath(new URL('growth/point.js', import.meta.url));

const HELP = `Usage: npm run bench -- growth [options]

  --quick         a few small points, to see that it works; writes to a temporary folder
  --rounds <n>    times that every point is measured (default 3; with --quick 1)
  --data <file>   a CSV file of 25,000 labelled texts or more, also gzipped (default: the bundled reviews, repeated)
  --out <folder>  where bench/results/ and docs/ are written (default: this package)
  --report        measure nothing: write the report again from growth.json`;

/**
 * @param {object} [options]
 * @param {boolean} [options.quick]
 * @param {number} [options.rounds]
 * @param {string} [options.data]
 * @param {string} [options.out]
 * @param {boolean} [options.report]
 */
export async function run({ quick = false, rounds = quick ? 1 : 3, data, out, report = false } = {}) {
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError('--rounds takes a whole number from 1.');
  const folder = out ?? (quick ? join(tmpdir(), 'bertune-growth') : ROOT);
  const json = join(folder, 'bench/results/growth.json');
  if (!report) {
    const results = await measureAll(plan(quick), { rounds, data });
    await write(json, JSON.stringify(results));
  }
  // The plots' library is loaded only now: a child's peak memory counts from what its parent holds when it starts.
  const { reportOf } = await import('./growth/report.js');
  const { markdown, plots } = reportOf(JSON.parse(readFileSync(json, 'utf8')));
  await write(join(folder, 'docs/growth.md'), markdown);
  for (const [name, svg] of Object.entries(plots)) await write(join(folder, 'docs/growth', name), svg);
}

async function measureAll(series, { rounds, data }) {
  const folder = mkdtempSync(join(tmpdir(), 'bertune-growth-'));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clean); // also after Ctrl-C
  const pathOf = (size) => join(folder, `${size}.csv`);
  try {
    const sizes = series.flatMap(({ points }) => points.flatMap(({ texts }) => texts ?? []));
    await writeTrainingSets({ data, sizes, pathOf });
    const found = new Map();
    for (let round = 0; round < rounds; round++) {
      const order = orderOf(series, round);
      for (const [i, point] of order.entries()) {
        const result = await measure(
          point.kind === 'texts' ? { ...point, file: pathOf(point.texts) } : point,
        );
        found.set(point.key, [...(found.get(point.key) ?? []), result]);
        const place = `round ${round + 1} of ${rounds}, ${i + 1} of ${order.length}`;
        const seconds = `${((1000 * result.seconds) / result.tokens).toFixed(2)} ms a token`;
        console.error(`${place}: ${point.key}: ${seconds}, ${(result.peakBytes / 2 ** 30).toFixed(2)} GiB`);
      }
    }
    return {
      date: new Date().toISOString(),
      machine: machine(),
      runtime: `onnxruntime-node ${versionOf('onnxruntime-node')}`,
      rounds,
      data: data === undefined ? 'the bundled 2,000, repeated with their words rotated' : basename(data),
      series: series.map((each) => ({
        ...each,
        points: each.points.map((point) => ({ ...point, ...summaryOf(found.get(point.key)) })),
      })),
    };
  } finally {
    clean();
  }
}

async function measure(point) {
  const { stdout } = await promisify(execFile)(process.execPath, [POINT, JSON.stringify(point)]);
  return JSON.parse(stdout);
}

/** The median of each figure; `tokens` and `texts` are what a point is made of, so what was done has other names. */
function summaryOf(results) {
  const names = Object.keys(results[0]);
  const medians = names.map((name) => [name, median(results.map((result) => result[name]))]);
  const { tokens, texts, ...rest } = Object.fromEntries(medians);
  const { low, high } = spreadOf(results.map(({ seconds }) => seconds));
  return { ...rest, tokensDone: tokens, textsDone: texts, secondsSpread: { low, high }, results };
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** As `npm run format` would leave it. */
async function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  if (path.endsWith('.svg')) {
    writeFileSync(path, text);
  } else {
    const { format, resolveConfig } = await import('prettier');
    writeFileSync(
      path,
      await format(text, { ...(await resolveConfig(POINT)), proseWrap: 'always', filepath: path }),
    );
  }
  console.log(path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      data: { type: 'string' },
      out: { type: 'string' },
      report: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const { help, rounds, ...options } = values;
  if (help) console.log(HELP);
  else await run({ ...options, ...(rounds === undefined ? {} : { rounds: Number(rounds) }) });
}
