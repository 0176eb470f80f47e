/** Encoding in other threads gives what this one gives, fails as this one fails, and keeps nothing alive. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  encodeBlock,
  textsOfBlock,
  type EncodedBlock,
  type EncodingRules,
} from '../../src/encoding/encode.js';
import { BlockEncoder } from '../../src/encoding/encoder.js';
import { ThreadedEncoder } from '../../src/encoding/threaded.js';
import { encodeMany } from '../../src/encoding/many.js';
import { failureOf as failureIn, thrownIn } from '../../src/encoding/messages.js';
import { EncodingThreads } from '../../src/encoding/threads.js';
import { forwardStep } from '../../src/step/steps.js';
import { logitsOfPortions } from '../../src/predict/portions.js';
import { viewsOf } from '../../src/runtime/runtime.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { loadForPrediction } from '../../src/checkpoint/load.js';
import { TextTokenizer, type TokenizerSource } from '../../src/tokenizer/tokenizer.js';
import * as errors from '../../src/util/errors.js';
import { failureOf } from '../files/temp.js';
import { TINY } from '../support/cli.js';
import { fixtureJson } from '../support/fixtures.js';
import { reviews } from '../support/reviews.js';

const source: TokenizerSource = {
  json: fixtureJson('hf-saved/tokenizer.json'),
  config: fixtureJson('hf-saved/tokenizer_config.json'),
  padId: 0,
  name: 'tokenizer.json',
};
const tokenizer = TextTokenizer.fromSource(source);
const rules: EncodingRules = { cleaning: 'html', contract: { maxLength: 24, truncation: 'head+tail' } };

/** Texts of all lengths, some with markup: 1.3 million characters, ten blocks. */
const TEXTS = reviews(12_000).map(
  ({ text }, i) => `${i} ${text}${i % 3 ? '' : '<br />good &amp; bad'} ${'good '.repeat((i * 7) % 31)}`,
);

function threads(start = { tokenizer: source, rules }, ...rest: [number?, URL?]): EncodingThreads {
  const made = new EncodingThreads(start, ...rest);
  onTestFinished(() => made.close());
  return made;
}

describe('another thread', () => {
  test('gives the same ids, offsets and cuts, in the order of the questions', async () => {
    const pool = threads(undefined, 2);
    const parts = [TEXTS.slice(0, 900), [], TEXTS.slice(900, 903), [''], TEXTS.slice(903, 2000)];
    const there = await Promise.all(parts.map((part) => pool.encode(part)));
    const here = await Promise.all(parts.map((part) => encodeBlock(tokenizer, rules, part)));
    expect(there).toEqual(here);
    const [first] = textsOfBlock(there[0]!);
    expect([...first![0]!]).toEqual(
      tokenizer.read(TEXTS[0]!.replace('<br />', '\n').replace('&amp;', '&'), rules.contract).windows[0],
    );
    expect(there[0]!.cut.some((cut) => cut > 0)).toBe(true);
  });

  test('whatever their number, a training run gets the same', async () => {
    const alone = await encodeMany(tokenizer, rules, TEXTS, 1);
    expect(alone).toHaveLength(TEXTS.length);
    const shared = await encodeMany(tokenizer, rules, TEXTS, 3);
    expect(shared).toEqual(alone);
    const { windows, cut } = tokenizer.read(TEXTS[4000]!, rules.contract);
    expect(shared[4000]!.windows.map((ids) => [...ids])).toEqual(windows);
    expect(shared[4000]!.cut).toBe(cut);
  });

  test('windows of a text come back as its own', async () => {
    const inWindows: EncodingRules = {
      cleaning: 'none',
      contract: { maxLength: 8, truncation: 'windows', stride: 2 },
    };
    const texts = ['good '.repeat(20), 'fine', '', 'bad '.repeat(7)];
    const block = await threads({ tokenizer: source, rules: inWindows }).encode(texts);
    const found = textsOfBlock(block).map((windows) => windows.map((ids) => [...ids]));
    expect(found).toEqual(texts.map((text) => tokenizer.read(text, inWindows.contract).windows));
    expect(found.map((windows) => windows.length)).toEqual([5, 1, 1, 2]);
    expect([...block.cut]).toEqual([0, 0, 0, 0]);
  });

  test('what is thrown there is thrown here, and the next texts are encoded', async () => {
    const pool = threads();
    const error = await failureOf(pool.encode([3 as unknown as string]));
    expect(error).toBeInstanceOf(TypeError);
    expect((await pool.encode(['a film'])).cut).toHaveLength(1);
  });

  test("a tokenizer that can't be made is a ModelError", async () => {
    const error = await failureOf(threads({ tokenizer: { ...source, json: {} }, rules }).encode(['a']));
    expect(error).toBeInstanceOf(errors.ModelError);
    expect(error.message).toMatch(/^tokenizer\.json is not a tokenizer/);
  });

  test('one that dies rejects what it was asked, and what it is asked afterwards', async () => {
    const pool = threads(undefined, 1, new URL('data:text/javascript,setTimeout(() => process.exit(3), 50)'));
    const [a, b] = [pool.encode(['a']), pool.encode(['b'])];
    for (const asked of [a, b]) {
      const error = await failureOf(asked);
      expect(error).toBeInstanceOf(errors.InternalError);
      expect(error.message).toMatch(/ended by itself \(exit code 3\)/);
    }
    expect(await failureOf(pool.encode(['c']))).toBeInstanceOf(errors.InternalError);
  });

  test('one that is closed gives up what is under way', async () => {
    const pool = threads();
    const asked = failureOf(pool.encode(TEXTS));
    await pool.close();
    expect((await asked).message).toMatch(/was closed/);
  });
});

test.each([
  new errors.UsageError('a'),
  new errors.DataError('b'),
  new errors.ModelError('c'),
  new errors.FileError('d'),
  new errors.NumericError('e'),
  new errors.InterruptedError('f'),
  new errors.InternalError('g'),
])('$name keeps its class on the way between threads', (error) => {
  const back = thrownIn(structuredClone(failureIn(error))) as errors.BertuneError;
  expect(back).toBeInstanceOf(error.constructor);
  expect(back).toMatchObject({ name: error.name, message: error.message, code: error.code });
});

test('logits are the same, bit for bit, with a thread and without', async () => {
  const { spec, layout, weights, labels } = await loadForPrediction(TINY);
  const session = await (await nodeRuntime({ threads: 1 })).load(forwardStep(spec).onnx);
  const scorer = {
    session,
    parameters: viewsOf(layout.parameters, weights),
    numLabels: labels.length,
    padId: 0,
  };
  const items = TEXTS.slice(0, 3000).map((text) => ({ text }));
  /** Counts what a thread is asked. */
  class Watched extends ThreadedEncoder {
    asked = 0;
    override there(texts: readonly string[]): Promise<EncodedBlock> {
      this.asked++;
      return super.there(texts);
    }
  }
  const allLogits = async (encoder: BlockEncoder): Promise<Float32Array[]> => {
    const portions = [items.slice(0, 2500), items.slice(2500)];
    const all: Float32Array[] = [];
    for await (const { logits } of logitsOfPortions(scorer, encoder, portions)) all.push(...logits);
    await encoder.close();
    return all;
  };
  const withThread = new Watched(tokenizer, rules);
  const found = await allLogits(withThread);
  expect(withThread.asked).toBeGreaterThan(1);
  expect(found).toEqual(await allLogits(new BlockEncoder(tokenizer, rules)));
  expect(found).toHaveLength(3000);
  await session.release();
});

test('a program that never releases its classifier ends all the same, whatever flags node got', async () => {
  const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const script = `import { Classifier } from ${JSON.stringify(index)};
    const classifier = await Classifier.load(${JSON.stringify(TINY)}, { threads: 1 });
    const texts = Array.from({ length: 4000 }, (_, i) => i + ' a fine film '.repeat(5));
    console.log((await classifier.predict(texts)).length);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(output).toBe('4000\n');
});
