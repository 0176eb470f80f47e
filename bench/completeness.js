// How complete explanations are: explains the first texts of a file and counts how far their words' contributions are from
// the difference of the logits that they should sum to:
//   node bench/completeness.js --run runs/best --data test.csv [--texts 200] [--threads 2]
// Prints a line of JSON. Needs `npm run build`.
import { parseArgs } from 'node:util';
import { readLabelled } from '../dist/api/data.js';
import { Classifier } from '../dist/index.js';
import { meanOf, median } from './lib/statistics.js';

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    data: { type: 'string' },
    texts: { type: 'string', default: '200' },
    threads: { type: 'string' },
  },
});
if (values.run === undefined || values.data === undefined) {
  console.error('--run and --data are needed: a run, and a file of labelled texts.');
  process.exit(2);
}
const texts = (await readLabelled(values.data, {}, { clean: 'none' })).slice(0, Number(values.texts));
const classifier = await Classifier.load(values.run, {
  ...(values.threads && { threads: Number(values.threads) }),
});
const found = [];
for (const { text } of texts) {
  const cpu = process.cpuUsage();
  const why = await classifier.explain(text);
  const { user, system } = process.cpuUsage(cpu);
  const difference = Math.abs(why.logit - why.baseline_logit);
  const sum = why.words.reduce((total, { contribution }) => total + (contribution ?? 0), 0);
  const off = Math.abs(sum - (why.logit - why.baseline_logit));
  found.push({ ...why, share: off / difference, off, cpu: (user + system) / 1e6 });
  if (found.length % 10 === 0) console.error(`${found.length} of ${texts.length}`);
}
await classifier.release();

const shares = found.map(({ share }) => share);
console.log(
  JSON.stringify({
    texts: found.length,
    complete: found.filter(({ complete }) => complete).length,
    off_by_more_than_1_percent: shares.filter((share) => share > 0.01).length,
    median_off: median(shares),
    largest_off: Math.max(...shares),
    largest_off_of_logit: Math.max(...found.map(({ off }) => off)),
    intervals: counts(found.map(({ intervals }) => intervals)),
    cpu_seconds_a_text: meanOf(found.map(({ cpu }) => cpu)).mean,
  }),
);

/** How often each value is there. */
function counts(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const result = {};
  for (const value of sorted) result[value] = (result[value] ?? 0) + 1;
  return result;
}
