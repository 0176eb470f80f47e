#!/usr/bin/env node
// Starts the command line. In a clone it builds first when the sources are newer than what was built, so that
// `npx bertune` works right after `npm ci`, with or without install scripts, and after every edit.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inPackage = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const newest = (folder) =>
  readdirSync(folder, { recursive: true }).reduce(
    (latest, name) => Math.max(latest, statSync(`${folder}/${name}`).mtimeMs),
    0,
  );

const sources = inPackage('src');
const mark = inPackage('dist/.tsbuildinfo');
if (existsSync(sources) && (!existsSync(mark) || newest(sources) > statSync(mark).mtimeMs)) {
  const compiler = inPackage('node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) {
    process.stderr.write(
      'error: bertune is not built yet, and the compiler is missing. Run "npm ci" first.\n',
    );
    process.exit(2);
  }
  const built = spawnSync(process.execPath, [compiler, '-p', inPackage('tsconfig.build.json')], {
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) process.exit(1);
}
const { main } = await import('../dist/cli/main.js');
await main(process.argv.slice(2));
