/** What is published: what a user needs, and nothing more. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const EXPECTED = [
  /^(?:package\.json|README\.md|LICENSE|bin\/bertune\.js)$/,
  /^dist\/(?:[a-z]+\/)*[\w-]+\.(?:js|d\.ts)$/,
  /^docs\/(?:growth\/)?[\w-]+\.(?:md|svg|png)$/,
  /^models\/(?:README\.md|all-MiniLM-L6-v2\/(?:LICENSE|[\w-]+\.json|model\.safetensors|vocab\.txt))$/,
  /^data\/imdb-sample\/(?:README\.md|(?:train|test)\.csv)$/,
];

test('the tarball holds what it should and nothing more', () => {
  const { stdout, status } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[]; size: number }];
  const paths = packed.files.map(({ path }) => path);
  expect(paths.filter((path) => !EXPECTED.some((pattern) => pattern.test(path)))).toEqual([]);
  expect(paths).toEqual(
    expect.arrayContaining([
      ...['LICENSE', 'bin/bertune.js', 'dist/index.js', 'dist/index.d.ts', 'dist/web/index.js'],
      ...[
        'dist/encoding/worker.js',
        'models/all-MiniLM-L6-v2/model.safetensors',
        'data/imdb-sample/train.csv',
      ],
    ]),
  );
  // The bundled model is 46 MB of it.
  expect(packed.size).toBeLessThan(50e6);
});
