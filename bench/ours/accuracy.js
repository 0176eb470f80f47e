// One seed of the accuracy bench, by the library's own train(): node bench/ours/accuracy.js JOB.json
import { BUNDLED_MODEL, SAMPLE_TEST, SAMPLE_TRAIN, train } from '../../dist/index.js';
import { jobOf, say } from '../lib/serve.js';

const { out, seed, settings } = jobOf();
const began = performance.now();
const { metrics } = await train({
  data: SAMPLE_TRAIN,
  test: SAMPLE_TEST,
  model: BUNDLED_MODEL,
  out,
  seed,
  ...settings,
});
say({ accuracy: metrics.accuracy, seconds: (performance.now() - began) / 1000 });
