// The row that guards the others: accuracy on the test reviews after one epoch, over several seeds.
import { readFileSync } from 'node:fs';
import { meanOf } from '../lib/statistics.js';

const SEEDS = [1, 2, 3];
/** More of ours, as a mean of three is uncertain by a point, and each takes half the time. */
const OUR_SEEDS = [1, 2, 3, 4, 5, 6];
const MAX_LENGTH = 256;
/** The Trainer's defaults, and ours set to the same. */
const LEARNING_RATE = 5e-5;

/** The peer's figures of an earlier run, as it takes half an hour: its JSON, or lines of {accuracy, seconds}. */
function earlier(path) {
  const text = readFileSync(path, 'utf8');
  const rows = text.includes('"parts"')
    ? JSON.parse(text).parts[0].rows.find(({ id }) => id === 'trainer').runs
    : text
        .split('\n')
        .filter((line) => line.startsWith('{"'))
        .map((line) => JSON.parse(line));
  return rows.map(({ accuracy, seconds }) => ({ accuracy, seconds }));
}

async function peerRuns(context, seeds) {
  const { reuse } = context.options;
  if (reuse !== undefined) return earlier(reuse);
  const texts = async (from) =>
    context.prepare({
      make: 'texts',
      from,
      maxLength: MAX_LENGTH,
      count: context.quick ? 32 : null,
      seed: 1,
    });
  const [data, test] = [await texts('train'), await texts('test')];
  const job = {
    ...{ model: fileUrl('../../models/all-MiniLM-L6-v2'), texts: data.ids, labels: data.labels },
    ...{ test: test.ids, testLabels: test.labels, batchSize: 16, learningRate: LEARNING_RATE },
    ...{ dropout: null, bf16: false, grouped: false, threads: null },
  };
  const runs = [];
  for (const seed of seeds) {
    context.say(`Hugging Face Trainer, seed ${seed}`);
    runs.push(await context.run(context.command('peers/trainer.py', context.job({ ...job, seed }))));
  }
  return runs;
}

const fileUrl = (path) => new URL(path, import.meta.url).pathname;

export const accuracy = {
  name: 'accuracy',
  about:
    'accuracy on 1,000 test reviews after an epoch on 2,000, six seeds, against three of Hugging Face Trainer (--reuse)',
  minutes: 50,
  async run(context) {
    const few = (seeds) => (context.quick ? seeds.slice(0, 2) : seeds);
    const specs = context.present([
      { id: 'ours', label: 'bertune' },
      {
        id: 'trainer',
        label: 'Hugging Face Trainer, fp32, as it comes',
        needs: context.options.reuse ? undefined : 'python',
      },
    ]);
    const settings = {
      ...{ epochs: 1, batchSize: 16, learningRate: LEARNING_RATE, warmupSteps: 0 },
      ...{ maxLength: MAX_LENGTH, truncation: 'head', ...(context.quick && { maxSteps: 1, maxLength: 16 }) },
    };
    const rows = [];
    for (const { id, label } of specs) {
      const runs = [];
      if (id === 'trainer') runs.push(...(await peerRuns(context, few(SEEDS))));
      else {
        for (const seed of few(OUR_SEEDS)) {
          context.say(`bertune, seed ${seed}`);
          const job = context.job({ out: `${context.folder}/accuracy-${seed}`, seed, settings });
          runs.push(await context.run(context.command('ours/accuracy.js', job)));
        }
      }
      rows.push({ id, label, runs, accuracy: meanOf(runs.map((one) => one.accuracy)) });
      context.say(`${label}: ${runs.map((one) => one.accuracy).join(', ')}`);
    }
    const [, trainer] = rows;
    if (trainer) rows[0].atLeast = trainer.accuracy.mean - trainer.accuracy.deviation;
    return [{ kind: 'accuracy', title: 'Accuracy after one epoch', rows }];
  },
};
