// What contenders work on, made in a process of its own (a child's peak memory counts from its parent's, so the runner
// stays small): node bench/ours/prepare.js JOB.json, with {make: 'texts' | 'checkpoint' | 'run', ...}.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readLabelled } from '../../dist/api/data.js';
import { loadForTraining } from '../../dist/checkpoint/load.js';
import { tensorsToWrite } from '../../dist/checkpoint/weights.js';
import { parseModelConfig, writeModelConfig } from '../../dist/formats/config.js';
import { encodeSafetensorsHeader } from '../../dist/formats/safetensors.js';
import { BUNDLED_MODEL, SAMPLE_TEST, SAMPLE_TRAIN, train } from '../../dist/index.js';
import { layOut } from '../../dist/step/layout.js';
import { forwardStep } from '../../dist/step/steps.js';
import { PURPOSE, RandomStream } from '../../dist/util/random.js';
import { jobOf, say } from '../lib/serve.js';

const LABELS = ['negative', 'positive'];
const BASE = { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072 };

const MAKERS = { texts, checkpoint, run };
const job = jobOf();
say((await MAKERS[job.make](job)) ?? {});

/**
 * The sample's reviews, cleaned, and their ids, cut at `maxLength` from the end. `count` of them: as long as all of
 * them are, that is every so-manieth by length, then shuffled.
 */
async function texts({ from, maxLength, count, seed }) {
  const { tokenizer } = await loadForTraining(BUNDLED_MODEL, LABELS, { seed });
  const examples = await readLabelled(from === 'train' ? SAMPLE_TRAIN : SAMPLE_TEST, {}, { clean: 'html' });
  const rows = examples.map(({ text, label }) => ({
    text,
    ids: tokenizer.encode(text, { maxLength, truncation: 'head' }).ids,
    label: LABELS.indexOf(label),
  }));
  rows.sort((a, b) => a.ids.length - b.ids.length);
  const wanted = Math.min(count ?? rows.length, rows.length);
  const chosen = Array.from(
    { length: wanted },
    (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / wanted)],
  );
  new RandomStream(seed, PURPOSE.split).shuffle(chosen);
  return {
    texts: chosen.map(({ text }) => text),
    ids: chosen.map(({ ids }) => ids),
    labels: chosen.map(({ label }) => label),
  };
}

/** A classifier that all contenders begin with: the bundled model, or one of BERT-base's size, with a random head. */
async function checkpoint({ out, size, seed }) {
  mkdirSync(out, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'vocab.txt', 'special_tokens_map.json']) {
    copyFileSync(`${BUNDLED_MODEL}/${name}`, `${out}/${name}`);
  }
  const { config, layout, weights } =
    size === 'base' ? randomBase(seed) : await loadForTraining(BUNDLED_MODEL, LABELS, { seed });
  writeFileSync(
    `${out}/config.json`,
    JSON.stringify(
      writeModelConfig(config, { className: 'BertForSequenceClassification', id2label: LABELS }),
      null,
      2,
    ),
  );
  writeFileSync(`${out}/model.safetensors`, encodeSafetensorsHeader(tensorsToWrite(layout.parameters)));
  writeFileSync(`${out}/model.safetensors`, new Uint8Array(weights.buffer), { flag: 'a' });
}

function randomBase(seed) {
  const path = `${BUNDLED_MODEL}/config.json`;
  const config = parseModelConfig({ ...JSON.parse(readFileSync(path, 'utf8')), ...BASE }, path);
  const { parameters } = forwardStep({ modelType: config.modelType, config, numLabels: LABELS.length });
  const layout = layOut(parameters);
  const weights = new Float32Array(layout.size);
  const random = new RandomStream(seed, PURPOSE.head);
  // 109 million draws would take longer than the bench; a million, whose count is prime, repeat in no pattern.
  const pool = Float32Array.from({ length: 1_000_003 }, () => config.initializerRange * random.normal());
  for (const { kind, start, end } of layout.parameters) {
    if (kind === 'weight') for (let i = start; i < end; i++) weights[i] = pool[i % pool.length];
    else weights.fill(kind === 'norm' ? 1 : 0, start, end);
  }
  return { config, layout, weights };
}

/** A short run, so that answers differ from text to text. */
async function run({ out, maxLength, maxSteps, seed }) {
  const settings = { maxLength, maxSteps, seed, truncation: 'head', clean: 'none', warmupSteps: 0 };
  const examples = (await readLabelled(SAMPLE_TRAIN, {}, { clean: 'html' })).slice(0, 16 * maxSteps);
  await train({
    data: examples,
    test: examples.slice(0, 8),
    out,
    learningRate: 3e-4,
    batchSize: 16,
    ...settings,
  });
}
