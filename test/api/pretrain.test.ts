/** Pre-training on texts without labels, from files to a folder that `train` starts from. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  DataError,
  FileError,
  forecastPretraining,
  pretrain,
  train,
  UsageError,
  type PretrainEvent,
  type PretrainOptions,
  type PretrainResult,
} from '../../src/index.js';
import { failureOf, tempFolder } from '../files/temp.js';
import { bertuneOk, expectRefused, TINY } from '../support/cli.js';
import { readTensors } from '../support/fixtures.js';
import { keepTensors, tinyCopy } from '../support/models.js';
import { readJsonFile, reviews, reviewsCsv, sha256 } from '../support/reviews.js';

const TEXTS = reviews(60).map(({ text }) => text);

async function quick(
  options: Partial<PretrainOptions> = {},
): Promise<{ events: PretrainEvent[]; result: PretrainResult; folder: string }> {
  const events: PretrainEvent[] = [];
  const folder = join(tempFolder(), 'pretrained');
  const result = await pretrain({
    ...{ texts: TEXTS, model: TINY, out: folder, threads: 1, epochs: 4, batchSize: 8, learningRate: 5e-3 },
    maxLength: 24,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { events, result, folder };
}

function startOf(events: readonly PretrainEvent[]): PretrainEvent & { type: 'start' } {
  const [first] = events;
  if (first?.type !== 'start') throw new Error('the first event is not start');
  return first;
}

describe('a run', () => {
  test('lowers the perplexity, and leaves a BertForMaskedLM with the tokenizer and the pooler as they were', async () => {
    const { events, result, folder } = await quick();
    const { windows, newHead, plan } = startOf(events);
    const estimate = events.find((event) => event.type === 'estimate');
    expect(windows).toEqual({ train: 57, test: 3 });
    expect(newHead).toBe(true);
    expect(plan.totalSteps).toBe(4 * 8);
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(32);
    expect(estimate?.perplexity).toBe(result.perplexityBefore);
    // A new head knows nothing of 199 tokens.
    expect(result.perplexityBefore).toBeGreaterThan(100);
    expect(result.perplexity).toBeLessThan(0.7 * result.perplexityBefore);
    const config = readJsonFile(folder, 'config.json') as Record<string, unknown>;
    expect(config['architectures']).toEqual(['BertForMaskedLM']);
    const saved = readTensors(`${folder}/model.safetensors`);
    const base = readTensors(`${TINY}/model.safetensors`);
    const names = [...saved.keys()];
    expect(names.filter((name) => name.startsWith('cls.')).sort()).toEqual(
      [
        'bias',
        'transform.LayerNorm.bias',
        'transform.LayerNorm.weight',
        'transform.dense.bias',
        'transform.dense.weight',
      ].map((name) => `cls.predictions.${name}`),
    );
    for (const name of names.filter((each) => each.includes('pooler'))) {
      expect(saved.get(name)!.data, name).toEqual(base.get(name)!.data);
    }
    expect(saved.get('bert.embeddings.word_embeddings.weight')!.data).not.toEqual(
      base.get('bert.embeddings.word_embeddings.weight')!.data,
    );
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
      expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join(TINY, file), 'utf8'));
    }
    expect(readJsonFile(folder, 'eval_results.json')).toMatchObject({
      ...{ perplexity: result.perplexity, perplexity_before: result.perplexityBefore, step: 32 },
    });
  });

  test('is the same for the same seed, and another for another', async () => {
    const hashes = await Promise.all(
      [1, 1, 2].map(async (seed) => sha256((await quick({ seed, epochs: 1 })).folder, 'model.safetensors')),
    );
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  test('is what train starts from, with a new classifier alone; and a further run keeps its head', async () => {
    const { folder } = await quick({ epochs: 1 });
    const out = join(tempFolder(), 'run');
    const data = reviews(24);
    const { folder: run } = await train({
      ...{ data, model: folder, out, threads: 1, epochs: 1, maxLength: 24 },
      onEvent: (event) => {
        if (event.type !== 'start') return;
        expect([...event.report.made].sort()).toEqual(['classifier.bias', 'classifier.weight']);
        expect(event.report.unused.every((name) => name.startsWith('cls.'))).toBe(true);
      },
    });
    expect(run).toBe(out);
    expect(startOf((await quick({ model: folder, epochs: 1 })).events).newHead).toBe(false);
  });

  test('from a checkpoint without pooler has none, and fine-tuning makes a new one', async () => {
    const cwd = tempFolder();
    const bare = tinyCopy(cwd, 'bare');
    keepTensors(bare, (name) => !name.includes('pooler') && !name.startsWith('classifier'));
    const { folder } = await quick({ model: bare, epochs: 1 });
    expect(
      [...readTensors(`${folder}/model.safetensors`).keys()].filter((name) => /pooler/.test(name)),
    ).toEqual([]);
    const made: string[] = [];
    await train({
      ...{ data: reviews(24), model: folder, out: join(cwd, 'run'), threads: 1, epochs: 1, maxLength: 24 },
      onEvent: (event) => {
        if (event.type === 'start') made.push(...event.report.made);
      },
    });
    expect(made.sort()).toEqual(
      ['bert.pooler.dense.bias', 'bert.pooler.dense.weight', 'classifier.bias', 'classifier.weight'],
    ); // prettier-ignore
  });
});

describe('texts', () => {
  test('of all kinds of files, and in memory, are read; those that are long in several windows', async () => {
    const cwd = tempFolder();
    const paths = ['a.csv', 'b.txt', 'c.jsonl.gz'].map((name) => join(cwd, name));
    writeFileSync(paths[0]!, reviewsCsv(reviews(10)));
    writeFileSync(paths[1]!, 'a fine film\n\nthe cast is great\r\nno end');
    writeFileSync(
      paths[2]!,
      gzipSync(
        reviews(4)
          .map(({ text }) => JSON.stringify({ text }))
          .join('\n'),
      ),
    );
    // Windows of 8 ids hold 6 word pieces; this text has 15.
    const long = Array.from({ length: 15 }, () => 'film').join(' ');
    const { events } = await quick({ files: paths, texts: [long], maxLength: 8, epochs: 1 });
    const { texts, windows } = startOf(events);
    expect(texts).toBe(10 + 4 + 4 + 1); // an empty line is a text without a window
    expect(windows.train + windows.test).toBeGreaterThanOrEqual(10 + 3 + 4 + 3);
  });

  test.each<[string, Partial<PretrainOptions>, new (...args: never[]) => Error, RegExp]>([
    ['none', { texts: [] }, UsageError, /needs texts/],
    ['one', { texts: ['a fine film'] }, DataError, /at least two texts/],
    ['a missing file', { files: ['no.csv'] }, FileError, /no\.csv/],
    ['windows longer than the model reads', { maxLength: 999 }, UsageError, /reads at most 24 tokens/],
    ['a share of all', { testSplit: 1 }, UsageError, /between 0 and 1/],
  ])('%s: refused', async (_, options, type, message) => {
    const error = await failureOf(quick(options));
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });
});

describe('the command', () => {
  const flags = ['--model', TINY, '--max-length', '24', '--threads', '1', '--max-steps', '3'];

  test('says what came out and what to do next', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'texts.txt'), TEXTS.join('\n'));
    const stdout = await bertuneOk(['pretrain', 'texts.txt', ...flags], { cwd });
    expect(stdout).toMatch(
      /^Perplexity {2}[\d.,]+ on masked tokens it has not seen; [\d.,]+ before\nSaved {7}runs\/texts-pretrained/,
    );
    expect(stdout).toContain('bertune train <labelled texts> --model runs/texts-pretrained');
    expect(readdirSync(join(cwd, 'runs'))).toEqual(['texts-pretrained']);
    await expectRefused(cwd, ['pretrain', 'texts.txt', ...flags], /runs\/texts-pretrained/);
    await expectRefused(cwd, ['pretrain'], /texts/);
    await expectRefused(cwd, ['predict', 'runs/texts-pretrained', 'a film'], /has no classifier yet/);
  });

  test('--json prints it for machines', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'texts.txt'), TEXTS.join('\n'));
    const document = JSON.parse(
      await bertuneOk(['pretrain', 'texts.txt', '--json', ...flags], { cwd }),
    ) as object;
    expect(document).toMatchObject({ folder: 'runs/texts-pretrained', steps: 3, settings: { maxSteps: 3 } });
  });
});

describe('memory', () => {
  test('what won’t fit is refused before anything is allocated, with what would fit; the forecast says the same', async () => {
    const options = { texts: TEXTS, model: TINY, threads: 1, batchSize: 32, maxLength: 24 };
    const { memory, windows, plan } = await forecastPretraining(options);
    expect(windows).toEqual({ train: 57, test: 3 });
    expect(memory.peak).toBeLessThan(memory.limit);
    const sum = Object.values({ ...memory.parts }).reduce((total, part) => total + part, 0);
    expect(memory.peak).toBeGreaterThan(sum);
    expect(plan.totalSteps).toBe(2);
    const out = join(tempFolder(), 'run');
    const events: string[] = [];
    const onEvent = ({ type }: PretrainEvent): void => void events.push(type);
    const error = await failureOf(pretrain({ ...options, out, memory: memory.parts.runtime, onEvent }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/^this run needs [\d.]+ [MG]B of memory, and 70 MB are there\. Neither/);
    expect(events).toEqual(['start']);
    expect(readdirSync(join(out, '..'))).toEqual([]);
    await expect(forecastPretraining({ ...options, memory: 1e6 })).rejects.toThrow('1 MB are there');
  });

  test('longer windows and larger batches take more', async () => {
    const peakOf = async (change: Partial<PretrainOptions>): Promise<number> => {
      const { memory } = await forecastPretraining({
        texts: TEXTS,
        model: TINY,
        threads: 1,
        maxLength: 24,
        ...change,
      });
      return memory.parts.activations;
    };
    const usual = await peakOf({ batchSize: 16 });
    expect(await peakOf({ batchSize: 4 })).toBeLessThan(usual);
    expect(await peakOf({ batchSize: 16, maxLength: 8 })).toBeLessThan(usual);
  });
});
