// int8 beside fp32: npm run bench -- quantized <run> [--data data/imdb-sample/test.csv] [--threads 2] [--quick]
// Batches of one length in turn, by the time that the processor worked (so that other programs count little) and by the clock;
// then accuracy, size and speed on labelled texts, as `bertune export --dtype int8` measures them. Needs `npm run build`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exportModel } from '../dist/index.js';
import { nodeRuntime } from '../dist/runtime/node.js';
import { float32, int64 } from '../dist/runtime/runtime.js';
import { machine, machineLine } from './lib/machine.js';

/** texts x tokens: 1,024 tokens in each batch, as prediction has it, and one short text. */
const BATCHES = [
  [1, 32],
  [8, 128],
  [5, 192],
  [4, 256],
  [2, 512],
];
const SAMPLE = fileURLToPath(new URL('../data/imdb-sample/test.csv', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, threads: { type: 'string' }, quick: { type: 'boolean' } },
});
const [run] = positionals;
if (run === undefined) {
  process.stderr.write('error: which run? npm run bench -- quantized runs/imdb-sample\n');
  process.exit(2);
}
const threads = Number(values.threads ?? availableParallelism());
const rounds = values.quick ? 3 : 15;
const say = (line) => process.stdout.write(`${line}\n`);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const place = mkdtempSync(join(tmpdir(), 'bertune-bench-'));
try {
  const out = join(place, 'onnx');
  await exportModel(run, { format: 'onnx', dtype: ['fp32', 'int8'], data: false, out });
  const {
    num_hidden_layers: layers,
    vocab_size: words,
    id2label,
  } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  say(`${machineLine(machine())}; ${threads} threads; ${layers} layers`);
  await byLength(out, words, Object.keys(id2label).length);
  if (!values.quick) await onTexts(join(place, 'checked'));
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function byLength(folder, words, C) {
  const runtime = await nodeRuntime({ threads });
  const names = ['model.onnx', 'model_quantized.onnx'];
  const sessions = [];
  for (const name of names)
    sessions.push(await runtime.load(new Uint8Array(readFileSync(join(folder, name)))));
  say('texts x tokens    fp32 ms   int8 ms   ratio   of the processor: fp32   int8   ratio');
  for (const [B, S] of BATCHES) {
    const ids = BigInt64Array.from({ length: B * S }, (_, i) => BigInt((i * 7919) % words));
    const feeds = {
      input_ids: int64([B, S], ids),
      attention_mask: int64([B, S], new BigInt64Array(B * S).fill(1n)),
      token_type_ids: int64([B, S], new BigInt64Array(B * S)),
    };
    const wall = [[], []];
    const worked = [[], []];
    for (let round = 0; round <= rounds; round++) {
      for (const [i, session] of sessions.entries()) {
        const known = Object.fromEntries(session.inputs.map(({ name }) => [name, feeds[name]]));
        const logits = float32([B, C], new Float32Array(C * B));
        const [began, before] = [performance.now(), process.cpuUsage()];
        await session.run(known, { logits });
        const { user, system } = process.cpuUsage(before);
        if (round === 0) continue; // sets the session up
        wall[i].push(performance.now() - began);
        worked[i].push((user + system) / 1000);
      }
    }
    const [a, b, c, d] = [...wall, ...worked].map(median);
    const cells = [
      `${B} x ${S}`.padEnd(14),
      a.toFixed(1),
      b.toFixed(1),
      (a / b).toFixed(2),
      c.toFixed(1),
      d.toFixed(1),
    ];
    say(
      `${cells[0]}${cells
        .slice(1, 4)
        .map((cell) => cell.padStart(10))
        .join('')}${cells
        .slice(4)
        .map((cell) => cell.padStart(14))
        .join('')}${(c / d).toFixed(2).padStart(8)}`,
    );
  }
  for (const session of sessions) await session.release();
}

async function onTexts(out) {
  const { check } = await exportModel(run, {
    ...{ format: 'onnx', dtype: 'int8', maxDrop: 100, threads, out },
    data: values.data ?? SAMPLE,
  });
  for (const dtype of ['fp32', 'int8']) {
    const { score, bytes, texts_per_second } = check[dtype];
    say(
      `${dtype}: ${(100 * score).toFixed(2)} %, ${(bytes / 1e6).toFixed(1)} MB, ${texts_per_second.toFixed(1)} texts/s`,
    );
  }
  say(
    `${check.examples} texts of ${check.data}, the same label for ${(100 * check.same_label).toFixed(1)} %`,
  );
}
