import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createBridgeMetrics } from './bridge/bridge-metrics.ts';
import { createWorkerMetrics } from './worker/worker-metrics.ts';

test.each([
  ['Bridge', createBridgeMetrics],
  ['Worker', createWorkerMetrics],
])('docs/metrics.md lists every metric of the %s', async (heading, create) => {
  const page = await readFile(path.resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  const section = page.split('\n## ').find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const registry = new Registry();
  create(registry);
  const exposed = registry.getMetricsAsArray().map((metric) => `\`${metric.name}\` ${metric.help}`);
  const documented = [...section.matchAll(/^\| (`\w+`) \|.*\| (.*) \|$/gm)].map(
    ([, name, help]) => `${name} ${help}`,
  );
  expect(documented).toEqual(exposed);
});
