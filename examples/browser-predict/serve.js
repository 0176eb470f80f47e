// Builds the page and serves it, with a model beside it: npm run example [-- <run or export>]
import { createReadStream, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const model = resolve(process.argv[2] ?? 'runs/demo');
const configFile = join(here, 'vite.config.ts');

if (!existsSync(join(model, 'config.json'))) {
  console.error(
    `error: ${model} is no model's folder. Make one first: npm start writes runs/demo; or name another: npm run example -- runs/reviews`,
  );
  process.exit(2);
}

/** The model's files at /model/. */
function models(request, response, next) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const name = /^\/model\/((?:onnx\/)?\w[\w.-]*)$/.exec(pathname)?.[1];
  if (name === undefined) return next();
  const file = join(model, name);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    response.statusCode = 404;
    return response.end();
  }
  response.setHeader(
    'content-type',
    name.endsWith('.json') ? 'application/json' : 'application/octet-stream',
  );
  response.setHeader('content-length', stats.size);
  response.setHeader('last-modified', stats.mtime.toUTCString());
  if (request.method === 'HEAD') return response.end();
  return createReadStream(file).pipe(response);
}

await build({ configFile, logLevel: 'warn' });
const server = await preview({
  configFile,
  preview: { port: 5180, host: 'localhost' },
  plugins: [{ name: 'model', configurePreviewServer: ({ middlewares }) => void middlewares.use(models) }],
});
console.log(`${server.resolvedUrls.local[0]}?model=model/ with ${model}. Ctrl-C ends.`);
