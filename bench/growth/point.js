// One point, measured in a process of its own, so that the peak memory is its alone: node bench/growth/point.js POINT,
// a point of plan.js as JSON. Says what it found as JSON on standard output.
import { readFileSync } from 'node:fs';
import { BUNDLED_MODEL } from '../../dist/files/bundled.js';
import { readLabelled } from '../../dist/api/data.js';
import { batchesOf } from '../../dist/batching/order.js';
import { loadForTraining } from '../../dist/checkpoint/load.js';
import { parseModelConfig } from '../../dist/formats/config.js';
import { ADAMW_DEFAULTS } from '../../dist/optim/adamw.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { layOut } from '../../dist/step/layout.js';
import { forwardStep, gradientStep } from '../../dist/step/steps.js';
import { TrainingEngine } from '../../dist/train/engine.js';
import { microBatches } from '../../dist/train/micro-batches.js';
import { labelledSet } from '../../dist/train/sets.js';
import { PURPOSE, RandomStream } from '../../dist/util/random.js';
import { median } from '../lib/statistics.js';
import { MAX_LENGTH } from './plan.js';

const LABELS = ['negative', 'positive'];
const SEED = 1;
const classes = (labelIds) => ({ problemType: 'single_label_classification', labelIds });

/**
 * All that this bench knows of the engine: the bundled model's shape with as many layers as asked for, random weights
 * (a step's time doesn't depend on them), and one training step as the loop makes it.
 *
 * @param {{ layers: number, threads: number }} point
 * @returns {Promise<(set: object, places: number[]) => Promise<{ gradient: number, update: number }>>} seconds
 */
async function openEngine({ layers, threads }) {
  const path = `${BUNDLED_MODEL}/config.json`;
  const json = { ...JSON.parse(readFileSync(path, 'utf8')), num_hidden_layers: layers };
  const config = parseModelConfig(json, path);
  const spec = { modelType: config.modelType, config, numLabels: LABELS.length };
  const layout = layOut(forwardStep(spec).parameters);
  const runtime = await nodeRuntime({ threads });
  const step = gradientStep(spec, {
    hidden: config.hiddenDropoutProb,
    attention: config.attentionProbsDropoutProb,
    classifier: config.classifierDropout,
  });
  const weights = randomWeights(layout, config.initializerRange);
  const engine = await TrainingEngine.create(runtime, layout, weights, step, {
    adamw: ADAMW_DEFAULTS,
    seed: SEED,
  });
  return async (set, places) => {
    const began = performance.now();
    for (const batch of microBatches(set, places)) await engine.accumulate(batch, places.length);
    const between = performance.now();
    await engine.update(1e-5, await engine.gradientNorm(), 1);
    return { gradient: (between - began) / 1000, update: (performance.now() - between) / 1000 };
  };
}

function randomWeights({ parameters, size }, deviation) {
  const weights = new Float32Array(size);
  const random = new RandomStream(SEED, PURPOSE.head);
  // 22 million draws would take longer than the steps; numbers from a pool whose size is prime repeat in no pattern.
  const pool = Float32Array.from({ length: 100_003 }, () => deviation * random.normal());
  for (const { kind, start, end } of parameters) {
    if (kind === 'weight') for (let i = start; i < end; i++) weights[i] = pool[i % pool.length];
    else weights.fill(kind === 'norm' ? 1 : 0, start, end);
  }
  return weights;
}

/** Steps on one batch of equal texts of random ids. */
async function measureStep({ tokens, batch, steps, warmUp, ...point }) {
  const places = Array.from({ length: batch }, (_, place) => place);
  const idAt = (row, i) => 1000 + ((row * 7919 + i * 104_729) % 20_000);
  const set = labelledSet({
    texts: places.map((row) => [Array.from({ length: tokens }, (_, i) => idAt(row, i))]),
    targets: classes(places.map((row) => row % 2)),
    numLabels: LABELS.length,
    origins: places.map(String),
    padId: 0,
  });
  const step = await openEngine(point);
  const times = [];
  for (let i = 0; i < warmUp + steps; i++) times.push(await step(set, places));
  const counted = times.slice(warmUp);
  return {
    seconds: median(counted.map(({ gradient, update }) => gradient + update)),
    updateSeconds: median(counted.map(({ update }) => update)),
    tokens: batch * tokens,
  };
}

/** Reads and tokenizes a file, then makes some steps of its first epoch. */
async function measureTexts({ file, batch, steps, warmUp, ...point }) {
  const { tokenizer, labels } = await loadForTraining(BUNDLED_MODEL, LABELS, { seed: SEED });
  const began = performance.now();
  const examples = await readLabelled(file, {}, { clean: 'html' });
  const read = performance.now();
  const encodings = examples.map(({ text }) =>
    tokenizer.encode(text, { maxLength: MAX_LENGTH, truncation: 'head+tail' }),
  );
  const tokenized = performance.now();
  const set = labelledSet({
    texts: encodings.map(({ ids }) => [ids]),
    targets: classes(examples.map(({ label }) => labels.indexOf(label))),
    numLabels: labels.length,
    origins: examples.map(({ row }) => String(row)),
    padId: tokenizer.padId,
  });
  const { lengths } = set;
  const tokensOf = (places) => places.reduce((sum, place) => sum + lengths[place], 0);
  const step = await openEngine(point);
  const batches = sampled(batchesOf(lengths, batch, 'grouped', SEED, 0), steps, tokensOf);
  for (let i = 0; i < warmUp; i++) await step(set, batches.at(-1));
  let seconds = 0;
  for (const places of batches) {
    const { gradient, update } = await step(set, places);
    seconds += gradient + update;
  }
  const seen = batches.flat();
  return {
    seconds,
    texts: seen.length,
    tokens: tokensOf(seen),
    readSeconds: (read - began) / 1000,
    tokenizeSeconds: (tokenized - read) / 1000,
    // All word pieces: those that are cut off had to be found, too.
    pieces: encodings.reduce((sum, { ids, cut }) => sum + ids.length + cut, 0),
  };
}

/** Of the full batches so many, every so-manieth by its tokens: a few steps then stand for the epoch. */
function sampled(batches, count, tokensOf) {
  const full = batches.filter((places) => places.length === batches[0].length);
  full.sort((a, b) => tokensOf(a) - tokensOf(b));
  return Array.from({ length: count }, (_, i) => full[Math.floor(((i + 0.5) * full.length) / count)]);
}

const point = JSON.parse(process.argv[2]);
const measure = { step: measureStep, texts: measureTexts }[point.kind];
const found = await measure(point);
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ...found, peakBytes })}\n`);
