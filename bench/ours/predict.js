// bertune's prediction as a contender of the bench: node bench/ours/predict.js JOB.json (see lib/serve.js).
import { Classifier } from '../../dist/index.js';
import { jobOf, serve, slicesOf } from '../lib/serve.js';

const job = jobOf();
const classifier = await Classifier.load(job.model, { threads: job.threads ?? undefined });
const answers = await classifier.predict(job.checked);
await serve(
  { answers: answers.map(({ scores }) => Object.values(scores)) },
  slicesOf(job, (texts) => classifier.predict(texts)),
);
