/** What is exported, read by the real transformers.js in Node and in Chromium: the same labels and scores. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Classifier, exportModel, type ModelDtype } from '../../src/index.js';
import { describeInBrowser, openPage } from '../support/browser.js';
import { fixturePath } from '../support/fixtures.js';
import { serveFolders } from '../support/static-server.js';
import {
  PEERS,
  pipelineInNode,
  testWithTransformersJs,
  type PipelineAnswers,
} from '../support/transformers-js.js';

const TEXTS = ['a charming film with a great cast', 'the worst movie i have ever seen', 'Naïve, 日本語'];
const MODELS = ['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta'] as const;
const DTYPES = [['fp32', 'fp32', 1e-4], ['int8', 'q8', 2e-2]] as const; // prettier-ignore

const folder = mkdtempSync(join(tmpdir(), 'bertune-transformers-js-'));
beforeAll(async () => {
  for (const name of MODELS) {
    const out = join(folder, name);
    await exportModel(fixturePath(name), {
      format: 'transformers.js',
      out,
      dtype: ['fp32', 'int8'],
      data: false,
    });
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Compares with what bertune itself computes from the same file. */
async function expectSame(
  name: string,
  dtype: ModelDtype,
  answers: PipelineAnswers,
  limit: number,
): Promise<void> {
  const classifier = await Classifier.load(join(folder, name), { dtype, threads: 1 });
  expect(answers).toHaveLength(TEXTS.length);
  for (const [i, text] of TEXTS.entries()) {
    const [wanted] = await classifier.predict([text]); // alone: int8 depends on what else is in the batch
    expect(answers[i]![0]!.label, text).toBe(wanted!.label);
    expect(answers[i]!.map(({ label }) => label).sort()).toEqual(Object.keys(wanted!.scores).sort());
    for (const { label, score } of answers[i]!) {
      expect(Math.abs(score - wanted!.scores[label]!), text).toBeLessThan(limit);
    }
  }
  await classifier.release();
}

for (const name of MODELS) {
  for (const [dtype, theirs, limit] of DTYPES) {
    testWithTransformersJs(`${name} in ${dtype}: pipeline() in Node gives the same`, async () => {
      const answers = await pipelineInNode(join(folder, name), theirs, TEXTS);
      await expectSame(name, dtype, answers, limit);
    });
  }
}

declare const transformers: {
  readonly env: { backends: { onnx: { wasm: { wasmPaths: string; numThreads: number } } } } & Record<
    string,
    unknown
  >;
  readonly pipeline: (
    task: string,
    model: string,
    options: object,
  ) => Promise<(text: string, options: object) => Promise<PipelineAnswers[number]>>;
};

describeInBrowser('in Chromium', (browser) => {
  testWithTransformersJs('pipeline() in a page gives the same', async () => {
    const library = `${PEERS}node_modules/@huggingface/transformers/dist`;
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><title>t</title><script type="module">
         globalThis.transformers = await import('/library/transformers.min.js');
       </script>`,
    );
    const runtime = `${PEERS}node_modules/onnxruntime-web/dist`;
    const server = await serveFolders({ '': folder, '/library': library, '/runtime': runtime });
    const { page, close } = await openPage(browser(), `${server.url}/`);
    await page.waitForFunction(() => 'transformers' in globalThis);
    for (const name of MODELS) {
      // Quantized graphs differ in nothing from one family to the next.
      for (const [dtype, theirs, limit] of name === 'hf-saved' ? DTYPES : DTYPES.slice(0, 1)) {
        const answers = await page.evaluate(
          async ([model, kind, texts]) => {
            const { env, pipeline } = transformers;
            Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: '/' });
            Object.assign(env.backends.onnx.wasm, { wasmPaths: '/runtime/', numThreads: 1 });
            const classify = await pipeline('text-classification', model, { dtype: kind, device: 'wasm' });
            const found = [];
            for (const text of texts) found.push(await classify(text, { top_k: null }));
            return found;
          },
          [name, theirs, TEXTS] as const,
        );
        await expectSame(name, dtype, answers, limit);
      }
    }
    await close();
    await server.close();
  });
});
