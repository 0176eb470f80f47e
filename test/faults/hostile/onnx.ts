/** ONNX files that are wrong: what is looked at before an engine is given them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readOnnxFacts } from '../../../src/formats/onnx-read.js';
import { fixturePath } from '../../support/fixtures.js';
import { onnxCase } from '../corpora/onnx.js';
import { randomOf } from '../corpora/random.js';
import { fuzz, SEED } from '../runs.js';

const FILES = ['model', 'model_quantized'].map(
  (name) => new Uint8Array(readFileSync(fixturePath(`hf-saved-onnx/onnx/${name}.onnx`))),
);

export function fuzzOnnx(runs: number): void {
  test(`${runs} ONNX files: their notes or a typed error`, async () => {
    let external = 0;
    const { read, refused } = await fuzz('ONNX', runs, ['MODEL'], (i) => {
      const bytes = onnxCase(FILES[i % FILES.length]!, randomOf(SEED, i));
      external += readOnnxFacts(bytes, 'model.onnx').externalFiles.size;
    });
    expect(read).toBeGreaterThan(runs / 10);
    expect(refused).toBeGreaterThan(runs / 20);
    expect(external).toBeGreaterThan(0);
  });
}
