/**
 * Pages looked at in a real browser: Chromium as the system has it (`apt-get install chromium`), driven by playwright-core,
 * which downloads nothing. Where there is none the tests are skipped, and say why; with BERTUNE_BROWSER=required they fail.
 */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where Chromium is: BERTUNE_CHROMIUM says so, or one of its usual places. */
export function chromiumPath(): string | undefined {
  const named = process.env['BERTUNE_CHROMIUM'];
  return named === undefined || named === '' ? PLACES.find((path) => existsSync(path)) : named;
}

/**
 * Tests that need a browser, which is started once for all of them.
 *
 * ```ts
 * describeInBrowser('the report', (browser) => {
 *   test('has a heading', async () => {
 *     const { page, problems, close } = await openPage(browser(), url);
 *     expect(await page.locator('h1').count()).toBe(1);
 *     expect(problems).toEqual([]);
 *     await close();
 *   });
 * });
 * ```
 *
 * @param tests is given the browser, there once a test runs
 */
export function describeInBrowser(name: string, tests: (browser: () => Browser) => void): void {
  const path = chromiumPath();
  if (path === undefined) {
    if (process.env['BERTUNE_BROWSER'] === 'required') {
      test(name, () => {
        expect.fail('BERTUNE_BROWSER=required, but there is no Chromium: apt-get install chromium');
      });
    } else describe.skip(`${name} (skipped: no Chromium here; BERTUNE_CHROMIUM names one)`, none);
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      // Root, as in a container, has no sandbox.
      browser = await chromium.launch({
        executablePath: path,
        chromiumSandbox: process.getuid?.() !== 0,
        args: ['--disable-dev-shm-usage'],
      });
    }, 60_000);
    afterAll(() => browser?.close());
    tests(() => browser!);
  });
}

/** Skipped tests need a name, or the file would have none. */
function none(): void {
  test('needs a browser', () => undefined);
}

export interface OpenedPage {
  readonly page: Page;
  /** What went wrong so far: errors and warnings of the console, exceptions, failed requests, dialogs. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens a page in a window of its own, and listens for whatever goes wrong in it. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    problems.push(`request: ${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, problems, close: () => context.close() };
}
