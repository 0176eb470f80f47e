/** What is wrong with the tensors of a checkpoint is told of all of them at once. */
import { expect, test } from 'vitest';
import { Classifier, ModelError } from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { editConfig, editFloat, keepTensors, tinyCopy } from '../support/models.js';

async function refusal(model: string): Promise<string> {
  const error = await failureOf(Classifier.load(model));
  expect(error).toBeInstanceOf(ModelError);
  return error.message;
}

test('tensors that are missing, of another shape or not finite', async () => {
  const folder = tempFolder();
  const lacking = tinyCopy(folder, 'lacking');
  keepTensors(lacking, (name) => !/layer\.0\.(?:output|intermediate)/.test(name));
  const missing = await refusal(lacking);
  for (const name of [
    'intermediate.dense.weight',
    'intermediate.dense.bias',
    'output.dense.weight',
    'output.LayerNorm.bias',
  ]) {
    expect(missing).toContain(`bert.encoder.layer.0.${name}`);
  }
  const other = tinyCopy(folder, 'other');
  editConfig(other, { intermediate_size: 7 });
  expect((await refusal(other)).match(/, expected \[/g)!.length).toBeGreaterThan(5);
  const spoilt = tinyCopy(folder, 'spoilt');
  editFloat(spoilt, 'bert.pooler.dense.bias', 1, () => NaN);
  editFloat(spoilt, 'classifier.weight', 3, () => Infinity);
  const message = await refusal(spoilt);
  expect(message).toContain('tensor "bert.pooler.dense.bias" has NaN at element 1');
  expect(message).toContain('tensor "classifier.weight" has Infinity at element 3');
});
