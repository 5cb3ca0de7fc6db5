import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readRules } from '../../prometheus/rules/rule-files.ts';
import { RULES_MANIFEST, rulesManifest } from '../write-rules.ts';
import { renderOverlays } from './overlays.ts';
import { matches, podsOf } from './pods.ts';
import { scalersOf } from './scalers.ts';

const podMonitor = z.object({
  selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
  podMetricsEndpoints: z.array(
    z.object({ port: z.string(), relabelings: z.array(z.looseObject({ targetLabel: z.string() })) }),
  ),
});

const overlays = [...(await renderOverlays())].filter(([name]) => name !== 'local');

test('the rules of the operator are those of Prometheus', async () => {
  expect(await readFile(RULES_MANIFEST, 'utf8')).toBe(await rulesManifest());
});

describe.each(overlays)('overlay %s', (_, manifests) => {
  const pods = podsOf(manifests);

  test('every program is watched under the job that rules and dashboards name', () => {
    const monitors = manifests
      .filter(({ kind }) => kind === 'PodMonitor')
      .map(({ spec }) => podMonitor.parse(spec));
    for (const component of ['bridge', 'worker', 'grpc']) {
      const [monitor] = monitors.filter(
        ({ selector }) => selector.matchLabels['app.kubernetes.io/component'] === component,
      );
      const [endpoint] = monitor?.podMetricsEndpoints ?? [];
      expect(endpoint?.relabelings).toContainEqual(
        expect.objectContaining({ targetLabel: 'job', replacement: `millrace-${component}` }),
      );
      const watched = pods.filter(({ labels }) => matches(monitor?.selector.matchLabels ?? {}, labels));
      expect(watched.length).toBeGreaterThan(0);
      for (const { container } of watched)
        expect(container.ports.map(({ name }) => name)).toContain(endpoint?.port);
    }
    expect(
      manifests.filter(({ kind }) => kind === 'ScrapeConfig').flatMap(({ spec }) => jobsIn(spec)),
    ).toContain('millrace-edge');
  });

  test('every alert is there', async () => {
    const { alerting } = await readRules();
    const applied = manifests
      .filter(({ kind }) => kind === 'PrometheusRule')
      .flatMap(({ spec }) =>
        [...JSON.stringify(spec).matchAll(/"alert":"(\w+)"/g)].flatMap(([, name]) => name ?? []),
      );
    expect(applied).toEqual(alerting.map(({ alert }) => alert));
  });

  test('every query asks a job that is scraped', () => {
    const scraped = manifests.flatMap(({ kind, spec }) =>
      kind === 'PodMonitor' || kind === 'ScrapeConfig' ? jobsIn(spec) : [],
    );
    const asked = scalersOf(manifests).flatMap(({ triggers }) =>
      triggers.flatMap(({ metadata }) => jobsOf(metadata.query)),
    );
    for (const job of asked) expect(scraped).toContain(job);
  });
});

function jobsOf(query: string): string[] {
  return [...query.matchAll(/job="([^"]+)"/g)].flatMap(([, job]) => job ?? []);
}

function jobsIn(spec: unknown): string[] {
  return [...JSON.stringify(spec).matchAll(/"targetLabel":"job","replacement":"([^"]+)"/g)].flatMap(
    ([, job]) => job ?? [],
  );
}
