/** DistilBERT and RoBERTa as users have them: folders that Python saved, and what is trained from them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadForPrediction } from '../../src/checkpoint/load.js';
import { Classifier, pretrain, train } from '../../src/index.js';
import { tempFolder } from '../files/temp.js';
import { fixtureJson, fixturePath, readTensors, relativeError } from '../support/fixtures.js';
import { readJsonFile, reviews } from '../support/reviews.js';

interface Expected {
  readonly texts: readonly { readonly text: string; readonly ids: number[]; readonly logits: number[] }[];
  readonly awkward: readonly { readonly text: string; readonly ids: number[] }[];
}

describe.each([
  {
    kind: 'distilbert',
    classes: ['DistilBertForSequenceClassification', 'DistilBertForMaskedLM'],
    head: ['classifier.bias', 'classifier.weight', 'pre_classifier.bias', 'pre_classifier.weight'],
    lora: 'distilbert.transformer.layer.0.attention.q_lin.lora_A.weight',
    lmBias: 'vocab_projector.bias',
  },
  {
    kind: 'roberta',
    classes: ['RobertaForSequenceClassification', 'RobertaForMaskedLM'],
    head: ['dense.bias', 'dense.weight', 'out_proj.bias', 'out_proj.weight'].map(
      (name) => `classifier.${name}`,
    ),
    lora: 'roberta.encoder.layer.0.attention.self.query.lora_A.weight',
    lmBias: 'lm_head.bias',
  },
])('$kind', ({ kind, classes, head, lora, lmBias }) => {
  const model = fixturePath(`hf-saved-${kind}`);
  const { texts, awkward } = fixtureJson(`hf-saved-${kind}/expected.json`) as Expected;
  const options = {
    data: reviews(32),
    model,
    threads: 1,
    epochs: 2,
    batchSize: 8,
    maxLength: 24,
    truncation: 'head',
  } as const;
  const namesOf = (folder: string, file = 'model.safetensors'): string[] =>
    [...readTensors(join(folder, file)).keys()].sort();

  test('ids and logits are those of transformers', async () => {
    const { tokenizer, positions } = await loadForPrediction(model);
    expect(positions).toBe(24);
    for (const { text, ids } of awkward) {
      const found = tokenizer.encode(text, { maxLength: 1e6, truncation: 'head' }).ids;
      expect(found, JSON.stringify(text.slice(0, 40))).toEqual(ids);
    }
    const classifier = await Classifier.load(model, { threads: 1 });
    const logits = await classifier.logits(texts.map(({ text }) => text));
    await classifier.release();
    texts.forEach(({ text, logits: wanted }, i) => {
      expect(relativeError(logits[i]!, wanted), text).toBeLessThan(1e-5);
    });
  });

  test('a run is a folder of the same kind, which goes on from its own head', async () => {
    const out = join(tempFolder(), 'run');
    await train({
      ...options,
      out,
      onEvent: (event) => {
        if (event.type === 'start') expect(event.report).toMatchObject({ made: [], unused: [] });
      },
    });
    expect(namesOf(out)).toEqual(namesOf(model));
    const [before, after] = [model, out].map((folder) => readJsonFile(folder, 'config.json') as object);
    const { architectures, transformers_version: _, ...kept } = before as Record<string, unknown>;
    expect(architectures).toEqual([classes[0]]);
    expect(after).toMatchObject({ ...kept, architectures });
    const classifier = await Classifier.load(out, { threads: 1 }); // replays the golden texts
    await classifier.release();
  });

  test('other labels make the whole head new; with all else frozen only it is trained', async () => {
    const out = join(tempFolder(), 'run');
    const made: string[] = [];
    await train({
      ...{ ...options, out, data: reviews(33, ['bad', 'good', 'so-so']), freeze: 'all', learningRate: 0.01 },
      onEvent: (event) => {
        if (event.type === 'start') made.push(...event.report.made);
      },
    });
    expect(made.sort()).toEqual(head);
    const [before, after] = [model, out].map((folder) => readTensors(`${folder}/model.safetensors`));
    for (const [name, { data }] of before!) {
      if (!head.includes(name)) expect(after!.get(name)!.data, name).toEqual(data);
    }
    expect(after!.get(head[1]!)!.data).not.toEqual(before!.get(head[1]!)!.data);
  });

  test('adapters and further pre-training have its names', async () => {
    const cwd = tempFolder();
    await train({ ...options, out: join(cwd, 'lora'), loraRank: 2 });
    expect(namesOf(join(cwd, 'lora'), 'adapter_model.safetensors')).toEqual(
      expect.arrayContaining([lora, ...head].map((name) => `base_model.model.${name}`)),
    );
    await (await Classifier.load(join(cwd, 'lora'), { threads: 1 })).release();
    const pretrained = join(cwd, 'pretrained');
    const { perplexity, perplexityBefore } = await pretrain({
      ...{ texts: reviews(60).map(({ text }) => text), model, out: pretrained, threads: 1, epochs: 4 },
      ...{ maxLength: 24, batchSize: 8, learningRate: 5e-3 },
    });
    expect(perplexity).toBeLessThan(0.8 * perplexityBefore);
    expect(readJsonFile(pretrained, 'config.json')).toMatchObject({ architectures: [classes[1]] });
    expect(namesOf(pretrained)).toContain(lmBias);
    expect(namesOf(pretrained).filter((name) => head.includes(name))).toEqual([]);
    await train({ ...options, model: pretrained, out: join(cwd, 'run') });
    expect(readdirSync(join(cwd, 'run'))).toContain('model.safetensors');
  });
});
