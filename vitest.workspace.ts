import { defineConfig } from 'vitest/config';

// An ordinary config: vitest reads it only when told to, `vitest --config vitest.workspace.ts`.
export default defineConfig({
  test: {
    // A line a file, not one for each test that takes a moment.
    slowTestThreshold: 15_000,
    // What a program logs is of interest where something fails.
    silent: 'passed-only',
    projects: [
      ...['shared', 'edge', 'worker-node', 'worker-node/vitest.engine.config.ts'],
      ...['deploy', 'deploy/local', 'scripts', 'bench', 'e2e/simulate', 'e2e'],
    ],
  },
});
