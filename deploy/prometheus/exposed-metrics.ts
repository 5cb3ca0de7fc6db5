import { Registry } from 'prom-client';
import { z } from 'zod';
import { EDGE_METRICS } from '../../edge/src/metrics/edge-metrics.ts';
import { createBridgeMetrics } from '../../worker-node/src/bridge/bridge-metrics.ts';
import { createGrpcMetrics } from '../../worker-node/src/grpc/grpc-metrics.ts';
import { createRegistry, type Role } from '../../worker-node/src/metrics.ts';
import { createWorkerMetrics } from '../../worker-node/src/worker/worker-metrics.ts';

export interface ExposedMetric {
  name: string;
  type: string;
  labels: readonly string[];
  help: string;
}

/** What a process of each role exposes, as its code says: our own metrics first, then those of Node. */
export async function exposedMetrics(): Promise<Record<Role | 'edge', ExposedMetric[]>> {
  return {
    edge: Object.entries(EDGE_METRICS).map(([name, metric]) => ({ name, ...metric })),
    bridge: await registered('bridge', createBridgeMetrics),
    worker: await registered('worker', createWorkerMetrics),
    grpc: await registered('grpc', createGrpcMetrics),
  };
}

/** Names as PromQL sees them: a histogram is three. */
export function seriesNames({ name, type }: ExposedMetric): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

async function registered(role: Role, create: (registry: Registry) => unknown): Promise<ExposedMetric[]> {
  const own = new Registry();
  create(own);
  return [...(await metricsOf(own)), ...(await metricsOf(createRegistry(role)))];
}

/** What prom-client keeps of a metric and does not say in its types. */
const kept = z.object({ name: z.string(), help: z.string(), labelNames: z.array(z.string()) });

async function metricsOf(registry: Registry): Promise<ExposedMetric[]> {
  const page = await registry.metrics();
  const types = new Map(
    [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  return registry.getMetricsAsArray().map((metric) => {
    const { name, help, labelNames: labels } = kept.parse(registry.getSingleMetric(metric.name));
    return { name, type: types.get(name) ?? '', labels, help };
  });
}
