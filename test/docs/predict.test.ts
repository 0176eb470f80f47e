/** docs/predict.md and docs/browser.md: every example is run as it stands there. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportModel } from '../../src/index.js';
import { describeInBrowser, openPage } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { BIN, TINY } from '../support/cli.js';
import { codeBlocks } from '../support/code-blocks.js';
import { serveFolders } from '../support/static-server.js';

const REPOSITORY = dirname(dirname(BIN));
const run = promisify(execFile);

describe('docs/predict.md', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'bertune-docs-'));
  beforeAll(() => {
    mkdirSync(join(cwd, 'runs'));
    cpSync(TINY, join(cwd, 'runs/reviews'), { recursive: true });
  });
  afterAll(() => {
    rmSync(cwd, { recursive: true, force: true });
  });

  test('the commands', async () => {
    const [commands] = codeBlocks('predict.md', 'sh');
    const script = `set -e\n${commands!.replaceAll('npx bertune', `"${process.execPath}" "${BIN}"`)}`;
    const { stdout } = await run('bash', ['-c', script], { cwd, timeout: 150_000 });
    expect(stdout.match(/^(?:positive|negative) .*%/gm)).toHaveLength(3);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ text: 'A fine film.' });
  });

  test('the programs', async () => {
    const out = join(cwd, 'runs/reviews-onnx');
    await exportModel(TINY, {
      format: 'transformers.js',
      dtype: ['fp32', 'int8'],
      data: false,
      out,
      force: true,
    });
    const programs = codeBlocks('predict.md', 'ts');
    expect(programs).toHaveLength(2);
    for (const program of programs) {
      // The package finds itself by its name from its own folder alone.
      const placed = program.replaceAll("'runs/", `'${cwd}/runs/`);
      const args = ['--input-type=module', '-e', placed];
      const { stdout, stderr } = await run(process.execPath, args, { cwd: REPOSITORY, timeout: 150_000 });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/positive|negative/);
    }
  });
});

describeInBrowser('docs/browser.md', (browser) => {
  test('the examples', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bertune-docs-'));
    const examples = codeBlocks('browser.md', 'js');
    expect(examples).toHaveLength(3);
    const entries = examples.map((code, i) => {
      const file = join(folder, `source-${i}.js`);
      writeFileSync(file, code);
      const page = `<!doctype html><title>t</title><input type="file" multiple /><script type="module" src="/example-${i}.js"></script>`;
      writeFileSync(join(folder, `${i}.html`), page);
      return [`example-${i}`, file];
    });
    await bundle(Object.fromEntries(entries) as Record<string, string>, folder);
    const server = await serveFolders({ '': folder, '/models/reviews': TINY });
    for (const i of examples.keys()) {
      const { page, problems, close } = await openPage(browser(), 'about:blank');
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      await page.goto(`${server.url}/${i}.html`);
      if (examples[i]!.includes('input.files')) {
        const files = readdirSync(TINY).map((file) => join(TINY, file));
        await page.setInputFiles('input', files);
      }
      await expect.poll(() => said.join('\n'), { timeout: 120_000 }).toMatch(/positive|negative/);
      // TINY is no run: it has no bertune.json, and that a server says so is no problem.
      expect(problems.filter((each) => !/404/.test(each))).toEqual([]);
      await close();
    }
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
