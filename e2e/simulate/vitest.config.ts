import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  test: { name: 'simulate', environment: 'node', include: ['**/*.test.ts'], testTimeout: 300_000 },
});
