/** Names that every object of JavaScript has, wherever a file may have a name: data like any other, or refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { loadForPrediction, loadForTraining, readTokenizerSettings } from '../../src/checkpoint/load.js';
import { parseModelConfig, writeModelConfig } from '../../src/formats/config.js';
import { encodeTargets, findProblem, labelNames } from '../../src/data/problem.js';
import { readExamples } from '../../src/data/read.js';
import { Classifier, evaluate, ModelError, train } from '../../src/index.js';
import { sourceOf } from '../data/helpers.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { editConfig, tinyCopy } from '../support/models.js';
import { expectNoPollution } from './runs.js';

afterEach(expectNoPollution);

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'length',
] as const;
const own = (name: string, value: unknown): object => Object.fromEntries([[name, value]]);
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe.each(NAMES)('%s', (name) => {
  const other = name === 'toString' ? 'constructor' : 'toString';

  test('as a column of texts and of labels', async () => {
    const options = { textColumn: name, labelColumn: other, clean: 'none' } as const;
    const rows = [['a', 'x'], ['b', 'y']]; // prettier-ignore
    const files = {
      csv: [[name, other], ...rows].map((row) => row.join()).join('\n'),
      jsonl: rows
        .map(([text, label]) => JSON.stringify({ ...own(name, text), ...own(other, label) }))
        .join('\n'),
      json: `{"${name}": ["a", "b"], "${other}": ["x", "y"]}`,
    };
    for (const [format, content] of Object.entries(files)) {
      const { examples, columns } = await readExamples(sourceOf(`a.${format}`, content), options);
      expect(columns).toEqual({ text: name, label: other });
      expect(examples.map(({ text, label }) => [text, label])).toEqual(rows);
    }
  });

  test('as a field with an object in it', async () => {
    const lines = `{"text": "a", "label": "x", "${name}": {"polluted": "yes"}}\n{"text": "b", "label": "y"}`;
    expect((await readExamples(sourceOf('a.jsonl', lines))).examples).toHaveLength(2);
  });

  test('as a label, alone and beside others', async () => {
    for (const labels of [[name, other], [`${name}|${other}`, name, other]]) {
      const csv = ['text,label', ...labels, ...labels].map((label, i) => (i ? `t${i},${label}` : label)).join('\n');
      const { examples } = await readExamples(sourceOf('a.csv', csv));
      const problem = findProblem(examples);
      const names = labelNames(examples, problem);
      expect(names).toEqual([name, other].sort());
      const targets = encodeTargets(examples, problem.problemType, names);
      const of = names.indexOf(name);
      if ('labelIds' in targets) expect(targets.labelIds[0]).toBe(of);
      else expect('labelSets' in targets && targets.labelSets[1]).toEqual([of]);
    }
  }); // prettier-ignore

  test('as a label of id2label, written and read again', () => {
    const raw = json(join(TINY, 'config.json')) as Record<string, unknown>;
    const config = parseModelConfig({ ...raw, id2label: { 0: name, 1: other }, label2id: undefined }, 'c');
    expect(config.id2label).toEqual([name, other]);
    expect(config.label2id?.get(name)).toBe(0);
    const text = JSON.stringify(writeModelConfig(config, { className: 'X', id2label: [name, other] }));
    expect(text).toContain(`"${name}":0`);
    expect(parseModelConfig(JSON.parse(text), 'c').id2label).toEqual([name, other]);
  });

  test('as a key of config.json and of tokenizer_config.json', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    for (const file of ['config.json', 'tokenizer_config.json', 'tokenizer.json']) {
      const text = readFileSync(join(model, file), 'utf8');
      writeFileSync(
        join(model, file),
        text.replace('{', `{"${name}": {"polluted": "yes", "hidden_size": 4},`),
      );
    }
    expect((await loadForPrediction(model)).config.hiddenSize).toBe(
      (await loadForPrediction(TINY)).config.hiddenSize,
    );
    expect(Object.keys((await readTokenizerSettings(model)) ?? {})).toContain(name);
  });

  test('as an id of id2label: refused', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    editConfig(model, { id2label: own(name, 'a'), label2id: undefined });
    const error = await failureOf(loadForPrediction(model));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(/id2label has 1 label but no "0"/);
  });

  test('as a model type, an activation and a kind of problem: refused', () => {
    const raw = json(join(TINY, 'config.json')) as object;
    for (const field of ['model_type', 'problem_type']) {
      expect(() => parseModelConfig({ ...raw, [field]: name }, 'c')).toThrow(ModelError);
    }
  });

  test('as a tensor, and in an index', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    const path = join(model, 'model.safetensors');
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const header = bytes.subarray(8, 8 + length).toString();
    const longer = Buffer.from(
      header.replace('{', `{"${name}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},`),
    );
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(longer.length));
    writeFileSync(path, Buffer.concat([size, longer, bytes.subarray(8 + length)]));
    expect((await loadForPrediction(model)).report.unused).toEqual([name]);
    writeFileSync(
      join(model, 'model.safetensors.index.json'),
      `{"weight_map": {"${name}": "x.safetensors"}}`,
    );
    writeFileSync(join(model, 'other.safetensors'), bytes);
    expect((await loadForPrediction(model)).report.found.length).toBeGreaterThan(0);
  });

  test('as an entry of a vocabulary', async () => {
    const model = tinyCopy(tempFolder(), 'm');
    const path = join(model, 'tokenizer.json');
    const tokenizer = json(path) as { model: { vocab: Record<string, number> } };
    const [token, id] = Object.entries(tokenizer.model.vocab).find(([key]) => /^[a-z]{2,}$/.test(key))!;
    const text = readFileSync(path, 'utf8').replace(`"${token}": ${id}`, `"${name.toLowerCase()}": ${id}`);
    writeFileSync(path, text);
    const { tokenizer: loaded } = await loadForPrediction(model);
    const ids = loaded.encode(name, { maxLength: 24, truncation: 'head' }).ids;
    // BERT takes an underscore for punctuation, so that what has some is never one token.
    expect(ids.includes(id)).toBe(!name.includes('_'));
  });
});

test('a run whose labels are such names: trained, saved, loaded, evaluated', async () => {
  const out = join(tempFolder(), 'run');
  const labels = ['__proto__', 'constructor'];
  const data = Array.from({ length: 24 }, (_, i) => ({
    text: `film ${i} was ${i % 2 ? 'fine' : 'dull'}`,
    label: labels[i % 2]!,
  }));
  await train({ data, model: TINY, out, maxSteps: 2, maxLength: 16, threads: 1 });
  const classifier = await Classifier.load(out, { threads: 1 });
  expect(classifier.labels).toEqual(labels);
  const [prediction] = await classifier.predict(['a fine film']);
  expect(labels).toContain(prediction!.label);
  await classifier.release();
  expect((await evaluate(out, data, { threads: 1 })).accuracy).toBeGreaterThanOrEqual(0);
  expect((await loadForTraining(out, labels, { seed: 1 })).report.made).toEqual([]);
});
