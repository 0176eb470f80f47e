/** Reading the fixtures that `scripts/fixtures/` made with PyTorch. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseModelConfig, type ModelConfig } from '../../src/formats/config.js';
import { parseSafetensorsHeader, readTensorAsFloat32 } from '../../src/formats/safetensors.js';
import { architectureOf } from '../../src/model/architectures.js';
import type { ClassifierSpec } from '../../src/model/classifier.js';
import type { DropoutRates } from '../../src/model/config.js';
import { TextTokenizer } from '../../src/tokenizer/tokenizer.js';

export function fixturePath(path: string): string {
  return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}

export function fixtureJson(path: string): unknown {
  return JSON.parse(readFileSync(fixturePath(path), 'utf8'));
}

export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** All tensors of a safetensors file: integers as int64, the rest as float32. */
export function readTensors(path: string): Map<string, FixtureTensor> {
  const bytes = new Uint8Array(readFileSync(path));
  const header = parseSafetensorsHeader(bytes, bytes.length, path);
  return new Map<string, FixtureTensor>(
    [...header.tensors].map(([name, { dtype, shape, start, end }]) => {
      const part = bytes.slice(start, end);
      if (dtype === 'I64') return [name, { shape, data: new BigInt64Array(part.buffer) }];
      const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
      readTensorAsFloat32(part, dtype, data);
      return [name, { shape, data }];
    }),
  );
}

/** The tokenizer of a model's folder. */
export function tokenizerIn(folder: string): TextTokenizer {
  const name = `${folder}/tokenizer.json`;
  const json: unknown = JSON.parse(readFileSync(name, 'utf8'));
  return TextTokenizer.fromSource({ json, config: {}, padId: 0, name });
}

export const BERT_FIXTURES = [
  ...(['two-classes', 'three-classes', 'one-output', 'five-relu', 'several-labels'] as const),
  ...(['distilbert', 'roberta'] as const),
] as const;

export interface BertExpected {
  readonly loss: number;
  readonly hyper_parameters: {
    readonly steps: number;
    readonly warmup_steps: number;
    readonly learning_rate: number;
    readonly betas: readonly [number, number];
    readonly epsilon: number;
    readonly weight_decay: number;
    readonly max_norm: number;
  };
  readonly train: {
    readonly loss: readonly number[];
    readonly grad_norm: readonly number[];
    readonly learning_rate: readonly number[];
  };
}

export interface BertFixture {
  readonly config: ModelConfig;
  readonly spec: ClassifierSpec;
  readonly weights: ReadonlyMap<string, FixtureTensor>;
  readonly tensors: ReadonlyMap<string, FixtureTensor>;
  readonly expected: BertExpected;
}

export const NO_DROPOUT: DropoutRates = { hidden: 0, attention: 0, classifier: 0 };

export function bertFixture(name: string): BertFixture {
  const folder = fixturePath(`bert/${name}`);
  const config = parseModelConfig(fixtureJson(`bert/${name}/config.json`), `${name}/config.json`);
  const weights = readTensors(`${folder}/model.safetensors`);
  const numLabels = weights.get(`${architectureOf(config.modelType).output}.bias`)!.data.length;
  return {
    config,
    spec: { modelType: config.modelType, config, numLabels },
    weights,
    tensors: readTensors(`${folder}/expected.safetensors`),
    expected: fixtureJson(`bert/${name}/expected.json`) as BertExpected,
  };
}

/** max |a - b| / max |b|: the error beside the tensor's own size. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    // NaN must not pass as small.
    const d = Math.abs(actual[i]! - expected[i]!);
    difference = Number.isNaN(d) ? Infinity : Math.max(difference, d);
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return size === 0 ? difference : difference / size;
}
