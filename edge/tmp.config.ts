import { defineConfig } from 'vitest/config';
export default defineConfig({
  root: import.meta.dirname,
  test: {
    name: 'edge',
    include: ['src/tasks/*.test.ts', 'src/jobs/*.test.ts', 'src/dispatch/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    testTimeout: 300000,
    fileParallelism: false,
  },
});
