// Fine-tuning: reviews as they come, BERT-base's size, steps of one shape, threads.
import { checkAnswers } from '../lib/check.js';
import { Contender } from '../lib/contender.js';

const SEED = 1;
const RATE = 2e-5;
const TRAINER = 'Hugging Face Trainer';
/** Texts by whose loss it is known that all train the same model. */
const CHECKED = 2;

const COMMON = {
  learningRate: RATE,
  dropout: null,
  bf16: false,
  grouped: true,
  seed: SEED,
  threads: null,
  check: 0,
};

/** PyTorch in bf16 on a processor without its instructions is ten times slower: one short slice says so. */
function bf16(context, job, spec) {
  if (context.machine.bf16) return [spec(job)];
  const slice = context.quick ? 1 : Math.min(2, job.slice);
  const note = `${slice} ${slice === 1 ? 'step' : 'steps'} only: this processor has no bf16 instructions`;
  return [{ ...spec({ ...job, slice, warmUp: 0 }), brief: true, note }];
}

/** Starts our trainer without dropout, to know the loss that every peer has to start from. */
async function lossCheck(context, job) {
  if (context.options.onlyOurs) return undefined;
  const path = context.job({ ...job, dropout: 0, check: CHECKED });
  const ours = new Contender({ label: 'bertune', command: context.command('ours/trainer.js', path) });
  try {
    const { loss } = await ours.ready();
    return (ready) => {
      for (const [id, said] of ready) if ('loss' in said) checkAnswers(id, [[said.loss]], [[loss]], 1e-4);
    };
  } finally {
    ours.kill();
  }
}

async function reviews(context, { maxLength, count }) {
  const out = `${context.folder}/start`;
  await context.prepare({ make: 'checkpoint', out, size: 'bundled', seed: SEED });
  const wanted = context.quick ? 32 : count;
  const found = await context.prepare({ make: 'texts', from: 'train', maxLength, count: wanted, seed: SEED });
  const steps = context.quick ? 1 : 5;
  const batchSize = 16;
  const job = {
    ...COMMON,
    model: out,
    texts: found.ids,
    labels: found.labels,
    batchSize,
    slice: steps,
    warmUp: steps,
  };
  return { job, slices: wanted / batchSize / steps };
}

const ours = (context, job, more) => ({
  id: 'ours',
  label: 'bertune',
  command: context.command('ours/trainer.js', context.job(job)),
  ...more,
});
const peer = (context, script, job, more) => ({
  needs: 'python',
  command: context.command(script, context.job({ ...job, check: CHECKED })),
  ...more,
});
const trainer = (context, job, more) => peer(context, 'peers/trainer.py', job, more);

const MEMORY = { memoryAtMost: 0.8 };

export const train = {
  name: 'train',
  about:
    'fine-tuning on reviews of 256 tokens, batches of 16, dropout 0.1, against Hugging Face Trainer in fp32',
  minutes: 9,
  async run(context) {
    const { job, slices } = await reviews(context, { maxLength: 256, count: 320 });
    const specs = [
      ours(context, job),
      trainer(context, { ...job, grouped: false }, { id: 'random', label: `${TRAINER}, fp32, as it comes` }),
      trainer(context, job, { id: 'grouped', label: `${TRAINER}, fp32, length-grouped` }),
    ];
    const comparisons = [
      { of: 'ours', against: ['random'], atLeast: 2.5, ...MEMORY },
      { of: 'ours', against: ['grouped'], atLeast: 2, ...MEMORY },
    ];
    const check = await lossCheck(context, job);
    return [
      await context.race('Fine-tuning, dropout 0.1, 256 tokens', specs, { slices, check, comparisons }),
    ];
  },
};

export const trainNoDropout = {
  name: 'train-no-dropout',
  about: 'the same without dropout, against length-grouped batches in fp32 and in bf16',
  minutes: 6,
  async run(context) {
    const { job: withDropout, slices } = await reviews(context, { maxLength: 256, count: 320 });
    const job = { ...withDropout, dropout: 0 };
    const label = `${TRAINER}, bf16 autocast, length-grouped`;
    const specs = [
      ours(context, job),
      trainer(context, job, { id: 'fp32', label: `${TRAINER}, fp32, length-grouped` }),
      ...bf16(context, { ...job, bf16: true }, (slow) => trainer(context, slow, { id: 'bf16', label })),
    ];
    // PyTorch's best, whichever it is here.
    const comparisons = [{ of: 'ours', against: ['fp32', 'bf16'], atLeast: 0.85, ...MEMORY }];
    const check = await lossCheck(context, job);
    return [
      await context.race('Fine-tuning without dropout, 256 tokens', specs, { slices, check, comparisons }),
    ];
  },
};

export const train512 = {
  name: 'train-512',
  about: 'fine-tuning on reviews of up to 512 tokens, dropout 0.1, against Hugging Face Trainer as it comes',
  minutes: 9,
  async run(context) {
    const { job, slices } = await reviews(context, { maxLength: 512, count: 160 });
    const specs = [
      ours(context, job),
      trainer(context, { ...job, grouped: false }, { id: 'random', label: `${TRAINER}, fp32, as it comes` }),
    ];
    const comparisons = [{ of: 'ours', against: ['random'], atLeast: 3, ...MEMORY }];
    const check = await lossCheck(context, job);
    return [
      await context.race('Fine-tuning, dropout 0.1, 512 tokens', specs, { slices, check, comparisons }),
    ];
  },
};

/** Steps of one shape: `texts` of `tokens` ids each. */
async function fixedShape(context, { size, texts, tokens, slice }) {
  const model = `${context.folder}/${size}`;
  await context.prepare({ make: 'checkpoint', out: model, size, seed: SEED });
  const rows = context.quick ? 2 : texts;
  const ids = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: tokens }, (_, i) => 1000 + ((row * 7919 + i * 104729) % 20000)),
  );
  const steps = context.quick ? 1 : slice;
  const labels = ids.map((_, row) => row % 2);
  return { ...COMMON, model, texts: ids, labels, batchSize: rows, slice: steps, warmUp: steps };
}

const torch = (context, job, more) => peer(context, 'peers/step.py', job, more);

export const base = {
  name: 'base',
  about: "a step of a model of BERT-base's size (random weights), 8 x 256 tokens, with and without dropout",
  minutes: 16,
  async run(context) {
    const job = await fixedShape(context, { size: 'base', texts: 8, tokens: 256, slice: 2 });
    const check = await lossCheck(context, job);
    const parts = [];
    for (const dropout of [null, 0]) {
      const here = { ...job, dropout };
      const specs = [
        ours(context, here),
        torch(context, here, { id: 'fp32', label: 'PyTorch, fp32' }),
        // Dropout costs bf16 as much as fp32: its best is without.
        ...(dropout === 0
          ? bf16(context, { ...here, slice: 1, bf16: true }, (slow) =>
              torch(context, slow, { id: 'bf16', label: 'PyTorch, bf16 autocast' }),
            )
          : []),
      ];
      const comparisons = [
        { of: 'ours', against: ['fp32'], atLeast: 1.6, ...MEMORY },
        { of: 'ours', against: ['bf16'] },
      ];
      const title = `A step of BERT-base's size, 8 x 256, ${dropout === 0 ? 'no dropout' : 'dropout 0.1'}`;
      const plan = { slices: context.quick ? 1 : 2, check, comparisons, stepTexts: job.batchSize };
      parts.push(await context.race(title, specs, plan));
    }
    return parts;
  },
};

export const steps = {
  name: 'steps',
  about:
    'one step of the bundled model (gradient, clipping, AdamW), 16 x 256 tokens, with and without dropout',
  minutes: 6,
  async run(context) {
    const job = await fixedShape(context, { size: 'bundled', texts: 16, tokens: 256, slice: 3 });
    const check = await lossCheck(context, job);
    const parts = [];
    for (const dropout of [null, 0]) {
      const here = { ...job, dropout };
      const specs = [ours(context, here), torch(context, here, { id: 'fp32', label: 'PyTorch, fp32' })];
      const comparisons = [{ of: 'ours', against: ['fp32'] }];
      const title = `A step, 16 x 256, ${dropout === 0 ? 'no dropout' : 'dropout 0.1'}`;
      const plan = { slices: context.quick ? 1 : 3, check, comparisons, stepTexts: job.batchSize };
      parts.push(await context.race(title, specs, plan));
    }
    return parts;
  },
};

export const threads = {
  name: 'threads',
  about: 'the same step at 1 and 2 threads, without dropout; PyTorch shows what the machine gives',
  minutes: 6,
  async run(context) {
    const job = {
      ...(await fixedShape(context, { size: 'bundled', texts: 16, tokens: 256, slice: 3 })),
      dropout: 0,
    };
    const check = await lossCheck(context, job);
    const at = (threads) => ({ ...job, threads });
    const specs = [1, 2].flatMap((count) => {
      const name = `${count} ${count === 1 ? 'thread' : 'threads'}`;
      return [
        ours(context, at(count), { id: `ours-${count}`, label: `bertune, ${name}` }),
        torch(context, at(count), { id: `torch-${count}`, label: `PyTorch, fp32, ${name}` }),
      ];
    });
    const comparisons = [
      { of: 'ours-2', against: ['ours-1'], row: 'ours-2', atLeast: 1.8 },
      { of: 'torch-2', against: ['torch-1'], row: 'torch-2' },
    ];
    const plan = { slices: context.quick ? 1 : 2, check, comparisons, stepTexts: job.batchSize };
    return [await context.race('From 1 to 2 threads', specs, { ...plan, ratioTitle: 'against 1 thread' })];
  },
};
