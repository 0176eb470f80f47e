/** A checkpoint as pre-training leaves it: bf16, with the heads of other tasks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadForTraining } from '../../src/checkpoint/load.js';
import { encodeSafetensorsHeader, parseSafetensorsHeader } from '../../src/formats/safetensors.js';
import { forecastLines } from '../../src/cli/forecast.js';
import { forecast } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { tinyCopy } from '../support/models.js';
import { reviews } from '../support/reviews.js';

const HEADS = {
  'cls.predictions.bias': [199],
  'cls.seq_relationship.weight': [2, 24],
  'cls.seq_relationship.bias': [2],
} as const;

/** The same numbers, each cut to the upper half of its bits, without the classifier and with other heads. */
function pretrained(folder: string): void {
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const tensors = [...parseSafetensorsHeader(bytes, bytes.length, path).tensors]
    .filter(([name]) => !name.startsWith('classifier'))
    .map(([name, { shape, start, end }]) => {
      const halves = new Uint16Array(new Uint8Array(bytes.subarray(start, end)).buffer);
      return { name, shape, data: halves.filter((_, i) => i % 2 === 1) };
    });
  for (const [name, shape] of Object.entries(HEADS)) {
    tensors.push({
      name,
      shape: [...shape],
      data: new Uint16Array(shape.reduce<number>((a, b) => a * b, 1)),
    });
  }
  const header = encodeSafetensorsHeader(
    tensors.map(({ name, shape }) => ({ name, dtype: 'BF16', shape })) as never,
  );
  const parts = tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(path, Buffer.concat([header, ...parts]));
}

test('is read, and what of it is new or unused is named', async () => {
  const model = tinyCopy(tempFolder(), 'm');
  pretrained(model);
  const { report, layout, weights } = await loadForTraining(model, ['a', 'b', 'c'], { seed: 1 });
  expect(report.made).toEqual(['classifier.weight', 'classifier.bias']);
  expect([...report.unused].sort()).toEqual(Object.keys(HEADS).sort());
  const whole = await loadForTraining(TINY, ['a', 'b', 'c'], { seed: 1 });
  const bits = new Uint32Array(1);
  const asFloat = new Float32Array(bits.buffer);
  for (const { name, start, end } of layout.parameters) {
    if (name.startsWith('classifier')) continue;
    const original = whole.layout.parameters.find((each) => each.name === name)!;
    for (let i = 0; i < end - start; i++) {
      asFloat[0] = whole.weights[original.start + i]!;
      bits[0] = bits[0]! & 0xffff0000;
      if (weights[start + i] !== asFloat[0]) expect.fail(`${name}[${i}]: ${weights[start + i]!}`);
    }
  }
  const said = forecastLines(
    await forecast({ data: reviews(24), model, maxLength: 12, maxSteps: 1, threads: 1 }),
  );
  expect(said.join('\n')).toMatch(/a new classifier.*\n +left unused: .*cls\.seq_relationship\.weight/);
});
