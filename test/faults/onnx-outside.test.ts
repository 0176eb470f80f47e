/** ONNX files that say that weights are elsewhere: refused, wherever that is and however it is said, before an engine sees it. */
import { appendFileSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Classifier, ModelError } from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { fixturePath } from '../support/fixtures.js';
import { tinyCopy } from '../support/models.js';
import { externalTensor } from './corpora/onnx.js';

test.each<[string, (outside: string) => string]>([
  ['one folder up', () => '../outside/secret.bin'],
  ['many folders up', () => `${'../'.repeat(20)}etc/passwd`],
  ['an absolute path', (outside) => join(outside, 'secret.bin')],
  ['beside it', () => 'weights.bin'],
  ['beside it, a symbolic link', () => 'symlink.bin'],
  ['beside it, a hard link', () => 'hardlink.bin'],
  ['a device', () => '/dev/zero'],
  ['the memory of the process', () => '*/_ORT_MEM_ADDR_/*'],
])('%s', async (_, pathOf) => {
  const cwd = tempFolder();
  const model = tinyCopy(cwd, 'm', fixturePath('hf-saved-onnx'));
  const outside = join(cwd, 'outside');
  mkdirSync(outside);
  const secret = join(outside, 'secret.bin');
  for (const path of [secret, join(model, 'onnx/weights.bin')]) writeFileSync(path, 'secret');
  symlinkSync(secret, join(model, 'onnx/symlink.bin'));
  linkSync(secret, join(model, 'onnx/hardlink.bin'));
  const onnx = join(model, 'onnx/model.onnx');
  for (const disguised of [true, false]) {
    appendFileSync(onnx, externalTensor(pathOf(outside), disguised));
    const error = await failureOf(Classifier.load(model, { threads: 1 }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain('keeps its weights in other files ("');
  }
});
