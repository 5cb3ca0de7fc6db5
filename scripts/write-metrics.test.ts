import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { METRICS_PAGE, metricsPage } from './write-metrics.ts';

test('docs/metrics.md says what the code says: else run node scripts/write-metrics.ts', async () => {
  expect(await readFile(METRICS_PAGE, 'utf8')).toBe(await metricsPage());
});
