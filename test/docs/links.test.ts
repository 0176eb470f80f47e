/** The pages: what they show and point at is there. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const PICTURES = readdirSync(join(REPOSITORY, 'docs')).filter((file) => /\.(?:png|svg)$/.test(file));
const PAGES = [
  'README.md',
  ...readdirSync(join(REPOSITORY, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const textOf = (page: string): string => readFileSync(join(REPOSITORY, page), 'utf8');

/** Paths that a page points at, from the root of the repository. */
function pathsIn(page: string): string[] {
  const text = textOf(page);
  const folder = page.startsWith('docs/') ? 'docs/' : '';
  const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target!);
  const named = [
    ...text.matchAll(/\b(?:docs|scripts|test|bench|src)\/[\w/.-]*\w\.(?:md|js|ts|py|sh|png|svg)\b/g),
  ];
  return [
    ...links.filter((target) => !/^\w+:/.test(target)).map((target) => `${folder}${target}`),
    ...named.map(([path]) => path),
  ];
}

describe.each(PAGES)('%s', (page) => {
  test('points at what is there', () => {
    expect(pathsIn(page).filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
  });
});

test('each picture is shown by a page, and small', () => {
  const shown = PAGES.flatMap(pathsIn);
  expect(PICTURES.length).toBeGreaterThan(0);
  for (const picture of PICTURES) {
    expect(shown).toContain(`docs/${picture}`);
    expect(statSync(join(REPOSITORY, 'docs', picture)).size).toBeLessThan(150_000);
  }
});
