/** The browser helper itself: it must see what goes wrong in a page. */
import { expect, test } from 'vitest';
import { describeInBrowser, openPage } from './browser.js';

describeInBrowser('a page in Chromium', (browser) => {
  test('runs its script, and what goes wrong is heard', async () => {
    const html =
      '<title>x</title><p>fine</p><script>document.querySelector("p").textContent = "ran"; throw new Error("on purpose")</script>';
    const { page, problems, close } = await openPage(
      browser(),
      `data:text/html,${encodeURIComponent(html)}`,
      {},
    );
    expect(await page.locator('p').textContent()).toBe('ran');
    expect(problems).toEqual(['exception: on purpose']);
    await close();
  });
});
