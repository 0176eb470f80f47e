// transformers.js' prediction as a contender of the bench: node bench/peers/predict.js JOB.json (see lib/serve.js).
import { jobOf, serve, slicesOf } from '../lib/serve.js';
import { classifierOf, version } from './pipeline.js';

const job = jobOf();
const classify = await classifierOf(job.model);

/** In batches of `batchSize`, in the order in which they come; 1 as a text, not as a list of one. */
async function predict(texts) {
  const answers = [];
  for (let start = 0; start < texts.length; start += job.batchSize) {
    const batch = texts.slice(start, start + job.batchSize);
    if (job.batchSize === 1) answers.push(await classify(batch[0], { top_k: null }));
    else answers.push(...(await classify(batch, { top_k: null })));
  }
  return answers;
}

const answers = await predict(job.checked);
const scores = answers.map((all) => job.labels.map((name) => all.find(({ label }) => label === name).score));
await serve({ versions: { 'transformers.js': version }, answers: scores }, slicesOf(job, predict));
