// How good the mean of several runs' weights is ("model soups", Wortsman et al. 2022, arXiv 2203.05482). The runs must have
// begun with the same head, as those of one seed, or those that went on from one run (`train --model`):
//   node bench/soup.js --data held.csv [--threads 1] <run> <run> ...
// Prints accuracy, loss and ROC AUC on the data, read as the first run was trained. Needs `npm run build`.
import { Buffer } from 'node:buffer';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluate } from '../dist/index.js';

const { values, positionals: runs } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, threads: { type: 'string' } },
});
if (values.data === undefined || runs.length < 2) {
  console.error('--data and at least two runs are needed.');
  process.exit(2);
}

/** The header of a safetensors file, and its numbers; of runs of one model the headers are the same. */
function weightsOf(run) {
  const bytes = readFileSync(join(run, 'model.safetensors'));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  return {
    header: bytes.subarray(0, start),
    numbers: new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer),
  };
}

const [first, ...others] = runs.map(weightsOf);
if (others.some(({ header }) => !header.equals(first.header))) {
  console.error(`${runs.join(', ')} are not runs of one model with the same labels.`);
  process.exit(2);
}
const mean = first.numbers.map(
  (number, i) => others.reduce((sum, { numbers }) => sum + numbers[i], number) / runs.length,
);
const folder = mkdtempSync(join(tmpdir(), 'bertune-soup-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
// Not bertune.json, which says what the first run alone computes.
for (const file of readdirSync(runs[0])) {
  if (/^(?:config|tokenizer|special_tokens).*\.json$|^vocab/.test(file))
    copyFileSync(join(runs[0], file), join(folder, file));
}
writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([first.header, Buffer.from(mean.buffer)]));

const { maxLength, truncation } = JSON.parse(readFileSync(join(runs[0], 'bertune.json'), 'utf8')).settings;
const { accuracy, loss, roc_auc } = await evaluate(folder, values.data, {
  ...{ maxLength, truncation, baseline: false },
  ...(values.threads && { threads: Number(values.threads) }),
});
console.log(JSON.stringify({ runs, accuracy, loss, roc_auc }));
