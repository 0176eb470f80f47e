/** Weights in several files. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadForPrediction, loadForTraining } from '../../src/checkpoint/load.js';
import { ModelError } from '../../src/util/errors.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { shardModel, tinyCopy } from '../support/models.js';

test.each([1, 2, 5])('in %i files are the same weights', async (count) => {
  const model = tinyCopy(tempFolder(), 'm');
  shardModel(model, count);
  const [whole, sharded] = [await loadForPrediction(TINY), await loadForPrediction(model)];
  expect(sharded.report).toMatchObject({ made: [], unused: [] });
  expect(sharded.layout.size).toBe(whole.layout.size);
  for (const { name, start, end } of sharded.layout.parameters) {
    const other = whole.layout.parameters.find((parameter) => parameter.name === name)!;
    expect(sharded.weights.subarray(start, end), name).toEqual(
      whole.weights.subarray(other.start, other.end),
    );
  }
  // The layout follows the files, one after another, and new parameters come last.
  const { layout } = await loadForTraining(model, ['a', 'b', 'c'], { seed: 1 });
  expect(
    layout.parameters
      .slice(-2)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['classifier.bias', 'classifier.weight']);
});

describe('refused', () => {
  const index = (model: string, weight_map: unknown): void => {
    writeFileSync(join(model, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
  };
  test.each<[string, (model: string, map: Record<string, string>) => void, RegExp]>([
    ['a file that is not there', (m, map) => { rmSync(join(m, Object.values(map)[0]!)); }, /no such file: .*model-0000/],
    ['a path out of the folder', (m, map) => { index(m, { ...map, 'classifier.bias': '../x.safetensors' }); }, /expected the name of a \.safetensors file beside it/],
    ['an absolute path', (m, map) => { index(m, { ...map, 'classifier.bias': '/etc/x.safetensors' }); }, /expected the name/],
    ['a hidden file', (m, map) => { index(m, { ...map, 'classifier.bias': '.x.safetensors' }); }, /expected the name/],
    ['a pickle', (m, map) => { index(m, { ...map, 'classifier.bias': 'pytorch_model.bin' }); }, /expected the name/],
    ['a tensor that is elsewhere', (m, map) => { index(m, { ...map, 'classifier.bias': Object.values(map).find((name) => name !== map['classifier.bias'])! }); }, /tensor "classifier\.bias" is in .*, which doesn't have it/],
    ['no map', (m) => { index(m, undefined); }, /no "weight_map"/],
    ['an empty map', (m) => { index(m, {}); }, /no "weight_map"/],
    ['a number for a name', (m, map) => { index(m, { ...map, 'classifier.bias': 7 }); }, /is in 7, expected/],
  ])('%s', async (_, spoil, message) => {
    const model = tinyCopy(tempFolder(), 'm');
    spoil(model, shardModel(model, 2).weight_map);
    const error = await failureOf(loadForPrediction(model));
    expect(error.message).toMatch(message);
    if (!/no such file/.test(error.message)) expect(error).toBeInstanceOf(ModelError);
  }); // prettier-ignore
});
