// A picture of a page, as docs/report.md has them: node scripts/page-picture.js runs/x/report.html docs/report.png
//   [--width 1180] [--height 1500] [--dark] [--section "What it confuses"] [--wait "text"]
// The page is a file or an address (what --watch says). --section takes the part under that heading alone; --wait waits until
// the page says that text. Needs Chromium (apt-get install chromium), or BERTUNE_CHROMIUM that names one. Pictures in docs/ were
// brought to a third of their size with 96 colours, Pillow's quantize(96).
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1180' },
    height: { type: 'string', default: '1500' },
    dark: { type: 'boolean', default: false },
    section: { type: 'string' },
    wait: { type: 'string' },
  },
});
const [from, out] = positionals;
const browser = await chromium.launch({
  executablePath: process.env['BERTUNE_CHROMIUM'] || '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0,
});
const page = await browser.newPage({
  viewport: { width: Number(values.width), height: Number(values.height) },
  colorScheme: values.dark ? 'dark' : 'light',
});
await page.goto(/^https?:/.test(from) ? from : pathToFileURL(resolve(from)).href);
if (values.wait !== undefined) await page.getByText(values.wait).first().waitFor({ timeout: 600_000 });
const part =
  values.section && page.locator('section', { has: page.getByRole('heading', { name: values.section }) });
await (part || page).screenshot({ path: out });
await browser.close();
