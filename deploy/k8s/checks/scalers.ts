import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Manifest } from '../render/manifest.ts';

/** What is read of a HorizontalPodAutoscaler or of KEDA's ScaledObject. */
const scaler = z.object({
  scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
  minReplicas: z.number().optional(),
  minReplicaCount: z.number().optional(),
  maxReplicas: z.number().optional(),
  maxReplicaCount: z.number().optional(),
  behavior: z.unknown().optional(),
  advanced: z.object({ horizontalPodAutoscalerConfig: z.object({ behavior: z.unknown() }) }).optional(),
  metrics: z.array(z.looseObject({ type: z.string() })).default([]),
  triggers: z
    .array(
      z.object({
        type: z.literal('prometheus'),
        name: z.string(),
        metricType: z.enum(['Value', 'AverageValue']).default('AverageValue'),
        metadata: z.object({ query: z.string(), threshold: z.string(), serverAddress: z.string() }),
      }),
    )
    .default([]),
});

export const externalMetric = z.object({
  external: z.object({
    metric: z.object({ name: z.string() }),
    target: z.object({ type: z.literal('AverageValue'), averageValue: z.string() }),
  }),
});

export function scalersOf(manifests: readonly Manifest[]) {
  return manifests
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject')
    .map(({ spec }) => scaler.parse(spec));
}

/** The external metrics that prometheus-adapter offers, and how it asks for them. */
export async function adapterQueries(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(path.join(import.meta.dirname, '../examples/prometheus-adapter.yaml'), 'utf8');
  const rule = z.object({ name: z.object({ as: z.string() }), metricsQuery: z.string() });
  const { rules } = z.object({ rules: z.object({ external: z.array(rule) }) }).parse(parse(text));
  return new Map(rules.external.map(({ name, metricsQuery }) => [name.as, metricsQuery]));
}
