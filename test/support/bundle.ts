/** Code bundled for browsers, as a page's author would do it; a Node module in it is an error. */
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

/** ONNX Runtime and the tokenizers run in Node too, and ask for its modules only there. */
const KNOWS_BOTH = /node_modules\/(?:onnxruntime-web|@huggingface)\//;

/** Refuses imports of Node's modules. */
function withoutNode(): Plugin {
  return {
    name: 'without-node',
    enforce: 'pre',
    resolveId(id, importer) {
      if (isBuiltin(id) && !KNOWS_BOTH.test(importer ?? ''))
        throw new Error(`${String(importer)} imports ${id}`);
      if (/onnxruntime-node|@huggingface\/hub/.test(id)) throw new Error(`${String(importer)} imports ${id}`);
      return null;
    },
  };
}

/**
 * Bundles a script and what it imports.
 *
 * @param entries by the names that the scripts get: `page` becomes `page.js`
 * @param outDir a folder of the caller's
 */
export async function bundle(entries: Readonly<Record<string, string>>, outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: outDir,
    publicDir: false,
    resolve: { alias: { 'bertune/web': fileURLToPath(new URL('../../src/web/index.ts', import.meta.url)) } },
    plugins: [withoutNode()],
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: {
        input: { ...entries },
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}
