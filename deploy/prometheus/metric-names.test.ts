import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { boardQueries } from '../grafana/boards.ts';
import { exposedMetrics, seriesNames } from './exposed-metrics.ts';
import { metricNames } from './metric-names.ts';
import { readRules } from './rules/rule-files.ts';

/* What is asked for exists: in the code that exposes metrics, or in a rule that records them. */

/** Made by Prometheus with every scrape. */
const OF_PROMETHEUS = ['up'];
const KUBERNETES = join(import.meta.dirname, '../k8s');

let exposed: Set<string>;
let recorded: Set<string>;

beforeAll(async () => {
  exposed = new Set(Object.values(await exposedMetrics()).flatMap((metrics) => metrics.flatMap(seriesNames)));
  recorded = new Set((await readRules()).recording.map(({ record }) => record));
});

function unknownIn(expr: string): string[] {
  return metricNames(expr).filter(
    (name) => !exposed.has(name) && !recorded.has(name) && !OF_PROMETHEUS.includes(name),
  );
}

test('in every rule', async () => {
  const { recording, alerting } = await readRules();
  for (const { expr } of [...recording, ...alerting]) expect(unknownIn(expr), expr).toEqual([]);
});

test('in every panel', () => {
  for (const { where, expr } of boardQueries('1m')) expect(unknownIn(expr), where).toEqual([]);
});

test('in every query that Kubernetes scales by', async () => {
  const queries = await scalingQueries();
  expect(queries.length).toBeGreaterThan(0);
  for (const query of queries) expect(unknownIn(query), query).toEqual([]);
});

test('no recorded name is also exposed, and none is recorded for nobody', async () => {
  const { recording, alerting } = await readRules();
  const scaling = (await scalingQueries()).map((expr) => ({ expr }));
  const asked = new Set(
    [...recording, ...alerting, ...boardQueries('1m'), ...scaling].flatMap(({ expr }) => metricNames(expr)),
  );
  for (const name of recorded) {
    expect(exposed.has(name), name).toBe(false);
    expect(asked.has(name), `${name} is recorded, and nobody asks for it`).toBe(true);
  }
});

/** Of KEDA's triggers and of prometheus-adapter's external metrics, wherever they stand. */
async function scalingQueries(): Promise<string[]> {
  const files = (await readdir(KUBERNETES, { recursive: true })).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(join(KUBERNETES, name), 'utf8')));
  return texts
    .filter((text) => /serverAddress:|metricsQuery:/.test(text))
    .flatMap((text) => parseAllDocuments(text).flatMap((document) => queriesIn(document.toJS())));
}

function queriesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isQuery = key === 'metricsQuery' || (key === 'query' && 'serverAddress' in value);
    return isQuery && typeof inner === 'string' ? [inner] : queriesIn(inner);
  });
}
