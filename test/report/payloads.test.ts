/** Every place of every page that shows what came from a file, with texts that would run were they taken for markup. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { servePage } from '../../src/cli/watch.js';
import { renderComparison } from '../../src/report/compare.js';
import type { RunData } from '../../src/report/data.js';
import { renderLive } from '../../src/report/live.js';
import type { TestText } from '../../src/report/predictions.js';
import { renderReport } from '../../src/report/report.js';
import { renderSweep } from '../../src/report/sweep.js';
import { tempFolder } from '../files/temp.js';
import { describeInBrowser, openPage } from '../support/browser.js';
import { MARKUP } from '../support/payloads.js';
import { madeUpLabelSets, madeUpNumbers, madeUpReport } from '../support/report-data.js';

const ALL = MARKUP.join('\n');
/** Each payload as the name and as the value of something. */
const AS_FACTS = Object.fromEntries(MARKUP.map((each) => [`name ${each}`, `value ${each}`]));
/** A few in each, as a table of all pairs of labels is large. */
const AS_LABELS = Array.from({ length: 40 }, (_, i) =>
  MARKUP.filter((_, place) => place % 40 === i).join(' '),
);
/** Metrics of a run are fields of its log, whose names may be anything. */
const AS_LOG = MARKUP.map((each, step) => ({
  [`eval_${each}`]: 0.5,
  eval_loss: 0.5,
  loss: 0.4,
  step: 2 * step + 2,
  epoch: 1,
}));

/** The same run, with payloads in all that it says of itself. */
function hostile<T extends RunData & { readonly predictions: readonly TestText[] }>(run: T): T {
  const facts = { ...run.facts, baseModel: ALL, truncation: ALL, settings: AS_FACTS, data: { ...run.facts.data, ...AS_FACTS }, versions: AS_FACTS as Record<string, string> };
  const predictions = run.predictions.map((each, i) => ({ ...each, place: `${MARKUP[i % MARKUP.length]!}, line ${i}` }));
  return { ...run, facts, predictions, name: ALL, testName: ALL, log: [...run.log, ...AS_LOG] };
} // prettier-ignore

const score = (accuracy: number) => ({ share: 1, accuracy, f1: accuracy, loss: 1 - accuracy });
const row = (each: string) => ({
  ...{ field: `field ${each}`, name: `name ${each}`, best: 0 },
  cells: [
    { value: each, text: `value ${each}` },
    { value: null, text: '–' },
  ],
});

/** By name: what is shown, and how many times each payload is, at the least. */
const PAGES: readonly [string, () => Promise<string>, number][] = [
  ['report of classes', () => renderReport(hostile(madeUpReport({ text: ALL, labels: AS_LABELS, texts: 60 }))), 5],
  ['report of several labels', () => renderReport(hostile(madeUpLabelSets({ text: ALL, labels: AS_LABELS, texts: 40 }))), 5],
  ['report of numbers', () => renderReport(hostile(madeUpNumbers({ text: ALL, texts: 60 }))), 5],
  ['sweep', () => renderSweep({
      ...{ name: ALL, train_examples: 10, validation_examples: 10 },
      trials: MARKUP.map((each, i) => ({ trial: i, settings: { [`name ${each}`]: i, recipe: `value ${each}`, number: i, same: ALL }, scores: [score(0.5)] })),
    }), 2],
  ['comparison', () => renderComparison({
      ...{ problemType: 'single_label_classification', runs: [ALL, 'b'], sameTexts: false },
      ...{ metrics: MARKUP.map(row), costs: MARKUP.map(row), differences: MARKUP.map(row) },
    }), 6],
]; // prettier-ignore
const live = (): Promise<string> =>
  renderLive({ name: ALL, phase: ALL, memory: 1e9, log: AS_LOG, settings: AS_FACTS });

/** How a page shows a text: spaces and breaks don't count, nor what could not stand in a file. */
// eslint-disable-next-line no-control-regex
const shown = (text: string): string => text.replace(/[\s\u0000-\u001f\ufffd]+/g, '');

describeInBrowser(`${MARKUP.length} texts that would run as markup`, (browser) => {
  /** Opens a page, touches what is on it, and sees what came of it. */
  async function lookAt(url: string, html: string, title: string) {
    // No script of the page's own, and none allowed.
    expect(html).not.toMatch(/<script/i);
    const { page, problems, close } = await openPage(browser(), url);
    const found = await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
      for (const element of document.querySelectorAll('main *')) {
        for (const type of ['click', 'mouseover', 'focus', 'pointerenter', 'toggle', 'animationstart'])
          element.dispatchEvent(new Event(type));
      }
      const own = 'script, img, iframe, object, embed, audio, video, form, input, button, select, textarea, math, a, base, link, template, noscript, marquee, foreignObject, animate, use';
      return {
        foreign: [...document.querySelectorAll(own)].map(({ outerHTML }) => outerHTML.slice(0, 100)),
        handlers: [...document.querySelectorAll('*')].flatMap((element) =>
          element.getAttributeNames().filter((name) => name.startsWith('on') || name === 'style' || name === 'srcdoc'),
        ),
        styles: document.querySelectorAll('style').length,
        policies: [...document.querySelectorAll('meta[http-equiv="Content-Security-Policy"]')].map((meta) => meta.getAttribute('content')),
        text: document.body.textContent,
        title: document.title,
      };
    }); // prettier-ignore
    await page.waitForTimeout(50);
    expect(await page.evaluate(() => (globalThis as { hits?: number }).hits)).toBeUndefined();
    expect(found).toMatchObject({ foreign: [], handlers: [], styles: 1 });
    expect(found.policies).toEqual([
      expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'$/,
      ),
    ]);
    expect(shown(found.title)).toContain(shown(title));
    expect(page.url()).toBe(url);
    expect(problems).toEqual([]);
    await close();
    return shown(found.text);
  }

  const expectShown = (text: string, least: number): void => {
    for (const each of MARKUP.map(shown)) {
      expect(text.split(each).length - 1, each).toBeGreaterThanOrEqual(least);
    }
  };

  test.each(PAGES)('%s: nothing runs, and each is shown as text', async (_, render, least) => {
    const html = await render();
    const path = join(tempFolder(), 'page.html');
    writeFileSync(path, html);
    expectShown(await lookAt(pathToFileURL(path).href, html, ''), least);
  });

  test('the page of --watch: the same, and its policy comes as a header too', async () => {
    const server = await servePage(live, 0);
    try {
      const response = await fetch(server.url);
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expectShown(await lookAt(server.url, await response.text(), ''), 3);
    } finally {
      await server.close();
    }
  });
}); // prettier-ignore

test('there are 200 and more, all different', () => {
  expect(new Set(MARKUP).size).toBe(MARKUP.length);
  expect(MARKUP.length).toBeGreaterThanOrEqual(200);
});
