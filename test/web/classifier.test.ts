/** `bertune/web` in a real browser: the same answers as in Node, from addresses and from files, and without a network. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Classifier, exportModel, train, type Prediction } from '../../src/index.js';
import { CONTRACT } from '../runtime/contract.js';
import { describeInBrowser, openPage, type OpenedPage } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { TINY } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';
import { serveFolders, type StaticServer } from '../support/static-server.js';
import { reviews } from '../support/reviews.js';
import type { PageTools } from './page.js';

declare const bertune: PageTools;

const TEXTS = [
  'a charming film with a great cast',
  'the worst movie i have ever seen',
  'the plot is, well, what plot',
  'A <b>fine</b><br />film: “naïve”, 日本語 and 🙂',
  `${'dull and boring '.repeat(20)}but good`,
  '',
];

describeInBrowser('bertune/web', (browser) => {
  const folder = mkdtempSync(join(tmpdir(), 'bertune-web-'));
  const models = join(folder, 'models');
  let server: StaticServer;
  let opened: OpenedPage;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(models);
    for (const name of ['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta']) {
      cpSync(fixturePath(name), join(models, name), { recursive: true });
      const out = join(models, `${name}-export`);
      await exportModel(fixturePath(name), {
        ...{ format: 'transformers.js', out, dtype: ['fp32', 'fp16', 'int8'], data: false },
      });
    }
    cpSync(fixturePath('hf-saved-onnx'), join(models, 'foreign'), { recursive: true });
    await train({
      ...{ data: reviews(24), model: TINY, out: join(models, 'run'), epochs: 1, maxLength: 16, threads: 1 },
      ...{ truncation: 'head+tail', clean: 'html' },
    });
    const path = join(models, 'run', 'bertune.json');
    const run = JSON.parse(readFileSync(path, 'utf8')) as object;
    const said = { calibration: { temperature: 2 }, threshold: { score: 0.999, label: null } };
    writeFileSync(path, JSON.stringify({ ...run, ...said }));
    await bundle({ page: fileURLToPath(new URL('./page.ts', import.meta.url)) }, folder);
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title>t</title><script type="module" src="page.js"></script>',
    );
    server = await serveFolders({ '': folder });
    opened = await openPage(browser(), `${server.url}/index.html`);
    ({ page } = opened);
    await page.waitForFunction(() => 'bertune' in globalThis);
  }, 120_000);

  afterAll(async () => {
    await opened.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const scores = (source: string, options = {}): ReturnType<PageTools['scores']> =>
    page.evaluate(([from, texts, rest]) => bertune.scores(from, texts, rest), [
      source,
      TEXTS,
      options,
    ] as const);

  async function inNode(place: string, options = {}): Promise<Prediction[]> {
    const classifier = await Classifier.load(place, { threads: 1, ...options });
    const predictions = await classifier.predict(TEXTS);
    await classifier.release();
    return predictions;
  }

  function expectSame(found: readonly Prediction[], wanted: readonly Prediction[], limit = 1e-4): void {
    expect(found.map(({ text }) => text)).toEqual(wanted.map(({ text }) => text));
    found.forEach(({ text, label, likeliest, unsure, scores: all }, i) => {
      expect({ label, likeliest, unsure }, text).toEqual({
        ...{ label: wanted[i]!.label, likeliest: wanted[i]!.likeliest, unsure: wanted[i]!.unsure },
      });
      expect(Object.keys(all)).toEqual(Object.keys(wanted[i]!.scores));
      for (const [name, score] of Object.entries(all)) {
        expect(Math.abs(score - wanted[i]!.scores[name]!), text).toBeLessThan(limit);
      }
    });
  }

  test.each(CONTRACT.map(({ name }, place) => [name, place] as const))('the runtime %s', async (_, place) => {
    expect(await page.evaluate((i) => bertune.contract(i, 'wasm'), place)).toBe('');
  });

  describe('from an address', () => {
    test.each([
      ...['hf-saved', 'hf-saved-distilbert', 'hf-saved-roberta', 'run'],
      ...['hf-saved-export', 'hf-saved-distilbert-export', 'hf-saved-roberta-export', 'foreign'],
    ])('%s gives what it gives in Node, within 1e-4', async (name) => {
      const { predictions, labels } = await scores(`models/${name}`);
      expect(labels).toEqual(['negative', 'positive']);
      expectSame(predictions, await inNode(join(models, name)));
      const isUnsure = predictions.every(({ label }) => label === 'unsure');
      expect(isUnsure).toBe(name === 'run'); // which has a threshold that nothing reaches
    });

    test.each(['hf-saved-export', 'hf-saved-distilbert-export', 'hf-saved-roberta-export', 'foreign'])(
      '%s in int8',
      async (name) => {
        const { predictions } = await scores(`models/${name}/`, { dtype: 'int8' });
        // Products of integers are summed alike everywhere, but activations are rounded where fp32 sums differ.
        expectSame(predictions, await inNode(join(models, name), { dtype: 'int8' }), 2e-2);
      },
    );

    test('in fp16, and by its file', async () => {
      const wanted = await inNode(join(models, 'hf-saved-export'), { dtype: 'fp16' });
      expectSame((await scores('models/hf-saved-export', { dtype: 'fp16' })).predictions, wanted);
      expectSame(
        (await scores(`${server.url}/models/hf-saved-export/onnx/model_fp16.onnx`)).predictions,
        wanted,
      );
    });

    test('WebGPU is used where there is one, else the processor, with a note', async () => {
      const { predictions, device, events } = await scores('models/run', { device: 'webgpu' });
      expectSame(predictions, await inNode(join(models, 'run')), device === 'webgpu' ? 1e-3 : 1e-4);
      const notes = events.filter(({ type }) => type === 'note');
      expect(notes).toHaveLength(device === 'webgpu' ? 0 : 1);
    });
  });

  test('the files that somebody chose, of a run and of an export', async () => {
    await page.setContent('<input type="file" multiple>');
    for (const [name, below] of [
      ['run', ''],
      ['hf-saved-export', 'onnx/'],
    ] as const) {
      const place = join(models, name);
      const files = [
        ...readdirSync(place),
        ...(below ? readdirSync(join(place, below)).map((file) => below + file) : []),
      ];
      await page.setInputFiles(
        'input',
        files.filter((file) => /\./.test(file)).map((file) => join(place, file)),
      );
      const { predictions, events } = await page.evaluate(
        (texts) => bertune.scores(document.querySelector('input')!.files!, texts),
        TEXTS,
      );
      expectSame(predictions, await inNode(place));
      expect(events).toEqual([]);
    }
  });

  test('progress is told; what was loaded needs no network any more, and is asked for once', async () => {
    const { page: other, problems, close } = await openPage(browser(), `${server.url}/index.html`);
    await other.waitForFunction(() => 'bertune' in globalThis);
    const load = (): ReturnType<PageTools['scores']> =>
      other.evaluate((texts) => bertune.scores('models/run', texts), TEXTS);
    const first = await load();
    const weights = first.events.flatMap((event) =>
      event.type === 'download' && event.file === 'model.safetensors' ? [event] : [],
    );
    expect(weights.at(-1)!.done).toBe(weights.at(-1)!.total);
    expect(weights.map(({ done }) => done)).toEqual(
      [...weights.map(({ done }) => done)].sort((a, b) => a - b),
    );
    server.asked.length = 0;
    const second = await load();
    expect(second.events.every(({ type }) => type === 'cached')).toBe(true);
    expect(server.asked.filter((each) => each.startsWith('GET /models'))).toEqual([]);
    await other.context().setOffline(true);
    server.asked.length = 0;
    const offline = await load();
    expect(server.asked).toEqual([]);
    expect(offline.predictions).toEqual(first.predictions);
    expect(second.predictions).toEqual(first.predictions);
    expect(problems).toEqual([]);
    await close();
  });

  test('a model that was replaced on the server is fetched again', async () => {
    const place = join(models, 'changing');
    cpSync(join(models, 'hf-saved-export'), place, { recursive: true });
    const before = await scores('models/changing');
    rmSync(join(place, 'onnx/model.onnx'));
    cpSync(join(models, 'hf-saved-export/onnx/model_quantized.onnx'), join(place, 'onnx/model.onnx'));
    const after = await scores('models/changing');
    expect(after.predictions).not.toEqual(before.predictions);
  });

  test('what is missing or wrong is said', async () => {
    const refusal = (source: string, options = {}): Promise<string> =>
      page.evaluate(([from, rest]) => bertune.refusal(from, rest), [source, options] as const);
    expect(await refusal('models/nothing')).toMatch(
      /^MODEL: .*\/models\/nothing has no config\.json, so it is not a model/,
    );
    expect(await refusal('models/hf-saved', { dtype: 'int8' })).toMatch(
      /^MODEL: .*hf-saved has no int8 model/,
    );
    expect(await refusal('models/hf-saved', { dtype: 'q4' })).toMatch(
      /^USAGE: dtype is "q4", expected one of fp32/,
    );
    expect(await refusal('http://localhost:9/')).toMatch(
      /^HUB: http:\/\/localhost:9\/\S+ can't be fetched: .*CORS/,
    );
    expect(await refusal('http://')).toMatch(/^USAGE: http:\/\/ is no address/);
    const lora = join(models, 'lora');
    cpSync(fixturePath('hf-saved-lora'), lora, { recursive: true });
    expect(await refusal('models/lora')).toMatch(
      /^MODEL: .*lora is an adapter without its model: .*bertune export/,
    );
  });
});
