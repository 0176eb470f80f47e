/** Bundles the page: its scripts, and onnxruntime-web's WebAssembly beside them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The service worker, told which files the page consists of. WebGPU's part, which the page has no use for, is left out. */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    generateBundle(_, files) {
      const names = Object.keys(files).filter((name) => !/asyncify|webgpu|\.map$/.test(name));
      const source = readFileSync(place('./service-worker.js'), 'utf8');
      const list = `const FILES = ${JSON.stringify(['./', ...names])};`;
      this.emitFile({
        type: 'asset',
        fileName: 'service-worker.js',
        source: source.replace('const FILES = [];', list),
      });
    },
  };
}

export default defineConfig({
  root: place('./'),
  base: './',
  // A page of your own imports the package.
  resolve: { alias: { 'bertune/web': place('../../src/web/index.ts') } },
  plugins: [serviceWorker()],
  worker: { format: 'es' },
  build: {
    outDir: place('./dist'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // A policy without inline scripts takes no data: addresses for fonts and the like either.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
});
