// A long file: does memory stay flat, and the speed? node bench/million.js 100000 [run] [threads] [predict,train,inspect]
// Writes so many short texts to a file, has the command line classify them, and watches it from outside; then has it train
// on them, for two steps, and inspect them, and says the peak of each. A million takes ten times as long. Without a run's
// folder one is trained first, for two steps. WORDS=200 makes longer texts, HEAP=450 holds Node to such a heap in MB. Needs
// `npm run build`.
import { execFileSync, spawn } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { SAMPLE_TRAIN } from '../dist/files/bundled.js';

const [count = 100_000, givenRun, threads = '', parts = 'predict,train,inspect'] = [
  Number(process.argv[2] ?? 100_000),
  ...process.argv.slice(3),
];
const words = Number(process.env.WORDS ?? 8);
const BIN = fileURLToPath(new URL('../bin/bertune.js', import.meta.url));
const SAMPLE_MILLISECONDS = 1000;
const WORDS =
  'a the this film story cast plot ending scene script music fine dull warm brilliant slow long short sad funny strange ' +
  'never always almost really hardly was is has had felt looked made me laugh cry wonder sleep and but so with without';

const folder = mkdtempSync(join(tmpdir(), 'bertune-million-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const [input, output] = [join(folder, 'in.csv'), join(folder, 'out.csv')];

await pipeline(Readable.from(rows(count)), createWriteStream(input));
const run = givenRun ?? trainedRun();
const perThread = threads ? ['--threads', threads] : [];
const peaks = [];
if (parts.includes('predict')) {
  const args = ['predict', run, '--file', input, '--out', output, ...perThread];
  const { samples, ...watched } = await watch(args);
  const written = (await linesOf(output)) - 1;
  report(samples);
  console.log(`rows written  ${written}${written === count ? '' : `, expected ${count}`}`);
  process.exitCode = written === count ? 0 : 1;
  peaks.push({ name: 'predict', ...watched });
}
if (parts.includes('train')) {
  const few = ['--max-length', '24', '--max-steps', '2', '--test-split', '0.001'];
  const out = ['--out', join(folder, 'trained'), ...perThread];
  peaks.push({ name: 'train', ...(await watch(['train', input, '--model', run, ...few, ...out])) });
}
if (parts.includes('inspect')) {
  peaks.push({ name: 'inspect', ...(await watch(['inspect', input, '--model', run])) });
}
console.log(`file          ${(statSync(input).size / 2 ** 20).toFixed(0)} MB, ${count} texts`);
for (const { name, peak, seconds } of peaks) {
  console.log(`${name.padEnd(14)}${peak.toFixed(0)} MB at its peak, ${seconds.toFixed(0)} s`);
}

/** Texts of 10 to 20 tokens (or as WORDS says), always the same ones. */
function* rows(count) {
  const known = WORDS.split(' ');
  yield 'id,text,label\n';
  let state = 1;
  const below = (bound) => (state = (state * 48_271) % 2_147_483_647) % bound;
  for (let id = 0; id < count; id++) {
    const text = Array.from({ length: words + below(11) }, () => known[below(known.length)]);
    yield `${id},${text.join(' ')},${below(2) ? 'good' : 'bad'}\n`;
  }
}

function trainedRun() {
  const out = join(folder, 'run');
  const args = ['train', SAMPLE_TRAIN, '--max-steps', '2', '--max-length', '32', '--test-split', '0.01'];
  execFileSync(process.execPath, [BIN, ...args, '--out', out], { stdio: ['ignore', 'ignore', 'inherit'] });
  return out;
}

/** Runs the command; its memory every second, and how far it was by the lines that it prints each ten. */
async function watch(args) {
  const began = performance.now();
  const heap = process.env.HEAP ? [`--max-old-space-size=${process.env.HEAP}`] : [];
  const child = spawn(process.execPath, [...heap, BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const samples = [];
  let [memory, peak] = [0, 0];
  const timer = setInterval(() => {
    try {
      memory = memoryOf(child.pid, 'rss');
      peak = Math.max(peak, memory, memoryOf(child.pid, 'peak'));
    } catch {
      // It has just ended.
    }
  }, SAMPLE_MILLISECONDS);
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    console.error(line);
    const done = /^([\d,]+) texts /.exec(line)?.[1];
    if (done === undefined) return;
    samples.push({
      seconds: (performance.now() - began) / 1000,
      done: Number(done.replaceAll(',', '')),
      memory,
    });
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`bertune ${args[0]} ended with ${code}`);
  return { samples, peak, seconds: (performance.now() - began) / 1000 };
}

/** MB that a process has, or had at most where the system tells (Linux does). */
function memoryOf(pid, what) {
  if (what === 'rss')
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
  const status = existsSync('/proc/self/status') ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

async function linesOf(path) {
  let lines = 0;
  for await (const chunk of createReadStream(path)) for (const byte of chunk) if (byte === 10) lines++;
  return lines;
}

/** A table, and lines of least squares through its points: the first third is left out, as the heap still grows to its size. */
function report(samples) {
  console.log('   texts   texts/s   memory (MB)');
  let before = { seconds: 0, done: 0 };
  const speeds = [];
  for (const sample of samples) {
    const speed = (sample.done - before.done) / (sample.seconds - before.seconds);
    speeds.push({ done: sample.done, speed });
    console.log(
      `${String(sample.done).padStart(8)} ${speed.toFixed(0).padStart(9)} ${sample.memory.toFixed(0).padStart(13)}`,
    );
    before = sample;
  }
  const late = samples.slice(Math.floor(samples.length / 3));
  if (late.length < 3) return console.log('too short a run for a slope');
  const bytes = slope(late.map(({ done, memory }) => [done, memory * 2 ** 20]));
  const speed = slope(speeds.slice(Math.floor(samples.length / 3)).map(({ done, speed }) => [done, speed]));
  const mean = late.at(-1).done / late.at(-1).seconds;
  console.log(`memory        ${bytes.toFixed(1)} bytes a text (after the first third)`);
  console.log(
    `speed         ${mean.toFixed(0)} texts/s, ${((100 * speed * 100_000) / mean).toFixed(1)} % more for each 100,000 texts`,
  );
}

function slope(points) {
  const mean = (i) => points.reduce((sum, point) => sum + point[i], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
