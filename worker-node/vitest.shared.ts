import type { ViteUserConfig } from 'vitest/config';

/** Tests that take films through the tasks of the engine. */
export const engineTests = [
  'src/worker/tasks/**/*.test.ts',
  'src/support/**/*.test.ts',
  'src/media/*-frames*.test.ts',
];

/** What all tests of the worker's package need. */
export const fleetTests = {
  globalSetup: ['src/testing/clips-folder.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  maxWorkers: 2,
  // Projects with another number of workers run in another group.
  sequence: { groupOrder: 1 },
} satisfies ViteUserConfig['test'];
