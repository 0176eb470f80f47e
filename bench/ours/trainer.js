// bertune's training as a contender of the bench: node bench/ours/trainer.js JOB.json (see bench/peers/trainer.py).
// The one place of the bench that knows the engine: steps as the training loop makes them, held after each slice.
import { BUNDLED_MODEL } from '../../dist/files/bundled.js';
import { batchesOf } from '../../dist/batching/order.js';
import { loadForTraining } from '../../dist/checkpoint/load.js';
import { ADAMW_DEFAULTS } from '../../dist/optim/adamw.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { gradientStep } from '../../dist/step/steps.js';
import { TrainingEngine } from '../../dist/train/engine.js';
import { microBatches } from '../../dist/train/micro-batches.js';
import { labelledSet } from '../../dist/train/sets.js';
import { jobOf, serve } from '../lib/serve.js';

const job = jobOf();
const model = await loadForTraining(job.model ?? BUNDLED_MODEL, ['negative', 'positive'], { seed: job.seed });
const runtime = await nodeRuntime({ threads: job.threads ?? undefined });
const { config } = model;
const step = gradientStep(model.spec, {
  hidden: job.dropout ?? config.hiddenDropoutProb,
  attention: job.dropout ?? config.attentionProbsDropoutProb,
  classifier: job.dropout ?? config.classifierDropout,
});
const engine = await TrainingEngine.create(runtime, model.layout, model.weights, step, {
  adamw: ADAMW_DEFAULTS,
  seed: job.seed,
});
const set = labelledSet({
  texts: job.texts.map((ids) => [ids]),
  targets: { problemType: 'single_label_classification', labelIds: job.labels },
  numLabels: 2,
  origins: job.texts.map((_, i) => `text ${i}`),
  padId: model.tokenizer.padId,
});
const { lengths } = set;

async function gradients(places) {
  let loss = 0;
  for (const batch of microBatches(set, places)) loss += (await engine.accumulate(batch, places.length)).loss;
  return loss;
}

async function update(places) {
  await gradients(places);
  await engine.update(job.learningRate, await engine.gradientNorm(), 1);
}

/** The texts of each step, without end. The first few are for warming up, so that a round is a whole epoch. */
function* batches() {
  const order = job.grouped ? 'grouped' : 'shuffled';
  yield* batchesOf(lengths, job.batchSize, order, job.seed, 0).slice(0, job.warmUp);
  for (let epoch = 1; ; epoch++) yield* batchesOf(lengths, job.batchSize, order, job.seed, epoch);
}

const ready = { versions: { bertune: runtime.name } };
if (job.check) {
  ready.loss = await gradients(Array.from({ length: job.check }, (_, i) => i));
  engine.reset();
}
const ahead = batches();
await serve(ready, async () => {
  const done = { texts: 0, tokens: 0 };
  for (let i = 0; i < job.slice; i++) {
    const places = ahead.next().value;
    await update(places);
    done.texts += places.length;
    done.tokens += places.reduce((sum, place) => sum + lengths[place], 0);
  }
  return done;
});
