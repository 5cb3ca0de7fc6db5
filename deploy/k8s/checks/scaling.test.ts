import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configOf } from './environment.ts';
import { renderOverlays } from './overlays.ts';
import { podsOf, quantity } from './pods.ts';
import { adapterQueries, externalMetric, scalersOf } from './scalers.ts';

const overlays = await renderOverlays();
const metrics = await documentedMetrics();

const behavior = z.object({
  scaleUp: z.object({ stabilizationWindowSeconds: z.literal(0), policies: z.array(z.unknown()).min(1) }),
  scaleDown: z.object({
    stabilizationWindowSeconds: z.number().min(300),
    policies: z.array(z.object({ value: z.number(), periodSeconds: z.number().min(60) })).min(1),
  }),
});

const utilization = z.object({
  resource: z.object({ name: z.string(), target: z.object({ averageUtilization: z.number() }) }),
});

describe.each([...overlays])('overlay %s', (overlay, manifests) => {
  const pods = podsOf(manifests);
  const scalers = scalersOf(manifests);
  const scaled = ['production', 'keda', 'gpu', 'self-hosted'].includes(overlay);

  test('bridge, gRPC and workers are scaled, each by one autoscaler', () => {
    const targets = scalers.map(({ scaleTargetRef }) => scaleTargetRef.name).sort();
    const edge = overlay === 'self-hosted' ? ['millrace-edge'] : [];
    const fleet = ['millrace-bridge', 'millrace-grpc', 'millrace-worker'];
    expect(targets).toEqual(scaled ? [...fleet, ...edge].sort() : []);
  });

  test('an autoscaler scales a deployment that is there and does not say its own number', () => {
    for (const { scaleTargetRef } of scalers) {
      const target = pods.find(
        ({ kind, name }) => kind === scaleTargetRef.kind && name === scaleTargetRef.name,
      );
      expect(target, scaleTargetRef.name).toBeDefined();
      expect(target?.replicas, scaleTargetRef.name).toBeUndefined();
    }
    const targets = scalers.map(({ scaleTargetRef }) => scaleTargetRef.name);
    for (const { name, replicas } of pods)
      if (!targets.includes(name)) expect(replicas, name).toBeGreaterThan(0);
  });

  test('what every job needs is there twice', () => {
    if (!scaled) return;
    for (const { name, kind, component, replicas } of pods) {
      if (kind !== 'Deployment' || component === 'worker') continue;
      const least =
        scalers.find(({ scaleTargetRef }) => scaleTargetRef.name === name)?.minReplicas ?? replicas;
      expect(least, name).toBeGreaterThanOrEqual(2);
    }
  });

  test('scaling out is quick, scaling in is slow', () => {
    for (const each of scalers) {
      const how = behavior.safeParse(each.behavior ?? each.advanced?.horizontalPodAutoscalerConfig.behavior);
      expect(how.success ? '' : z.prettifyError(how.error), each.scaleTargetRef.name).toBe('');
    }
  });

  test('bridge and gRPC are scaled by CPU and memory', () => {
    for (const { scaleTargetRef, metrics: by } of scalers) {
      if (scaleTargetRef.name === 'millrace-worker') continue;
      const names = by.map(({ resource }) => z.object({ name: z.string() }).parse(resource).name);
      expect(names).toEqual(['cpu', 'memory']);
      const { requests } = pods.find(({ name }) => name === scaleTargetRef.name)?.container.resources ?? {};
      expect(Object.keys(requests ?? {})).toEqual(expect.arrayContaining(['cpu', 'memory']));
    }
  });

  test('memory makes a process one of several before its limit ends it', () => {
    for (const { scaleTargetRef, metrics: by } of scalers) {
      const memory = by
        .map((each) => utilization.safeParse(each).data?.resource)
        .find((each) => each?.name === 'memory');
      const resources = pods.find(({ name }) => name === scaleTargetRef.name)?.container.resources;
      if (!memory || !resources) continue;
      const target = (memory.target.averageUtilization / 100) * quantity(resources.requests.memory ?? '0');
      expect(target, scaleTargetRef.name).toBeLessThan(0.75 * quantity(resources.limits.memory ?? '0'));
    }
  });

  test('workers are never fewer than those that work, so that only idle ones are ended', async () => {
    const [worker] = scalers.filter(({ scaleTargetRef }) => scaleTargetRef.name === 'millrace-worker');
    if (!worker) return;
    const external = worker.metrics.map((each) => externalMetric.parse(each).external);
    const queries = await adapterQueries();
    const byQuery = [
      ...external.map(({ metric, target }) => [queries.get(metric.name), target.averageValue]),
      ...worker.triggers.map(({ metadata }) => [metadata.query, metadata.threshold]),
    ];
    const busy = 'count(worker_slots_busy{job="millrace-worker",pool="encode"} > 0) or vector(0)';
    expect(byQuery).toContainEqual([busy, '1']);
  });

  test('workers are scaled by the depth of the queue, for the slots that a worker has', async () => {
    const [worker] = scalers.filter(({ scaleTargetRef }) => scaleTargetRef.name === 'millrace-worker');
    const pod = pods.find(({ name }) => name === 'millrace-worker');
    if (!worker || !pod) return;
    const { SLOTS } = configOf(pod.container, manifests);
    const depth = worker.metrics
      .map((each) => externalMetric.parse(each).external)
      .find(({ metric }) => metric.name === 'queue_depth');
    const backlog = worker.triggers.find(({ name }) => name === 'backlog');
    const perPod = Number(depth?.target.averageValue ?? backlog?.metadata.threshold);
    expect(perPod % Number(SLOTS)).toBe(0);
    if (overlay === 'keda') {
      expect(backlog?.metadata.query).toContain('queue_depth');
      const age = worker.triggers.find(({ name }) => name === 'queue-age');
      expect(age).toMatchObject({
        metricType: 'Value',
        metadata: { query: expect.stringContaining('queue_age_seconds') },
      });
    }
  });

  test('every metric that is scaled by exists', async () => {
    const queries = await adapterQueries();
    const external = scalers.flatMap((each) =>
      each.metrics.flatMap((by) => externalMetric.safeParse(by).data?.external.metric.name ?? []),
    );
    for (const name of external) expect([...queries.keys()]).toContain(name);
    const all = [
      ...external.map((name) => queries.get(name) ?? ''),
      ...scalers.flatMap(({ triggers }) => triggers.map(({ metadata }) => metadata.query)),
    ];
    for (const query of all) {
      const names = seriesIn(query);
      expect(names.length, query).toBeGreaterThan(0);
      for (const series of names) expect(metrics, query).toContain(series);
    }
  });
});

/** Names in the tables of docs/metrics.md. */
async function documentedMetrics(): Promise<string[]> {
  const text = await readFile(path.join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
  return [...text.matchAll(/^\| `(\w+)` \|/gm)].flatMap(([, name]) => name ?? []);
}

/** Names that have a selector behind them. */
function seriesIn(query: string): string[] {
  return [...query.matchAll(/([a-z_]\w*)\{/g)].flatMap(([, name]) => name ?? []);
}
