/** config.json, tokenizer.json and the index of a model's weights, each wrong in structure or spelling. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderFiles } from '../../../src/checkpoint/folder.js';
import { loadForPrediction } from '../../../src/checkpoint/load.js';
import { makeTokenizer, readConfigJson, tokenizerSource } from '../../../src/checkpoint/read-model.js';
import { parseClassifierFacts, parseModelConfig } from '../../../src/formats/config.js';
import { tempFolder } from '../../files/temp.js';
import { fixturePath } from '../../support/fixtures.js';
import { shardModel, tinyCopy } from '../../support/models.js';
import { NAMES, spoilJson } from '../corpora/json.js';
import { mutateBytes, randomOf } from '../corpora/random.js';
import { fuzz, SEED } from '../runs.js';

const MODELS = ['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta'];
const WINDOW = { maxLength: 16, truncation: 'windows', stride: 4 } as const;
const TEXTS = [
  'A fine film.',
  '',
  ' \u0000 __proto__ [UNK] [CLS] <s> </s>',
  'x'.repeat(300),
  'é ü 日本 👍🏽 \ud83d e\u0301',
  ...NAMES,
];

/** One text of a file: spoilt in structure, and now and then in its bytes. */
function spoilt(json: string, index: number): Uint8Array {
  const random = randomOf(SEED, index);
  const bytes = Buffer.from(random.chance(0.95) ? spoilJson(json, random) : json);
  return random.chance(0.1) ? mutateBytes(bytes, random) : bytes;
}

/** Whether what a model is made of can be read, and texts with it. */
async function readParts(folder: string): Promise<void> {
  const files = folderFiles(folder);
  const json = await readConfigJson(files);
  parseClassifierFacts(json, 'config.json');
  const config = parseModelConfig(json, 'config.json');
  const tokenizer = makeTokenizer(await tokenizerSource(files, config), config);
  for (const text of TEXTS) {
    for (const ids of tokenizer.read(text, WINDOW).windows) {
      const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < config.vocabSize;
      if (!ids.every(isId)) throw new Error(`ids ${ids.join()} of ${JSON.stringify(text)}`);
    }
  }
}

/** The same with one file of a model's folder spoilt; `file` is what is spoilt, `read` what reads it. */
function fuzzFile(
  file: string,
  runs: number,
  read: (folder: string, index: number) => Promise<unknown>,
): void {
  test(`${runs} of ${file}: read or a typed error, no pollution, and an end`, async () => {
    const folders = MODELS.map((name) => tinyCopy(tempFolder(), 'm', fixturePath(name)));
    if (file.endsWith('index.json')) folders.forEach((folder) => shardModel(folder, 3));
    const originals = folders.map((folder) => readFileSync(join(folder, file), 'utf8'));
    const { read: count, refused } = await fuzz(file, runs, ['MODEL', 'FILE'], (i) => {
      const folder = folders[i % folders.length]!;
      writeFileSync(join(folder, file), spoilt(originals[i % folders.length]!, i));
      return read(folder, i);
    });
    expect(count).toBeGreaterThan(runs / 20);
    expect(refused).toBeGreaterThan(runs / 50);
  });
}

export function fuzzModelFiles(runs: number): void {
  fuzzFile('config.json', runs, async (folder, i) => {
    await readParts(folder);
    if (i % 20 === 0) await loadForPrediction(folder);
  });
  fuzzFile('tokenizer.json', runs, readParts);
  fuzzFile('tokenizer_config.json', runs, readParts);
  fuzzFile('model.safetensors.index.json', runs, (folder) => loadForPrediction(folder));
}
