// Prediction: many texts, and one text from the start of the process.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checkAnswers } from '../lib/check.js';
import { spreadOf } from '../lib/statistics.js';

const SEED = 1;
const LABELS = ['negative', 'positive'];
const TEXT = 'A quiet, beautifully acted film that stayed with me for days.';
const CHECKED = 8;

/** A trained classifier, and the same for transformers.js where it can be made. */
async function classifier(context, maxLength) {
  const model = `${context.folder}/run`;
  await context.prepare({ make: 'run', out: model, maxLength, maxSteps: context.quick ? 2 : 8, seed: SEED });
  const exported = `${context.folder}/onnx`;
  if (!context.options.onlyOurs && !context.peers.missing['transformers.js']) {
    context.say('exporting it for transformers.js');
    await context.run(context.command('peers/export_onnx.py', model, exported));
  }
  return { model, exported };
}

export const predict = {
  name: 'predict',
  about:
    'prediction of 1,000 reviews of at most 256 tokens, from text to label, against transformers.js and PyTorch',
  minutes: 18,
  async run(context) {
    const maxLength = 256;
    const { model, exported } = await classifier(context, maxLength);
    const count = context.quick ? 16 : 1000;
    const slice = context.quick ? 16 : 250;
    const { texts, ids } = await context.prepare({
      make: 'texts',
      from: 'test',
      maxLength,
      count,
      seed: SEED,
    });
    const lengths = ids.map(({ length }) => length);
    // transformers.js loses the last [SEP] of a text that it cuts, so answers are compared where nothing is cut.
    const checked = texts.filter((_, text) => lengths[text] < maxLength).slice(0, CHECKED);
    const job = {
      model,
      texts,
      lengths,
      slice,
      maxLength,
      labels: LABELS,
      threads: null,
      checked,
      batchSize: 16,
      bf16: false,
    };
    const contender = (id, label, script, more, rest) => ({
      id,
      label,
      command: context.command(script, context.job({ ...job, ...more })),
      ...rest,
    });
    const js = {
      needs: 'transformers.js',
      note: 'loses the last [SEP] of texts that it cuts; otherwise it answers alike',
    };
    const python = { needs: 'python' };
    const few = Math.min(32, slice);
    const [brief, briefly] = context.machine.bf16
      ? [{}, {}]
      : [{ brief: true, note: `${few} texts only: this processor has no bf16 instructions` }, { slice: few }];
    const specs = [
      contender('ours', 'bertune', 'ours/predict.js'),
      contender(
        'js-1',
        'transformers.js, one by one',
        'peers/predict.js',
        { model: exported, batchSize: 1 },
        js,
      ),
      contender('js-16', 'transformers.js, batches of 16', 'peers/predict.js', { model: exported }, js),
      contender('fp32', 'PyTorch, fp32, sorted by length', 'peers/predict.py', {}, python),
      contender(
        'bf16',
        'PyTorch, bf16, sorted by length',
        'peers/predict.py',
        { bf16: true, ...briefly },
        { ...python, ...brief },
      ),
    ];
    const check = (ready) => {
      const right = ready.get('ours').answers;
      // bf16 has three digits.
      for (const [id, { answers }] of ready) checkAnswers(id, answers, right, id === 'bf16' ? 0.02 : 1e-4);
    };
    const comparisons = [
      { of: 'ours', against: ['js-1', 'js-16'], atLeast: 1.3, memoryAtMost: 0.8 },
      { of: 'ours', against: ['fp32'], atLeast: 1.5, memoryAtMost: 0.8 },
      { of: 'ours', against: ['bf16'] },
    ];
    const plan = { slices: count / slice, check, comparisons };
    return [await context.race('Prediction, 256 tokens', specs, plan)];
  },
};

/** Seconds from the start of a process to its first line of JSON, and what the line says. */
function timed(command) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [text, errors, seconds] = ['', '', 0];
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (seconds === 0 && /^\{.*\}$/m.test(text)) seconds = (performance.now() - began) / 1000;
    });
    child.stderr.setEncoding('utf8').on('data', (part) => (errors += part));
    child.on('error', reject).on('close', (code) => {
      if (code === 0 && seconds > 0) resolve({ seconds, answer: JSON.parse(/^\{.*\}$/m.exec(text)[0]) });
      else reject(new Error(`${command.join(' ')} ended with code ${code}:\n${errors.slice(-4000)}`));
    });
  });
}

export const start = {
  name: 'start',
  about: 'one short text, from the start of the process to its answer, against transformers.js and Python',
  minutes: 4,
  async run(context) {
    const { model, exported } = await classifier(context, 256);
    const bin = fileURLToPath(new URL('../../bin/bertune.js', import.meta.url));
    const specs = context.present([
      {
        id: 'ours',
        label: 'bertune predict',
        command: [process.execPath, bin, 'predict', model, TEXT, '--json'],
      },
      {
        id: 'js',
        label: 'transformers.js',
        needs: 'transformers.js',
        atMost: 0.5,
        command: context.command('peers/start.js', exported, TEXT),
      },
      {
        id: 'python',
        label: 'Python, transformers',
        needs: 'python',
        atMost: 0.2,
        command: context.command('peers/start.py', model, TEXT),
      },
    ]);
    const seconds = new Map(specs.map(({ id }) => [id, []]));
    let right;
    // The first turn reads files into memory, and is not counted.
    const turns = 1 + (context.quick ? 1 : Math.max(7, context.options.rounds));
    for (let turn = 0; turn < turns; turn++) {
      for (const { id, label, command } of specs) {
        const { seconds: took, answer } = await timed(command);
        right ??= answer;
        if (answer.label !== right.label)
          throw new Error(`${label} says ${answer.label}, expected ${right.label}.`);
        checkAnswers(label, [[answer.score]], [[right.score]], 1e-4);
        if (turn > 0) seconds.get(id).push(took);
        context.say(`turn ${turn} of ${turns - 1}: ${label} ${took.toFixed(2)} s`);
      }
    }
    const ours = seconds.get('ours');
    const rows = specs.map(({ id, label, atMost }) => {
      const row = { id, label, turns: seconds.get(id), seconds: spreadOf(seconds.get(id)) };
      if (id === 'ours') return row;
      const ratio = spreadOf(ours.map((took, turn) => took / seconds.get(id)[turn]));
      return { ...row, comparison: { of: 'ours', against: id, ratio, atMost } };
    });
    return [{ kind: 'time', title: 'One short text, from the start of the process to its answer', rows }];
  },
};
