import { z } from 'zod';
import { idOf, type Manifest } from '../render/manifest.ts';

const labels = z.record(z.string(), z.string());

const reference = z.object({ name: z.string(), key: z.string() });

const envVariable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({
      configMapKeyRef: reference.optional(),
      secretKeyRef: reference.optional(),
      fieldRef: z.object({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});

const handler = z.object({
  httpGet: z.object({ path: z.string(), port: z.union([z.string(), z.number()]) }).optional(),
  exec: z.object({ command: z.array(z.string()) }).optional(),
  periodSeconds: z.number(),
  failureThreshold: z.number().default(3),
});

const quantities = z.record(z.string(), z.string()).default({});

const container = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  env: z.array(envVariable).default([]),
  envFrom: z
    .array(z.unknown())
    .max(0, 'every variable is named, so that none is given by accident')
    .default([]),
  resources: z.object({ requests: quantities, limits: quantities }),
  startupProbe: handler.optional(),
  readinessProbe: handler.optional(),
  livenessProbe: handler.optional(),
  lifecycle: z
    .object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }).optional() })
    .optional(),
  securityContext: z.record(z.string(), z.unknown()).default({}),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) }))
    .default([]),
});

const volume = z.object({
  name: z.string(),
  emptyDir: z.object({ sizeLimit: z.string() }).optional(),
  ephemeral: z
    .object({
      volumeClaimTemplate: z.object({
        spec: z.object({ resources: z.object({ requests: z.object({ storage: z.string() }) }) }),
      }),
    })
    .optional(),
  projected: z.object({ sources: z.array(z.record(z.string(), z.unknown())) }).optional(),
});

const podSpec = z.object({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  priorityClassName: z.string(),
  terminationGracePeriodSeconds: z.number(),
  hostNetwork: z.literal(false).default(false),
  hostPID: z.literal(false).default(false),
  securityContext: z.record(z.string(), z.unknown()),
  nodeSelector: labels.default({}),
  tolerations: z.array(z.object({ key: z.string() })).default([]),
  topologySpreadConstraints: z
    .array(z.object({ topologyKey: z.string(), labelSelector: z.object({ matchLabels: labels }) }))
    .default([]),
  initContainers: z.array(container).default([]),
  containers: z.tuple([container]),
  volumes: z.array(volume).default([]),
});

const workload = z.object({
  spec: z.object({
    replicas: z.number().optional(),
    selector: z.object({ matchLabels: labels }),
    strategy: z
      .object({ rollingUpdate: z.object({ maxSurge: z.unknown(), maxUnavailable: z.unknown() }) })
      .optional(),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).default([]),
    template: z.object({ metadata: z.object({ labels }), spec: podSpec }),
  }),
});

export type Container = z.output<typeof container>;

/** The pods of one Deployment or StatefulSet. */
export interface Pods {
  /** `Deployment/millrace-worker`. */
  owner: string;
  kind: string;
  name: string;
  /** Undefined where an autoscaler says how many. */
  replicas: number | undefined;
  selector: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  component: string;
  spec: z.output<typeof podSpec>;
  container: Container;
  /** Names of volumes that are claims. */
  claims: readonly string[];
  strategy: z.output<typeof workload>['spec']['strategy'];
}

const WORKLOADS = new Set(['Deployment', 'StatefulSet']);

export function podsOf(manifests: readonly Manifest[]): Pods[] {
  return manifests
    .filter(({ kind }) => WORKLOADS.has(kind))
    .map((manifest) => {
      const read = workload.safeParse(manifest);
      if (!read.success) throw new Error(`${idOf(manifest)}: ${z.prettifyError(read.error)}`);
      const { replicas, selector, template, strategy, volumeClaimTemplates } = read.data.spec;
      return {
        owner: idOf(manifest),
        kind: manifest.kind,
        name: manifest.metadata.name,
        replicas,
        selector: selector.matchLabels,
        labels: template.metadata.labels,
        component: template.metadata.labels['app.kubernetes.io/component'] ?? '',
        spec: template.spec,
        container: template.spec.containers[0],
        claims: volumeClaimTemplates.map(({ metadata }) => metadata.name),
        strategy,
      };
    });
}

export function matches(
  selector: Readonly<Record<string, string>>,
  podLabels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => podLabels[key] === value);
}

/** A quantity of Kubernetes as a number: `250m` is 0.25, `2Gi` is 2 GiB in bytes. */
export function quantity(text: string): number {
  const [, number, unit = ''] = /^([\d.]+)(m|Ki|Mi|Gi|Ti)?$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`${text} is no quantity that is understood here`);
  const factors: Record<string, number> = {
    '': 1,
    m: 1e-3,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
  };
  return Number(number) * (factors[unit] ?? Number.NaN);
}
