/** The contract of runtimes, on ONNX Runtime in Node, and on that for pages where WebAssembly runs in Node too. */
import { describe, test } from 'vitest';
import { nodeRuntime } from '../../src/runtime/node.js';
import { webRuntime } from '../../src/runtime/web.js';
import { CONTRACT } from './contract.js';

describe.each([
  { name: 'onnxruntime-node', open: () => nodeRuntime({ threads: 1 }) },
  { name: 'onnxruntime-node, two threads', open: () => nodeRuntime({ threads: 2 }) },
  // In a browser: test/web/classifier.test.ts.
  { name: 'onnxruntime-web in Node', open: () => webRuntime({ threads: 1 }) },
])('$name', ({ open }) => {
  test.each(CONTRACT)('$name', async ({ run }) => {
    await run(await open());
  });
});
