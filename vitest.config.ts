import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // What takes long: npm run test:faults.
    exclude: ['**/node_modules/**', 'test/**/*.long.test.ts'],
    globalSetup: ['test/support/build.ts'],
    // No test asks the real hub, nor sees what is in the cache of whoever runs it.
    env: { HF_HUB_OFFLINE: '1', HF_HOME: join(tmpdir(), 'bertune-test-no-hub') },
    // Each file gets a process of its own: sessions of the native runtime don't share threads across files.
    pool: 'forks',
    maxWorkers: 2,
    // Ample, for slow and busy machines: no test is about time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
