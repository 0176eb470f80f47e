// One training step of the bundled model (gradient, clipping, AdamW), timed: node bench/step.js 16 256 0.1
// Arguments: texts, tokens in each, dropout rate. Run bench/peers/step.py with the same in turn. Needs `npm run build`.
import { loadForTraining } from '../dist/checkpoint/load.js';
import { nodeRuntime } from '../dist/runtime/node.js';
import { ADAMW_DEFAULTS } from '../dist/optim/adamw.js';
import { TrainingEngine } from '../dist/train/engine.js';
import { microBatches } from '../dist/train/loop.js';
import { BUNDLED_MODEL } from '../dist/api/bundled.js';

const [texts = 16, tokens = 256, rate = 0.1] = process.argv.slice(2).map(Number);
const [WARM_UP, STEPS] = [4, 9];

const model = await loadForTraining(BUNDLED_MODEL, ['negative', 'positive'], { seed: 1 });
const engine = await TrainingEngine.create(await nodeRuntime(), model.layout, model.weights, {
  spec: model.spec,
  rates: { hidden: rate, attention: rate, classifier: rate },
  adamw: ADAMW_DEFAULTS,
  seed: 1,
});
const rows = Array.from({ length: texts }, (_, row) => row);
const set = {
  texts: rows.map((row) =>
    Array.from({ length: tokens }, (_, i) => 1000 + ((row * 7919 + i * 104729) % 20000)),
  ),
  labelIds: rows.map((row) => row % 2),
  origins: rows.map(String),
  padId: 0,
};
const times = [];
for (let step = 0; step < WARM_UP + STEPS; step++) {
  const began = performance.now();
  for (const batch of microBatches(set, rows)) await engine.accumulate(batch, texts);
  await engine.update(1e-5, await engine.gradientNorm(), 1);
  times.push(performance.now() - began);
}
const median = times.slice(WARM_UP).sort((a, b) => a - b)[Math.floor(STEPS / 2)];
const memory = process.resourceUsage().maxRSS / 1e6;
console.log(
  `bertune  ${texts} x ${tokens}, dropout ${rate}: ${median.toFixed(0)} ms a step, peak ${memory.toFixed(2)} GB`,
);
