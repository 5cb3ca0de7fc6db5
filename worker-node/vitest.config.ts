import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'worker-node',
    include: ['src/**/*.test.ts'],
    globalSetup: ['src/testing/clips-folder.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Projects with another number of workers run in another group.
    sequence: { groupOrder: 1 },
  },
});
