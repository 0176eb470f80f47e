// The bench: npm run bench -- <name> [--rounds 3] [--quick] [--json out.json] [--python path] [--only ours]
// Without a name it lists what there is. `report [results.json ...]` writes docs/benchmarks.md. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './cases/index.js';
import { Context } from './lib/context.js';
import { machine, machineLine } from './lib/machine.js';
import { findPeers } from './lib/peers.js';
import { markdownReport, textReport } from './lib/report.js';

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

const USAGE = `npm run bench -- <name> [options]

  --rounds <n>     rounds, each of several slices in turn; medians are reported (default 3)
  --quick          tiny slices: shows in a minute or two that a bench works, its figures mean nothing
  --json <file>    where the result goes (default bench/results/<name>.json; with --quick, nowhere)
  --python <path>  a Python with bench/peers/requirements.txt (default .bench/bin/python, else python3)
  --only ours      without the peers
  --reuse <file>   accuracy: take the peer's figures from an earlier result, as they take half an hour

npm run bench -- report [results.json ...]   writes docs/benchmarks.md (default: all of bench/results/)
`;

class UsageError extends Error {}

const fail = (message) => {
  throw new UsageError(message);
};
const say = (text) => process.stderr.write(`${text}\n`);

function list() {
  const width = Math.max(...CASES.map(({ name }) => name.length));
  const lines = CASES.map(({ name, about, minutes }) => `  ${name.padEnd(width)}  ${about} (${minutes} min)`);
  return `${USAGE}\nBenches, with minutes on two slow cores:\n${lines.join('\n')}`;
}

function report(paths) {
  const files =
    paths.length > 0
      ? paths
      : readdirSync(RESULTS)
          .filter((name) => name.endsWith('.json'))
          .map((name) => `${RESULTS}${name}`);
  const place = ({ name }) => CASES.findIndex((one) => one.name === name);
  const results = files
    .map((path) => JSON.parse(readFileSync(path, 'utf8')))
    .filter((result) => result.parts !== undefined && place(result) >= 0)
    .sort((a, b) => place(a) - place(b));
  if (results.length === 0) fail('no results to report; run a bench first.');
  writeFileSync(PAGE, markdownReport(results));
  say(`wrote ${PAGE} from ${results.length} results`);
}

async function bench(name, flags) {
  const chosen = CASES.find((one) => one.name === name);
  if (!chosen) fail(`there is no bench "${name}"; there are ${CASES.map((one) => one.name).join(', ')}.`);
  const rounds = flags.quick ? 1 : Number(flags.rounds ?? 3);
  if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${flags.rounds}: expected 1, 2, 3, ...`);
  if (flags.only !== undefined && flags.only !== 'ours') fail(`--only ${flags.only}: expected ours.`);
  if (!existsSync(new URL('../dist/index.js', import.meta.url))) fail('bertune is not built: npm run build');
  if (flags.python !== undefined && !existsSync(flags.python))
    fail(`--python ${flags.python}: there is no such file.`);
  if (flags.reuse !== undefined && !existsSync(flags.reuse))
    fail(`--reuse ${flags.reuse}: there is no such file.`);
  const here = machine();
  say(
    `${name}: about ${flags.quick ? 1 : Math.ceil((chosen.minutes * rounds) / 3)} min. ${machineLine(here)}`,
  );
  const onlyOurs = flags.only === 'ours';
  const peers = onlyOurs ? { python: undefined, missing: {}, versions: {} } : findPeers(flags.python);
  const options = { rounds, quick: flags.quick ?? false, onlyOurs, reuse: flags.reuse };
  const context = new Context(options, peers, here, say);
  process.on('exit', () => context.close());
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
  const parts = await chosen.run(context);
  const given = [...(flags.rounds ? [`--rounds ${rounds}`] : []), ...(onlyOurs ? ['--only ours'] : [])];
  const result = {
    name,
    about: chosen.about,
    command: ['npm run bench --', name, ...given].join(' '),
    date: new Date().toISOString(),
    rounds,
    quick: options.quick,
    machine: here,
    versions: { ...ownVersions(), ...peers.versions },
    parts,
    leftOut: [...context.leftOut],
  };
  process.stdout.write(`${textReport(result)}\n`);
  const path = flags.json ?? (options.quick ? undefined : `${RESULTS}${name}.json`);
  if (path === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  say(`wrote ${path}`);
}

function ownVersions() {
  const version = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
  return {
    bertune: version('../package.json'),
    'onnxruntime-node': version('../node_modules/onnxruntime-node/package.json'),
  };
}

/** A program with options and a report of its own, started with what follows its name. */
function runProgram(file) {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const args = process.argv.slice(3);
  process.exitCode = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' }).status ?? 1;
}

async function main() {
  const program = CASES.find(({ name, file }) => file !== undefined && name === process.argv[2]);
  if (program) {
    runProgram(program.file);
    return;
  }
  const string = { type: 'string' };
  const flag = { type: 'boolean' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: string, quick: flag, json: string, python: string, only: string, reuse: string },
  });
  const [name = 'list', ...rest] = positionals;
  if (name === 'list') process.stdout.write(`${list()}\n`);
  else if (name === 'report') report(rest);
  else if (rest.length > 0) fail(`one bench at a time, not "${rest.join(' ')}".`);
  else await bench(name, values);
}

try {
  await main();
} catch (error) {
  const usage = error instanceof UsageError || String(error.code).startsWith('ERR_PARSE_ARGS');
  say(`error: ${usage ? error.message : (error.stack ?? error)}`);
  process.exitCode = usage ? 2 : 1;
}
