import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  // The file that Node takes for its packages too: there may be only one `graphql`.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    name: 'edge',
    environment: 'node',
    // Files keep nothing in modules, and to load all of them anew for each takes longer than most tests.
    isolate: false,
    include: ['src/**/*.test.ts'],
    // Real databases on a machine that may be busy.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    globalSetup: ['src/testing/global-setup.ts'],
  },
});
