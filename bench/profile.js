// Where a gradient step's time goes, by operator: node bench/profile.js 8 256 0.1 (texts, tokens in each, dropout
// rate); a fourth argument, shapes, tells operators apart by what they read.
// Uses ONNX Runtime's own profiler. Needs `npm run build`.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import ort from 'onnxruntime-node';
import { BUNDLED_MODEL } from '../dist/files/bundled.js';
import { padBatch } from '../dist/batching/batch.js';
import { loadForTraining } from '../dist/checkpoint/load.js';
import { gradientBeforeName, gradientName, gradientRowsName } from '../dist/step/gradient.js';
import { gradientStep } from '../dist/step/steps.js';
import { DropoutFeed } from '../dist/train/dropout-feed.js';

const perShape = process.argv[5] === 'shapes';
const [B = 8, S = 256, rate = 0.1] = process.argv.slice(2, 5).map(Number);
const [WARM_UP, STEPS] = [3, 6];

const { spec, layout, weights } = await loadForTraining(BUNDLED_MODEL, ['negative', 'positive'], { seed: 1 });
const step = gradientStep(spec, { hidden: rate, attention: rate, classifier: rate });
const folder = mkdtempSync(`${tmpdir()}/bertune-profile-`);
const session = await ort.InferenceSession.create(step.onnx, {
  intraOpNumThreads: 2,
  logSeverityLevel: 3,
  enableProfiling: true,
  profileFilePrefix: `${folder}/p`,
});

const batch = padBatch(
  Array.from({ length: B }, (_, row) =>
    Array.from({ length: S }, (_, i) => 1000 + ((row * 7919 + i * 104729) % 20000)),
  ),
  0,
);
const int64 = (data, dims) => new ort.Tensor('int64', data, dims);
const feeds = {
  input_ids: int64(batch.inputIds, [B, S]),
  attention_mask: int64(batch.attentionMask, [B, S]),
  token_type_ids: int64(batch.tokenTypeIds, [B, S]),
  labels: int64(new BigInt64Array(B), [B]),
  loss_scale: new ort.Tensor('float32', Float32Array.of(1 / B), []),
};
const results = {};
const gradients = new Float32Array(layout.size);
const widths = new Map(step.lookups.map(({ parameter, width }) => [parameter, width]));
for (const { name, shape, start, end } of layout.parameters) {
  feeds[name] = new ort.Tensor('float32', weights.subarray(start, end), shape);
  const width = widths.get(name);
  if (width) {
    const rows = new Float32Array(B * S * width);
    results[gradientRowsName(name)] = new ort.Tensor('float32', rows, [B * S, width]);
    continue;
  }
  feeds[gradientBeforeName(name)] = results[gradientName(name)] = new ort.Tensor(
    'float32',
    gradients.subarray(start, end),
    shape,
  );
}
for (const [name, { dtype, data, dims }] of Object.entries(
  new DropoutFeed(step.dropoutSites, 1).at(0, 0, { B, S }),
)) {
  feeds[name] = new ort.Tensor(dtype, data, dims);
}
for (let i = 0; i < WARM_UP + STEPS; i++) await session.run(feeds, results);
session.endProfiling();

const events = JSON.parse(readFileSync(`${folder}/${readdirSync(folder)[0]}`, 'utf8'));
rmSync(folder, { recursive: true });
const kernels = events.filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time'));
// Of each node its quickest run, since other work on the machine only ever adds to a time.
const byNode = new Map();
for (const { args, dur, name } of kernels.slice((kernels.length * WARM_UP) / (WARM_UP + STEPS))) {
  const ms = Math.min(byNode.get(name)?.ms ?? Infinity, dur / 1000);
  byNode.set(name, { ms, operator: args.op_name, shapes: JSON.stringify(args.input_type_shape) });
}
const byOperator = new Map();
for (const { ms, operator, shapes } of byNode.values()) {
  const kind = perShape ? `${operator} ${shapes.replaceAll(/"|float|:|\{|\}/g, '')}` : operator;
  const entry = byOperator.get(kind) ?? { ms: 0, nodes: 0 };
  byOperator.set(kind, { ms: entry.ms + ms, nodes: entry.nodes + 1 });
}
const total = [...byOperator.values()].reduce((sum, { ms }) => sum + ms, 0);
for (const [name, { ms, nodes }] of [...byOperator].sort((a, b) => b[1].ms - a[1].ms)) {
  const share = ((100 * ms) / total).toFixed(1);
  console.log(`${name.padEnd(20)} ${ms.toFixed(1).padStart(7)} ms ${share.padStart(5)} %  ${nodes} nodes`);
}
console.log(`all                  ${total.toFixed(1).padStart(7)} ms`);
