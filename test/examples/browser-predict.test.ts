/** The example page as a visitor uses it: built as its command builds it, in Chromium, also without a network. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Classifier } from '../../src/index.js';
import { describeInBrowser, openPage } from '../support/browser.js';
import { TINY } from '../support/cli.js';
import { serveFolders, type StaticServer } from '../support/static-server.js';

const CONFIG = fileURLToPath(new URL('../../examples/browser-predict/vite.config.ts', import.meta.url));
const TEXT = 'A charming film with a great cast';

describeInBrowser('examples/browser-predict', (browser) => {
  const folder = mkdtempSync(join(tmpdir(), 'bertune-example-'));
  let server: StaticServer;

  beforeAll(async () => {
    await build({ configFile: CONFIG, logLevel: 'error', build: { outDir: folder } });
    server = await serveFolders({ '': folder, '/model': TINY });
  }, 60_000);

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the page shows of the text. */
  async function answerTo(page: Page, text: string): Promise<{ label: string; percents: string[] }> {
    await page.getByRole('textbox', { name: 'Text' }).fill(text);
    await page.locator('#result').waitFor({ state: 'visible' });
    return {
      label: await page.locator('#label').innerText(),
      percents: await page.locator('#scores .percent').allInnerTexts(),
    };
  }

  async function expected(): Promise<{ label: string; percents: string[] }> {
    const classifier = await Classifier.load(TINY, { threads: 1 });
    const [prediction] = await classifier.predict([TEXT]);
    await classifier.release();
    const sorted = Object.values(prediction!.scores).sort((a, b) => b - a);
    return { label: prediction!.label, percents: sorted.map((score) => `${(100 * score).toFixed(1)} %`) };
  }

  const ready = (page: Page): Promise<void> => page.getByText('Ready: negative, positive.').waitFor();

  test('a model from an address, a text, its label; then all of it without a network', async () => {
    const own = await serveFolders({ '': folder, '/model': TINY });
    const { page, problems, close } = await openPage(browser(), `${own.url}/`);
    expect(await page.getByRole('textbox', { name: 'Text' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Load' }).click();
    await ready(page);
    expect(await answerTo(page, TEXT)).toEqual(await expected());
    expect(await page.getByRole('listitem').count()).toBe(2);
    expect(await page.getByLabel('negative').count()).toBe(1); // its bar
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await own.close(); // the emulation of being offline leaves some requests of service workers through
    await page.context().setOffline(true);
    await page.goto(`${own.url}/?model=model/`);
    await ready(page);
    expect(await answerTo(page, TEXT)).toEqual(await expected());
    // The service worker itself is looked for again when a page is opened, and can't be had.
    expect(problems.filter((each) => !/service-worker|service worker/i.test(each))).toEqual([]);
    await close();
  });

  test('a model from files, by keyboard, on a phone in the dark', async () => {
    const { page, problems, close } = await openPage(browser(), `${server.url}/`, {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    const files = readdirSync(TINY).map((file) => join(TINY, file));
    await page.setInputFiles('#files', files);
    await ready(page);
    await page.locator('#url').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type(TEXT);
    await page.locator('#result').waitFor({ state: 'visible' });
    await page.waitForFunction(
      (label) => document.getElementById('label')?.textContent === label,
      (await expected()).label,
    );
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    // For whoever changes the page: look at it.
    if (process.env['BERTUNE_SCREENSHOTS']) await page.screenshot({ path: join(process.env['BERTUNE_SCREENSHOTS'], 'phone-dark.png'), fullPage: true }); // prettier-ignore
    expect(problems).toEqual([]);
    await close();
  });

  test('what is wrong is said, and another model can be loaded', async () => {
    const { page, close } = await openPage(browser(), `${server.url}/`);
    await page.getByLabel('Address of a run or an export').fill('nothing/');
    await page.getByRole('button', { name: 'Load' }).click();
    await page.getByText(/nothing has no config\.json/).waitFor();
    expect(await page.getByRole('textbox', { name: 'Text' }).isDisabled()).toBe(true);
    await page.getByLabel('Address of a run or an export').fill('model/');
    await page.keyboard.press('Enter');
    await ready(page);
    await close();
  });
});
