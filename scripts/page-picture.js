// A picture of a page, as docs/report.md has it: node scripts/page-picture.js runs/x/report.html docs/report.png [height]
// Needs Chromium (apt-get install chromium), or BERTUNE_CHROMIUM that names one.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [file, out, height = '1500'] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env['BERTUNE_CHROMIUM'] || '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0,
});
const page = await browser.newPage({ viewport: { width: 1180, height: Number(height) } });
await page.goto(pathToFileURL(resolve(file)).href);
await page.screenshot({ path: out });
await browser.close();
