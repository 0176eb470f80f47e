// How far int8 and fp32 are apart between ONNX Runtime for Node and for the browser (WebAssembly): node bench/int8-runtimes.js
// <run> [texts]. The same files and ids, one text at a time, the bundled test reviews cut to 64 tokens. Needs `npm run build`.
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { onnxOf } from '../dist/checkpoint/export.js';
import { loadForPrediction } from '../dist/checkpoint/load.js';
import { readLabelled } from '../dist/api/data.js';
import { SAMPLE_TEST } from '../dist/index.js';
import { markdownTable } from './lib/table.js';

const [run = 'test/fixtures/hf-saved', count = '100'] = process.argv.slice(2);
const model = await loadForPrediction(run);
const examples = (await readLabelled(SAMPLE_TEST, {}, { clean: 'html' })).slice(0, Number(count));
const contract = { maxLength: Math.min(64, model.positions), truncation: 'head' };
web.env.wasm.numThreads = 1;

/** The logits of a text, by either runtime. */
async function logitsBy({ Tensor }, session, inputs, ids) {
  const values = (name) =>
    BigInt64Array.from(ids, (id) =>
      name === 'input_ids' ? BigInt(id) : name === 'attention_mask' ? 1n : 0n,
    );
  const feeds = inputs.map((name) => [name, new Tensor('int64', values(name), [1, ids.length])]);
  return (await session.run(Object.fromEntries(feeds))).logits.data;
}

const rows = [];
for (const dtype of ['fp32', 'int8']) {
  const { onnx, inputs } = onnxOf(model, { dtype });
  const here = await node.InferenceSession.create(onnx, { intraOpNumThreads: 1 });
  const there = await web.InferenceSession.create(onnx, { executionProviders: ['wasm'] });
  const differences = [];
  for (const { text } of examples) {
    const { ids } = model.tokenizer.encode(text, contract);
    const [a, b] = [await logitsBy(node, here, inputs, ids), await logitsBy(web, there, inputs, ids)];
    differences.push(Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]))));
  }
  differences.sort((a, b) => a - b);
  const same = differences.filter((difference) => difference < 1e-6).length;
  const [median, most] = [differences[differences.length >> 1], differences.at(-1)];
  rows.push([dtype, `${same} of ${differences.length}`, median.toExponential(1), most.toExponential(1)]);
}
console.log(markdownTable(['logits', 'within 1e-6', 'median', 'largest difference'], rows));
