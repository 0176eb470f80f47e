import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    // Each file gets a process of its own: sessions of the native runtime don't share threads across files.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
