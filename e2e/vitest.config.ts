import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  test: {
    name: 'e2e',
    environment: 'node',
    include: ['**/*.test.ts'],
    exclude: ['simulate/**', '**/node_modules/**'],
    // After the other projects, and one file at a time: each has a whole stack to itself, and the machine.
    sequence: { groupOrder: 2 },
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
