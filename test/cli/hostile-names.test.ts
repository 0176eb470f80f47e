/** Labels, texts, columns and names of files that are made to be more than they are: in the terminal, the card and the report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeInBrowser, openPage } from '../support/browser.js';
import { bertune, sharedFolder, TINY, TINY_MODEL, type Finished } from '../support/cli.js';
import { HARMFUL } from '../support/payloads.js';
import { csv, reviews } from '../support/reviews.js';

const SCRIPT = '<script>window.hits=1</script>';
const IMAGE = '<img src=x onerror="window.hits=2">';
const LINK = '[here](javascript:alert`3`)';
/** ANSI with 7 and 8 bits, a title, a reversed order, and the end of YAML's front matter. */
const CONTROLS = '\u001b[31mred\u001b]0;title\u0007\u009b2J\u202eevil\u2066\u061c';
const LABELS = [`a${CONTROLS}`, `${SCRIPT}${IMAGE}`, `b: c\n---\n# no: [title] ${LINK} 'q' "q" \\ \u2028 %`];
const FILE = `${process.platform === 'win32' ? 'x' : `<img src=x onerror='window.hits=4'>${CONTROLS}\n---\nx: y`}.csv`;

const cwd = sharedFolder();
const run = (...args: string[]): Promise<Finished> => bertune(args, { cwd });

beforeAll(async () => {
  const rows = reviews(60, LABELS).map(({ text, label }, i) => [
    `${text} ${i} ${CONTROLS} ${SCRIPT}${IMAGE}${LINK}`,
    label,
  ]);
  writeFileSync(join(cwd, FILE), csv([['text', 'label'], ...rows]));
  const { code, stderr } = await run(
    'train',
    FILE,
    ...TINY_MODEL,
    '--max-steps',
    '3',
    '--eval-steps',
    '2',
    '--out',
    'run',
  );
  expect(code, stderr).toBe(0);
});

describe('in the terminal', () => {
  test.each<readonly [string, number, readonly string[]]>([
    ['train', 0, ['train', FILE, ...TINY_MODEL, '--max-steps', '2', '--out', 'again']],
    ['evaluate', 0, ['evaluate', 'run', FILE]],
    ['evaluate --json', 0, ['evaluate', 'run', FILE, '--json']],
    ['inspect', 0, ['inspect', FILE, '--model', TINY]],
    ['predict', 0, ['predict', 'run', `a film ${CONTROLS}`]],
    ['predict --json', 0, ['predict', 'run', `a film ${CONTROLS}`, '--json']],
    ['explain', 0, ['explain', 'run', `a film ${CONTROLS}`]],
    ['a file that is not there', 2, ['train', `no${FILE}`, ...TINY_MODEL]],
    ['a column that is not there', 2, ['inspect', FILE, '--model', TINY, '--text-column', CONTROLS]],
    ['a label that is not known', 2, ['evaluate', 'run', FILE, '--label-map', `${CONTROLS}=x`]],
  ])('%s: no control character gets through', async (_, expected, args) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code, stderr).toBe(expected);
    expect(stdout + stderr).not.toMatch(HARMFUL);
    // A break in a name begins no line of its own.
    expect(stdout + stderr).not.toMatch(/^(---|x: y|# no)/m);
    if (args.includes('--json')) expect(JSON.parse(stdout)).toBeTypeOf('object');
  });
});

test("the model card's front matter holds them as strings; its Markdown has neither markup, links nor lines of theirs", () => {
  const card = readFileSync(join(cwd, 'run/README.md'), 'utf8');
  expect(card).not.toMatch(HARMFUL);
  const [, front, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(card)!;
  const { library_name, 'model-index': index } = parse(front!) as Record<string, unknown>;
  expect(library_name).toBe('transformers');
  expect(index).toEqual([
    {
      name: 'bert fine-tuned with bertune',
      results: [expect.objectContaining({ dataset: { type: FILE, name: FILE } })],
    },
  ]);
  expect(body).not.toMatch(/<(script|img)|\]\(javascript|^---$|^# no|^x: y/m);
  expect(body).toContain('&#60;script&#62;');
});

describeInBrowser('the report', (browser) => {
  test('runs none of them, and shows them as text', async () => {
    const page = readFileSync(join(cwd, 'run/report.html'), 'utf8');
    expect(page.split('window.hits').length - 1).toBeGreaterThan(10);
    const opened = await openPage(browser(), pathToFileURL(join(cwd, 'run/report.html')).href);
    const found = await opened.page.evaluate(() => ({
      hits: (globalThis as { hits?: number }).hits ?? 0,
      images: document.querySelectorAll('img').length,
      scripts: [...document.querySelectorAll('script')].filter(({ textContent }) =>
        textContent.includes('hits'),
      ).length,
      links: document.querySelectorAll('a[href^="javascript"]').length,
      handlers: document.querySelectorAll('[onerror], [onload], [onclick]').length,
      shown: document.body.textContent.includes('<script>window.hits=1</script>'),
    }));
    expect(found).toEqual({ hits: 0, images: 0, scripts: 0, links: 0, handlers: 0, shown: true });
    expect(opened.problems).toEqual([]);
    await opened.close();
  });
});
