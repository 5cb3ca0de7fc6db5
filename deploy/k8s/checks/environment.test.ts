import { describe, expect, test } from 'vitest';
import { ACCOUNT_ID, QUEUE_ID } from '../../local/queue/queues.ts';
import { readMigrateConfig } from '../../services/migrate/config.ts';
import { isObject } from '../render/manifest.ts';
import { configOf, environmentOf, isOurs } from './environment.ts';
import { exampleManifests } from './examples.ts';
import { overlayNames, renderOverlays } from './overlays.ts';
import { podsOf, quantity } from './pods.ts';

/** Read by NVIDIA's container runtime, not by the program. */
const FOR_THE_RUNTIME = new Set(['NVIDIA_DRIVER_CAPABILITIES']);

const overlays = await renderOverlays();

describe.each([...overlays])('overlay %s', (name, manifests) => {
  const pods = podsOf(manifests);
  const ours = pods.flatMap((pod) =>
    [...pod.spec.initContainers, ...pod.spec.containers]
      .filter(isOurs)
      .map((container) => [`${pod.owner} ${container.name}`, container, pod] as const),
  );

  test.each(ours)('%s has all the variables it needs, and none that it does not know', (_, container) => {
    const config = configOf(container, manifests);
    const known = new Set([...Object.keys(config), ...(variablesOf(config) ?? [])]);
    const unknown = container.env.map((variable) => variable.name).filter((variable) => !known.has(variable));
    expect(unknown.filter((variable) => !FOR_THE_RUNTIME.has(variable))).toEqual([]);
    expect(new Set(container.env.map((variable) => variable.name)).size).toBe(container.env.length);
  });

  test.each(ours)('%s listens where its ports say', (_, container) => {
    if (container.ports.length === 0) return;
    const config = configOf(container, manifests);
    const ports = Object.fromEntries(container.ports.map((port) => [port.name, port.containerPort]));
    expect(ports.http).toBe(config.PORT);
    if ('GRPC_PORT' in config) expect(ports.grpc).toBe(config.GRPC_PORT);
    if ('GRAPHQL_PORT' in config) expect(ports.graphql).toBe(config.GRAPHQL_PORT);
  });

  test('nothing in the ConfigMap is for nobody', () => {
    const [config] = manifests.filter(({ kind }) => kind === 'ConfigMap');
    const used = pods.flatMap(({ spec }) =>
      [...spec.initContainers, ...spec.containers].flatMap(({ env }) =>
        env.flatMap(({ valueFrom }) => valueFrom?.configMapKeyRef?.key ?? []),
      ),
    );
    const data = isObject(config?.data) ? config.data : {};
    expect(Object.keys(data).filter((key) => !used.includes(key))).toEqual([]);
  });

  const edges = ours.filter(([, { args }]) => args[0] === 'edge');

  test.each(edges)('%s has what `migrate contract` reads, which operators run in it', (_, container) => {
    expect(() => readMigrateConfig(environmentOf(container, manifests))).not.toThrow();
  });

  const workers = ours.filter(([, , { component }]) => component === 'worker');

  test.each(workers)('%s has a CPU for each slot', (_, container) => {
    const { SLOTS } = configOf(container, manifests);
    expect(SLOTS).toBe(quantity(container.resources.requests.cpu ?? '0'));
  });

  test.each(workers)(
    '%s has scratch for its cache and for what each slot writes',
    (_, container, { spec }) => {
      const config = configOf(container, manifests);
      const [scratch] = spec.volumes.filter((volume) =>
        container.volumeMounts.some(
          (mount) => mount.mountPath === config.SCRATCH_DIR && mount.name === volume.name,
        ),
      );
      const room = quantity(scratch?.emptyDir?.sizeLimit ?? '0');
      const needed = Number(config.SOURCE_CACHE_BYTES) + Number(config.SLOTS) * BYTES_PER_SLOT;
      expect(room).toBeGreaterThanOrEqual(needed);
      // What the scheduler sets aside, and what the kubelet ends the pod for.
      expect(quantity(container.resources.requests['ephemeral-storage'] ?? '0')).toBeGreaterThanOrEqual(room);
      expect(quantity(container.resources.limits['ephemeral-storage'] ?? '0')).toBeGreaterThan(room);
    },
  );

  test.each(workers)('%s is the machine of its pod', (_, container) => {
    expect(environmentOf(container, manifests).MACHINE_ID).toBe('metadata.name');
  });

  test('the queue is the one that the cluster has', () => {
    const queue = pods.find(({ component }) => component === 'queue');
    if (!queue) return;
    const [bridge] = pods.filter(({ component }) => component === 'bridge');
    expect(bridge && environmentOf(bridge.container, manifests)).toMatchObject({
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
      QUEUE_ID,
    });
    expect(name).not.toBe('production');
  });
});

test('every secret that a pod names is in the examples, and nothing else', async () => {
  const used = [...overlays].flatMap(([name, manifests]) =>
    name === 'local' ? [] : podsOf(manifests).flatMap(({ spec }) => secretsOf(spec)),
  );
  const scraped = [...overlays.values()].flat().filter(({ kind }) => kind === 'ScrapeConfig');
  const wanted = [...new Set([...used, ...scraped.map(() => 'METRICS_TOKEN')])].sort();
  const examples = await exampleManifests();
  const [sealed] = examples.filter(({ kind }) => kind === 'SealedSecret').map(({ spec }) => spec);
  const [external] = examples.filter(({ kind }) => kind === 'ExternalSecret').map(({ spec }) => spec);
  expect(Object.keys((sealed as { encryptedData: object }).encryptedData).sort()).toEqual(wanted);
  const keys = (external as { data: { secretKey: string }[] }).data.map(({ secretKey }) => secretKey);
  expect(keys.sort()).toEqual(wanted);
});

test('all five overlays are checked', () => {
  expect(overlayNames).toEqual(['gpu', 'keda', 'local', 'production', 'self-hosted']);
});

/** A fetched source, which may be 5 GiB, and as much again while it is rewritten for seeking. */
const BYTES_PER_SLOT = 10 * 1024 ** 3;

function variablesOf(config: Record<string, unknown>): string[] | undefined {
  return typeof config.variables === 'object' ? Object.keys(config.variables ?? {}) : undefined;
}

function secretsOf(spec: ReturnType<typeof podsOf>[number]['spec']): string[] {
  return [...spec.initContainers, ...spec.containers].flatMap(({ env }) =>
    env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []),
  );
}
