// What each way to read long texts gives and costs: the same training with each, as a Markdown table.
//
//   node bench/truncation.js --train <data> --test <data> [--max-length 256] [--epochs N] [--max-steps N] [--seed N]
//                            [--threads N] [--model folder] [--stride N] [--head-tokens N] [--only head,windows]
//                            [--json file] [--keep folder]
//
// Needs `npm run build`. Without --train and --test it takes the bundled sample. A row is printed as soon as it is there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SAMPLE_TEST, SAMPLE_TRAIN, train } from '../dist/index.js';
import { machine, machineLine } from './lib/machine.js';
import { markdownTable } from './lib/table.js';

const POLICIES = ['head', 'tail', 'head+tail', 'windows'];
const NUMBERS = ['max-length', 'epochs', 'max-steps', 'seed', 'threads', 'stride', 'head-tokens'];
const HEAD = ['', 'accuracy', '95 %', 'texts cut', 'tokens not read', 'training', 'evaluation', 'CPU time'];

const string = { type: 'string' };
const { values } = parseArgs({
  options: {
    ...Object.fromEntries(NUMBERS.map((name) => [name, string])),
    ...{ train: string, test: string, model: string, only: string, json: string, keep: string },
  },
});
const number = (name) => (values[name] === undefined ? undefined : Number(values[name]));
const say = (text) => process.stderr.write(`${text}\n`);
const policies = values.only?.split(',') ?? POLICIES;
const unknown = policies.find((name) => !POLICIES.includes(name));
if (unknown !== undefined) {
  say(`--only ${unknown}: expected some of ${POLICIES.join(',')}.`);
  process.exit(2);
}

const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const minutes = (seconds) => `${(seconds / 60).toFixed(1)} min`;

/** One training and its evaluation. */
async function measure(truncation, folder) {
  let counts;
  let said = 0;
  const cpu = process.cpuUsage();
  const { metrics, intervals, training, evaluationSeconds, settings } = await train({
    data: values.train ?? SAMPLE_TRAIN,
    test: values.test ?? SAMPLE_TEST,
    ...{ truncation, out: join(folder, truncation), force: true, baseline: false },
    ...{ model: values.model, maxLength: number('max-length') ?? 256, epochs: number('epochs') },
    ...{ maxSteps: number('max-steps'), seed: number('seed'), threads: number('threads') },
    ...(truncation === 'windows' && { stride: number('stride') }),
    ...(truncation === 'head+tail' && { headTokens: number('head-tokens') }),
    onEvent: (event) => {
      if (event.type === 'start') counts = event.texts;
      if (event.type === 'estimate') say(`${truncation}: about ${minutes(event.seconds)}`);
      if (event.type === 'step' && Date.now() - said > 60_000) {
        said = Date.now();
        say(`${truncation}: step ${event.step} of ${event.totalSteps}, ${minutes(event.secondsLeft)} left`);
      }
    },
  });
  const { user, system } = process.cpuUsage(cpu);
  return {
    truncation,
    settings,
    ...{ accuracy: metrics.accuracy, interval: intervals.accuracy, loss: metrics.loss, f1: metrics.f1 },
    ...{
      texts: counts,
      trainSeconds: training.seconds,
      evaluationSeconds,
      cpuSeconds: (user + system) / 1e6,
    },
  };
}

function row({ truncation, accuracy, interval, texts, trainSeconds, evaluationSeconds, cpuSeconds }) {
  const [low, high] = Array.isArray(interval) ? interval : [interval.low, interval.high];
  const cut = texts.textsInWindows > 0 ? `none, ${texts.windows} windows` : String(texts.cutTexts);
  return [
    ...[truncation, percent(accuracy, 2), `${percent(low, 2)} to ${percent(high, 2)}`, cut],
    ...[percent(texts.cutTokens), minutes(trainSeconds), minutes(evaluationSeconds), minutes(cpuSeconds)],
  ];
}

const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'bertune-truncation-'));
const results = [];
try {
  say(machineLine(machine()));
  for (const truncation of policies) {
    results.push(await measure(truncation, folder));
    say(row(results.at(-1)).join('  '));
    if (values.json !== undefined) {
      writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
    }
  }
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${markdownTable(HEAD, results.map(row))}\n`);
