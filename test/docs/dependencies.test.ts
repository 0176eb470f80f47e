/** Each direct dependency has its line in docs/dependencies.md, with its licence as the package says it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
const rows = read('docs/dependencies.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'));

test.each(Object.keys(dependencies))('%s', (name) => {
  const { license } = JSON.parse(read(`node_modules/${name}/package.json`)) as { license: string };
  const row = rows.find((line) => line.includes(`\`${name}\``));
  expect(row, `docs/dependencies.md has no line of ${name}`).toBeDefined();
  expect(row).toContain(license);
});
