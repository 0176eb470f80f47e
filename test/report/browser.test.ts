/** The report in a real browser: at several widths, light and dark, and printed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { renderComparison } from '../../src/report/compare.js';
import type { AnyReport } from '../../src/report/data.js';
import { renderLive } from '../../src/report/live.js';
import { renderReport } from '../../src/report/report.js';
import { renderSweep } from '../../src/report/sweep.js';
import { tempFolder } from '../files/temp.js';
import { describeInBrowser, openPage } from '../support/browser.js';
import { madeUpLabelSets, madeUpNumbers, madeUpReport, type MadeUpRun } from '../support/report-data.js';

/** With BERTUNE_SCREENSHOTS=<folder> each page that is looked at is left there as a picture. */
const PICTURES = process.env['BERTUNE_SCREENSHOTS'];

async function reportFile(run: MadeUpRun = {}, made: (run: MadeUpRun) => AnyReport = madeUpReport) {
  const path = join(tempFolder(), 'report.html');
  writeFileSync(path, await renderReport(made(run)));
  return pathToFileURL(path).href;
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** How much wider the page is than its window, and what sticks out of it. */
function overflow(page: Page): Promise<{ by: number; what: string[] }> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const inScroller = (element: Element): boolean => element.closest('.scroll') !== null;
    const wide = [...document.querySelectorAll('main *')].filter(
      (element) => !inScroller(element) && element.getBoundingClientRect().right > width + 1,
    );
    return {
      by: document.documentElement.scrollWidth - width,
      what: wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120)),
    };
  });
}

/** Plots whose marks have no size, or lie outside of the plot. */
function badlyDrawn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    return [...document.querySelectorAll('svg.plot')].flatMap((plot) => {
      const name = plot.getAttribute('aria-label') ?? 'a plot without a name';
      const box = plot.getBoundingClientRect();
      const marks = [...plot.querySelectorAll('path, rect, circle')].map((mark) =>
        mark.getBoundingClientRect(),
      );
      const drawn = marks.filter(({ width, height }) => width > 0 || height > 0);
      const outside = drawn.filter(
        (mark) =>
          mark.left < box.left - 4 ||
          mark.right > box.right + 4 ||
          mark.top < box.top - 4 ||
          mark.bottom > box.bottom + 4,
      );
      if (box.width < 100 || box.height < 50) return [`${name}: ${box.width} x ${box.height}`];
      if (drawn.length === 0) return [`${name}: nothing is drawn`];
      return outside.length > 0 ? [`${name}: ${outside.length} marks lie outside`] : [];
    });
  });
}

/** What is written fainter than its colour, which `contrast.test.ts` looks at; it knows of `.cut`. */
function faded(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('body *:not(svg *, .cut)')]
      .filter((each) => getComputedStyle(each).opacity !== '1')
      .map((each) => each.outerHTML.slice(0, 60)),
  );
}

async function lookAt(browser: Browser, url: string, width: number, dark: boolean, name: string) {
  const { page, problems, close } = await openPage(browser, url, {
    viewport: { width, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  });
  await picture(page, `${name}-${width}-${dark ? 'dark' : 'light'}`);
  const seen = {
    problems,
    overflow: await overflow(page),
    badlyDrawn: await badlyDrawn(page),
    faded: await faded(page),
    plots: await page.locator('svg.plot').count(),
    background: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
  };
  await close();
  return seen;
}

describeInBrowser('the report', (browser) => {
  test.each([
    [360, false],
    [768, true],
    [1280, false],
    [1280, true],
  ])('%i wide, dark: %s: nothing sticks out, and each plot is drawn', async (width, dark) => {
    const seen = await lookAt(browser(), await reportFile(), width, dark, 'report');
    expect(seen).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [], faded: [] });
    // loss, held-out metrics, rate, gradient; ROC, precision-recall; lengths
    expect(seen.plots).toBeGreaterThanOrEqual(7);
    expect(seen.background).toBe(dark ? 'rgb(16, 19, 23)' : 'rgb(247, 248, 249)');
  });

  test.each([
    ['four', ['business', 'sci/tech', 'sports', 'world']],
    ['many', Array.from({ length: 77 }, (_, i) => `a_class_with_a_long_name_${i}`)],
  ])('%s classes', async (name, labels) => {
    const seen = await lookAt(browser(), await reportFile({ labels }), 360, false, name);
    expect(seen).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [] });
  });

  test('one text, rightly classified: no plot is drawn of nothing', async () => {
    const seen = await lookAt(browser(), await reportFile({ texts: 1, steps: 2 }), 360, false, 'one');
    expect(seen).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [] });
  });

  test.each([
    // loss, held-out metrics, rate, gradient; lengths; of numbers also predicted beside true, and errors
    ['several labels', madeUpLabelSets, 5],
    ['numbers', madeUpNumbers, 7],
  ] as const)(
    '%s: each plot is drawn',
    async (name, made, plots) => {
      for (const [width, dark] of [
        [360, false],
        [1280, true],
      ] as const) {
        // prettier-ignore
        const seen = await lookAt(browser(), await reportFile({}, made), width, dark, name.replace(' ', '-'));
        expect(seen).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [], plots });
      }
      const one = await lookAt(
        browser(),
        await reportFile({ texts: 1, steps: 2 }, made),
        360,
        false,
        `one-${name}`,
      );
      expect(one).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [] });
    },
    30_000,
  );

  test('predicted numbers are points, each text one; the bars of errors hold each text once', async () => {
    const { page, close } = await openPage(browser(), await reportFile({ texts: 50 }, madeUpNumbers));
    expect(await page.locator('svg[aria-label^="Predicted and true"] circle').count()).toBe(50);
    const bars = await page
      .locator('svg[aria-label^="Distribution of the errors"] rect title')
      .allTextContents();
    const counts = bars.map((bar) => Number(/: (\d+) texts?$/.exec(bar)![1]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    await close();
  });

  test('a sweep: a plot for each setting that differs, and one of the rounds', async () => {
    const score = (share: number, accuracy: number) => ({
      share,
      accuracy,
      f1: accuracy,
      loss: 1 - accuracy,
    });
    const html = await renderSweep({
      ...{ name: '<b>a</b>-sweep', train_examples: 1800, validation_examples: 200 },
      trials: [
        { trial: 2, settings: { learningRate: 1e-4, epochs: 2, freeze: 'none' }, scores: [score(1 / 3, 0.8), score(1, 0.9)] },
        { trial: 1, settings: { learningRate: 1e-5, epochs: 2, freeze: 'none' }, scores: [score(1 / 3, 0.7)] },
        { trial: 3, settings: { learningRate: 1e-3, epochs: 3, freeze: 'none' }, scores: [score(1 / 3, 0.5)] },
      ],
    }); // prettier-ignore
    const path = join(tempFolder(), 'sweep.html');
    writeFileSync(path, html);
    const url = pathToFileURL(path).href;
    const seen = await lookAt(browser(), url, 360, true, 'sweep');
    expect(seen).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [], plots: 3 });
    const { page, close } = await openPage(browser(), url);
    await picture(page, 'sweep');
    const rates = page.locator('svg[aria-label="Accuracy of 3 trials by learning rate"]');
    expect(await rates.locator('circle').count()).toBe(3);
    expect(await rates.locator('circle.faint').count()).toBe(2); // a third of their updates
    // From left to right by the rate: trials 1, 2 and 3, of which 2 is the highest.
    const places = await rates
      .locator('circle')
      .evaluateAll((dots) =>
        dots.map((dot) => [Number(dot.getAttribute('cx')), Number(dot.getAttribute('cy'))]),
      );
    const [second, first, third] = places as [number, number][];
    expect(first![0]).toBeLessThan(second![0]);
    expect(second![0]).toBeLessThan(third![0]);
    expect(second![1]).toBeLessThan(first![1]);
    expect(await page.locator('.verdict').textContent()).toMatch(
      /best of 3 trials is right on 90.0 % of\s+200/,
    );
    await close();
  });

  test('a run under way, and runs compared', async () => {
    const { log, facts } = madeUpReport({ steps: 60 });
    const live = await renderLive({
      ...{ name: 'made-up', phase: 'Training', done: 60, total: 120, step: 60, totalSteps: 120, loss: 0.31 },
      ...{
        heldOut: 0.86,
        textsPerSecond: 16.4,
        secondsLeft: 74,
        memory: 973e6,
        log,
        settings: facts.settings,
      },
    });
    const row = (name: string) => ({
      ...{ field: name, name, best: 0 },
      cells: [
        { value: 0.883, text: '88.3 %', range: '86.2 to 90.1' },
        { value: 0.851, text: '85.1 %', range: '82.9 to 87.3' },
      ],
    });
    const compared = await renderComparison({
      ...{
        problemType: 'single_label_classification',
        runs: ['runs/a', 'runs/<b>with a long name</b>'],
        metrics: [row('accuracy')],
        costs: [row('training')],
      },
      ...{ differences: [row('seed')], sameTexts: false },
    });
    for (const [name, html] of [
      ['live', live],
      ['compared', compared],
    ] as const) {
      const path = join(tempFolder(), `${name}.html`);
      writeFileSync(path, html);
      const seen = await lookAt(browser(), pathToFileURL(path).href, 360, true, name);
      expect(seen).toMatchObject({ problems: [], overflow: { by: 0, what: [] }, badlyDrawn: [] });
      expect(seen.plots).toBe(name === 'live' ? 4 : 0);
    }
  });

  test('a run that will evaluate on the way is not told how to', async () => {
    const before = { name: 'made-up', phase: 'Training', memory: 1e9, log: [{ step: 10, loss: 0.7 }] };
    expect(await renderLive({ ...before, settings: { evalSteps: 0 } })).toContain('--eval-steps 50 would');
    expect(await renderLive({ ...before, settings: { evalSteps: 25 } })).not.toContain('--eval-steps');
  });

  test('a run that parts says why its rate jumps up', async () => {
    const why = (branches: number): string => `another of ${branches} branches begins`;
    const live = { name: 'made-up', phase: 'Training', memory: 1e9, log: [{ step: 10, loss: 0.7 }] };
    expect(await renderLive({ ...live, settings: { branches: 3 } })).toContain(why(3));
    expect(await renderLive({ ...live, settings: { branches: 1 } })).not.toContain(why(1));
    const finished = madeUpReport({ texts: 20 });
    const settings = { ...finished.facts.settings, branches: 2 };
    expect(await renderReport({ ...finished, facts: { ...finished.facts, settings } })).toContain(why(2));
    expect(await renderReport(finished)).not.toContain('branches begins');
  });

  test('prints on white, with the texts of errors, also for who reads in the dark', async () => {
    const { page, close } = await openPage(browser(), await reportFile(), { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 720, height: 1000 });
    await picture(page, 'print');
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      'rgb(255, 255, 255)',
    );
    expect(await page.locator('details.error .text').first().isVisible()).toBe(true);
    // All errors of a large test set would be a book.
    const folded = page.locator('.errors > details:not(.error)');
    expect(await folded.locator('summary').first().isVisible()).toBe(true);
    expect(await folded.locator('details.error').first().isVisible()).toBe(false);
    expect((await overflow(page)).by).toBe(0);
    await close();
  });

  test('texts are shown as text, whatever they hold', async () => {
    const attack = [
      '<script>document.title = "ran"</script>',
      '<img src=x onerror="document.title = `ran`">',
      '</style></svg></title></textarea><svg onload="document.title = `ran`">',
      '<a href="javascript:document.title = `ran`">x</a> javascript:alert(1)',
      '"\'><iframe srcdoc="<script>parent.document.title = `ran`</script>"></iframe>',
      '\u202E reversed \u2066 \u0000 \u001b[31m \ud800 {{x}} ${x} <!-- ]]>',
      '<meta http-equiv="refresh" content="0;url=https://example.com"><base href="https://example.com/">',
    ].join('\n');
    const url = await reportFile({ text: attack, labels: [attack, 'fine', '<b>bold</b>'] });
    const { page, problems, close } = await openPage(browser(), url);
    expect(await badlyDrawn(page)).toEqual([]);
    await page.waitForTimeout(100);
    expect(page.url()).toBe(url);
    expect(await page.title()).toBe('made-up: report');
    const elements = 'script, img, iframe, a, b, base, [onerror], [onload], meta[content^="0;"]';
    expect(await page.locator(elements).count()).toBe(0);
    const shown = await page.locator('details.error .text').first().textContent();
    // What can't be in a file of HTML, or reverses the order of what follows, is shown as such.
    // eslint-disable-next-line no-control-regex
    const visible = attack.replace(/[\u0000\u001b\ud800\u202e\u2066]/g, '\uFFFD');
    expect(shown).toContain(visible);
    expect(problems).toEqual([]);
    await close();
  });

  test('no script would run, were there one', async () => {
    const html = await renderReport(madeUpReport({ texts: 20 }));
    const path = join(tempFolder(), 'report.html');
    const intruder =
      '<script>document.title = "ran"</script><p style="color: red" id="styled">x</p><style>p { color: red }</style>';
    writeFileSync(path, html.replace('<footer>', `${intruder}<footer>`));
    const { page, problems, close } = await openPage(browser(), pathToFileURL(path).href);
    expect(await page.title()).toBe('made-up: report');
    expect(await page.evaluate(() => getComputedStyle(document.querySelector('#styled')!).color)).not.toBe(
      'rgb(255, 0, 0)',
    );
    expect(problems.filter((problem) => problem.includes('Content Security Policy'))).toHaveLength(3);
    await close();
  });
});
