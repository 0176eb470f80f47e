import { defineConfig } from 'vitest/config';
import usual from './vitest.config.js';

/** The long part of what is done to runs and files: `npm run test:faults`. */
export default defineConfig({
  test: {
    ...usual.test,
    include: ['test/faults/**/*.long.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
});
