// How many wrong labels are found: flips the labels of some reviews, ranks all by suspicion, and counts the flipped ones at
// the top of the list.
//   node bench/suspicious.js --data train.csv.gz [--texts 2000] [--flip 0.02] [--seed 1] [--with bag-of-words|model]
//     [--folds 5] [--epochs 2] [--max-length 128] [--threads 2] [--out result.json]
// Without --texts all are taken; with it an even sample of each class, drawn from the seed. Prints a line of JSON, to which
// --out adds the ranking. Needs `npm run build`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readLabelled } from '../dist/api/data.js';
import { findSuspects } from '../dist/index.js';
import { PURPOSE, RandomStream } from '../dist/util/random.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    texts: { type: 'string' },
    flip: { type: 'string', default: '0.02' },
    seed: { type: 'string', default: '1' },
    with: { type: 'string', default: 'bag-of-words' },
    folds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '2' },
    'max-length': { type: 'string', default: '128' },
    threads: { type: 'string' },
    out: { type: 'string' },
  },
});
if (values.data === undefined) {
  console.error('--data is needed: a file of labelled texts with two classes.');
  process.exit(2);
}
const seed = Number(values.seed);
const random = new RandomStream(seed, PURPOSE.split);
const all = await readLabelled(values.data, {}, { clean: 'html' });
const labels = [...new Set(all.map(({ label }) => label))].sort();
const count = values.texts === undefined ? all.length : Number(values.texts);

// So many of each class, in the order of the file.
const chosen = labels
  .flatMap((label) => {
    const members = all.flatMap((each, place) => (each.label === label ? [place] : []));
    return random.shuffle(members).slice(0, Math.round(count / labels.length));
  })
  .sort((a, b) => a - b)
  .slice(0, count);

const flips = new Set(
  random.shuffle(chosen.map((_, i) => i)).slice(0, Math.round(Number(values.flip) * chosen.length)),
);
const data = chosen.map((place, i) => {
  const { text, label } = all[place];
  if (!flips.has(i)) return { text, label };
  const others = labels.filter((other) => other !== label);
  return { text, label: others[random.below(others.length)] };
});

const began = performance.now();
const cpu = process.cpuUsage();
const model = values.with === 'model';
const { suspects, others, accuracy, estimated_noise } = await findSuspects({
  data,
  with: values.with,
  folds: Number(values.folds),
  seed,
  ...(model && { epochs: Number(values.epochs), maxLength: Number(values['max-length']) }),
  ...(model && values.threads && { threads: Number(values.threads) }),
  onFold: (fold) => console.error(`fold ${fold + 1} of ${values.folds}`),
  onEvent: progress(),
});
const ranking = [...suspects, ...others].map(({ row }) => row - 1);
const foundIn = (most) => ranking.slice(0, most).filter((place) => flips.has(place)).length;
const share = (part) => Math.round(part * chosen.length);
const { user, system } = process.cpuUsage(cpu);
const result = {
  with: values.with,
  texts: chosen.length,
  folds: Number(values.folds),
  seed,
  flipped: flips.size,
  accuracy,
  estimated_noise,
  suspects: suspects.length,
  flipped_among_suspects: foundIn(suspects.length),
  found_in_first_1_percent: foundIn(share(0.01)) / flips.size,
  found_in_first_2_percent: foundIn(share(0.02)) / flips.size,
  found_in_first_5_percent: foundIn(share(0.05)) / flips.size,
  found_in_first_10_percent: foundIn(share(0.1)) / flips.size,
  seconds: Math.round((performance.now() - began) / 1000),
  cpu_seconds: Math.round((user + system) / 1e6),
};
console.log(JSON.stringify(result));
if (values.out !== undefined) {
  writeFileSync(values.out, `${JSON.stringify({ ...result, flips: [...flips], ranking })}\n`);
}

function progress() {
  let said = 0;
  return (event) => {
    if (event.type !== 'step' || Date.now() - said < 60_000) return;
    said = Date.now();
    console.error(`${event.step}/${event.totalSteps}, ${Math.round(event.secondsLeft)} s left`);
  };
}
