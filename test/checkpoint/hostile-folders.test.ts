/** Model folders that are damaged or made to do harm: refused by what is wrong, before room is made for what they promise. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadForPrediction, loadForPretraining, loadForTraining } from '../../src/checkpoint/load.js';
import { BertuneError } from '../../src/util/errors.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { editConfig, editFloat, editJson, keepTensors, shardModel, tinyCopy } from '../support/models.js';

type Spoil = (model: string) => unknown;

/** What a folder is refused with, for prediction and for training on its own labels: exit code 2. */
async function refusals(spoil: Spoil): Promise<string[]> {
  const model = tinyCopy(tempFolder(), 'm');
  spoil(model);
  const loads = [
    () => loadForPrediction(model),
    () => loadForTraining(model, ['negative', 'positive'], { seed: 1 }),
  ];
  const messages: string[] = [];
  for (const load of loads) {
    const error = await failureOf(load());
    if (!(error instanceof BertuneError)) throw error;
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/\/m\b|^config\.json: /);
    expect(error.message.length).toBeLessThan(2_000);
    messages.push(error.message);
  }
  return messages;
}

const config =
  (change: Record<string, unknown>): Spoil =>
  (model) => {
    editConfig(model, change);
  };
const index =
  (change: (map: Record<string, unknown>, model: string) => unknown): Spoil =>
  (model) => {
    const { weight_map } = shardModel(model, 2);
    const changed = change(weight_map, model);
    writeFileSync(join(model, 'model.safetensors.index.json'), JSON.stringify({ weight_map: changed }));
  };
const elsewhere = (name: unknown): Spoil => index((map) => ({ ...map, 'classifier.bias': name }));
const drop =
  (...parts: string[]): Spoil =>
  (model) => {
    keepTensors(model, (name) => !parts.some((part) => name.includes(part)));
  };

const CASES: readonly (readonly [string, Spoil, RegExp])[] = [
  ['a width of a thousand million', config({ hidden_size: 1e9 }), /hidden_size is 1000000000, expected a whole number from 1 to 65,536/],
  ['a negative width', config({ hidden_size: -32 }), /hidden_size is -32, expected/],
  ['a width as text', config({ hidden_size: '32' }), /hidden_size is "32", expected a whole number/],
  ['a width of nothing', config({ hidden_size: null }), /hidden_size is null, expected/],
  ['half a width', config({ hidden_size: 31.5 }), /hidden_size is 31\.5, expected/],
  ['another width than the weights have', config({ hidden_size: 64 }), /tensor "[\w.]+" is \[199, 24\], expected \[199, 64\]; .*; and 18 more by config\.json/],
  ['a width that heads do not divide', config({ num_attention_heads: 5 }), /hidden_size is 24, expected a multiple of num_attention_heads \(5\)/],
  ['no heads', config({ num_attention_heads: 0 }), /num_attention_heads is 0/],
  ['a million layers', config({ num_hidden_layers: 1e6 }), /num_hidden_layers is 1000000, expected a whole number from 1 to 1,000/],
  ['more layers than there are', config({ num_hidden_layers: 1_000 }), /lacks \d+ of the model's \d+ tensors: (?:[\w.]+; )+and \d+ more\. Only the classifier may be new/],
  ['a list of layers', config({ num_hidden_layers: [2] }), /num_hidden_layers is \[2\], expected/],
  ['a vocabulary of 2^53', config({ vocab_size: 2 ** 53 }), /vocab_size is 9007199254740992, expected a whole number from 1 to 10,000,000/],
  ['a vocabulary that is smaller than the tokenizer’s', config({ vocab_size: 9 }), /word_embeddings\.weight" is \[199, 24\], expected \[9, 24\]|has ids up to/],
  ['1e400 positions', (m) => { writeFileSync(join(m, 'config.json'), readFileSync(join(m, 'config.json'), 'utf8').replace(/"max_position_embeddings": \d+/, '"max_position_embeddings": 1e400')); }, /max_position_embeddings is null, expected/],
  ['no positions', config({ max_position_embeddings: 0 }), /max_position_embeddings is 0/],
  ['an inner width of 2^40', config({ intermediate_size: 2 ** 40 }), /intermediate_size is 1099511627776/],
  ['an epsilon of 0', config({ layer_norm_eps: 0 }), /layer_norm_eps is 0, expected a number between 0 and 1/],
  ['a dropout of 2', config({ hidden_dropout_prob: 2 }), /hidden_dropout_prob is 2, expected a rate/],
  ['padding that is no id', config({ pad_token_id: -1 }), /pad_token_id is -1/],
  ['an unknown activation', config({ hidden_act: 'rm -rf /' }), /rm -rf/],
  ['labels with a gap', config({ id2label: { 0: 'a', 2: 'b' }, label2id: undefined }), /id2label has 2 labels but no "1"/],
  ['labels that disagree', config({ label2id: { negative: 1, positive: 0 } }), /id2label and label2id disagree/],
  ['a config that is a list', (m) => { writeFileSync(join(m, 'config.json'), '[]'); }, /config\.json is a list, expected an object/],
  ['a config 100,000 deep', (m) => { writeFileSync(join(m, 'config.json'), `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`); }, /config\.json has lists or objects within each other more than 127 deep/],
  ['a config that is empty', (m) => { writeFileSync(join(m, 'config.json'), ''); }, /config\.json is empty/],
  ['a config of other bytes', (m) => { writeFileSync(join(m, 'config.json'), Uint8Array.of(0xff, 0xfe, 0x7b)); }, /config\.json is not UTF-8/],
  ['a config that is a folder', (m) => { rmSync(join(m, 'config.json')); mkdirSync(join(m, 'config.json')); }, /config\.json is a folder, expected a file/],
  ['an index to a folder above', elsewhere('../model.safetensors'), /"classifier\.bias" is in "\.\.\/model\.safetensors", expected the name/],
  ['an index to an absolute path', elsewhere('/etc/passwd'), /is in "\/etc\/passwd", expected the name/],
  ['an index to an address', elsewhere('https://127.0.0.1/x.safetensors'), /is in "https:.*expected the name/],
  ['an index to a drive', elsewhere('C:\\x.safetensors'), /expected the name/],
  ['an index with a name that ends early', elsewhere('x.safetensors\0.bin'), /expected the name/],
  ['an index with a name of 5,000 letters', elsewhere(`${'x'.repeat(5_000)}/`), /expected the name/],
  ['an index with an object for a name', elsewhere({ toString: 'x' }), /expected the name/],
  ['an index to a file that is not there', elsewhere('absent.safetensors'), /no such file: .*absent\.safetensors/],
  ['an index to a tensor that is not there', index((map) => ({ ...map, missing: 'model-00001-of-00002.safetensors' })), /says that tensor "missing" is in model-00001.*, which doesn't have it/],
  ['an index that is a list', index((map) => Object.keys(map)), /has no "weight_map"/],
  ['a part that is cut', (m) => { index((map) => map)(m); const part = join(m, 'model-00001-of-00002.safetensors'); writeFileSync(part, readFileSync(part).subarray(0, 9_000)); }, /model-00001-of-00002\.safetensors is cut/],
  ['two tensors missing', drop('pooler'), /lacks 2 of the model's 41 tensors: bert\.pooler\.dense\.weight; bert\.pooler\.dense\.bias\. Only the classifier may be new|no classifier/],
  ['a layer missing', drop('layer.1.'), /lacks 16 of the model's 41 tensors: (?:[\w.]+; ){15}[\w.]+\. Only the classifier/],
  ['NaN in two tensors', (m) => { editFloat(m, 'bert.pooler.dense.weight', 7, () => NaN); editFloat(m, 'classifier.bias', 0, () => Infinity); }, /tensor "(?:classifier|bert).* has (?:NaN|Infinity) at element \d; .*tensor ".* has (?:NaN|Infinity) at element \d; the checkpoint is spoiled/],
  ['a vocabulary with an id of 1e9', (m) => { editVocab(m, 1e9); }, /tokenizer\.json: the id of "\w+" is 1000000000, expected a whole number from 0 to 9999999/],
  ['a vocabulary with an id that is a text', (m) => { editVocab(m, '7'); }, /the id of "\w+" is "7", expected/],
  ['pieces of no length', (m) => { editJson(m, 'tokenizer.json', { pre_tokenizer: { type: 'FixedLength', length: 0 } }); }, /pieces of the length 0, expected a whole number from 1 up/],
]; // prettier-ignore

function editVocab(model: string, id: unknown): void {
  const { model: inner } = JSON.parse(readFileSync(join(model, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: object };
  };
  const last = Object.keys(inner.vocab).at(-1)!.replace(/\W/g, '');
  editJson(model, 'tokenizer.json', { model: { ...inner, vocab: { ...inner.vocab, [last]: id } } });
}

test('there are 40 and more', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(40);
});

test.each(CASES)('%s', async (_, spoil, message) => {
  for (const found of await refusals(spoil)) expect(found).toMatch(message);
});

test('tensors that nobody needs are named, and change nothing', async () => {
  const model = tinyCopy(tempFolder(), 'm');
  editConfig(model, { num_hidden_layers: 1 });
  const { report } = await loadForPrediction(model);
  expect(report.made).toEqual([]);
  expect(report.unused).toHaveLength(16);
  expect(report.unused.every((name) => name.includes('layer.1.'))).toBe(true);
});

describe('saved instead of a file', () => {
  const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n';
  const PAGE = '<!doctype html>\n<html class=""><head><title>model.safetensors</title></head></html>';
  const FILES = [
    'model.safetensors',
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'model.safetensors.index.json',
  ];
  test.each(FILES)('%s', async (file) => {
    for (const [content, message] of [
      [POINTER, /is a Git LFS pointer, not the .*git lfs pull/],
      [PAGE, /is a web page.*download/],
      [`\ufeff\n${PAGE.toUpperCase()}`, /is a web page/],
    ] as const) {
      const spoil = (model: string): void => {
        if (file.endsWith('index.json')) rmSync(join(model, 'model.safetensors'));
        writeFileSync(join(model, file), content);
      };
      for (const found of await refusals(spoil)) {
        expect(found).toContain(`${file} is a `);
        expect(found).toMatch(message);
      }
    }
  });
});

describe.skipIf(process.platform === 'win32')('with a pickle only', () => {
  test.each(['pytorch_model.bin', 'model.pt', 'model.pth', 'model.pkl', 'model.ckpt'])(
    '%s is never opened',
    async (file) => {
      for (const load of [
        loadForPrediction,
        (m: string) => loadForTraining(m, ['a', 'b'], { seed: 1 }),
        (m: string) => loadForPretraining(m, { seed: 1 }),
      ]) {
        const model = tinyCopy(tempFolder(), 'm');
        rmSync(join(model, 'model.safetensors'));
        // A pipe without a writer: whoever opens it waits for ever.
        expect(spawnSync('mkfifo', [join(model, file)]).status).toBe(0);
        const { message } = await failureOf(load(model));
        expect(message).toContain(`has only ${file}, a pickle file, which can run code`);
        expect(message).toContain('AutoModel.from_pretrained');
      }
    },
  );

  test('one that is called weights is told by its first bytes', async () => {
    for (const start of [[0x80, 2], [0x80, 4], [0x50, 0x4b, 3, 4]]) {
      const spoil = (model: string): void => { writeFileSync(join(model, 'model.safetensors'), Uint8Array.from([...start, ...new Uint8Array(90)])); };
      for (const found of await refusals(spoil)) expect(found).toMatch(/a zip file, such as PyTorch's|a Python pickle/);
    }
  }); // prettier-ignore
});

test('weights by a symbolic link, as the cache of the hub has them, are read', async () => {
  const folder = tempFolder();
  const model = tinyCopy(folder, 'm');
  const weights = join(model, 'model.safetensors');
  copyFileSync(weights, join(folder, 'blob'));
  renameSync(weights, join(folder, 'moved'));
  symlinkSync('../blob', weights);
  expect((await loadForPrediction(model)).report.made).toEqual([]);
});
