import { configDefaults, defineConfig } from 'vitest/config';
import { engineTests, fleetTests } from './vitest.shared.ts';

export default defineConfig({
  test: {
    ...fleetTests,
    name: 'worker-node',
    include: ['src/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...engineTests],
  },
});
