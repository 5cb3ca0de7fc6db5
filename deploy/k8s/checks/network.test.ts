import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Manifest } from '../render/manifest.ts';
import { environmentOf, isOurs } from './environment.ts';
import { type End, networkOf } from './network.ts';
import { renderOverlays } from './overlays.ts';
import { matches, type Pods, podsOf } from './pods.ts';

const DNS: End = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
const PROMETHEUS: End = { namespace: 'monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' } };
const STRANGER: End = { namespace: 'shop', labels: { app: 'web' } };
const INTERNET: End[] = [{ address: '93.184.216.34' }, { address: '2606:2800:220:1::1' }];
/** Of clouds, where machines get their credentials. */
const METADATA: End[] = [{ address: '169.254.169.254' }, { address: 'fd00:ec2::254' }];
const PRIVATE: End[] = ['10.1.2.3', '172.20.0.1', '192.168.1.1', '100.64.0.1', '127.0.0.1', 'fd12::1'].map(
  (address) => ({ address }),
);
const PORTS = [22, 53, 80, 443, 2375, 5432, 6379, 6443, 8080, 8090, 8443, 9000, 9101, 9111, 10250];

const R2: End = { address: '104.18.8.90' };

const storageOf: Readonly<Record<string, { end: (pods: readonly Pods[]) => End | undefined; port: number }>> =
  {
    production: { end: () => R2, port: 443 },
    keda: { end: () => R2, port: 443 },
    gpu: { end: () => R2, port: 443 },
    'self-hosted': { end: () => ({ address: '192.0.2.30' }), port: 443 },
    local: { end: (pods) => podsNamed(pods, 'storage')[0], port: 9000 },
  };

describe.each([...(await renderOverlays())])('overlay %s', (name, manifests) => {
  const pods = podsOf(manifests);
  const network = networkOf(manifests);
  const storage = storageOf[name]?.end(pods);
  const storagePort = storageOf[name]?.port ?? 0;
  const bridges = podsNamed(pods, 'bridge');
  const workers = podsNamed(pods, 'worker');
  const fetchers = workers.filter(({ pods: { labels } }) => labels['millrace.dev/pool'] === 'fetch');
  const encoders = workers.filter((worker) => !fetchers.includes(worker));

  test('workers reach the storage, the bridge and DNS', () => {
    expect(storage).toBeDefined();
    for (const worker of workers) {
      expect(network.allows(worker, storage ?? DNS, storagePort)).toBe(true);
      for (const bridge of bridges) expect(network.allows(worker, bridge, 9101)).toBe(true);
      expect(network.allows(worker, DNS, 53, 'UDP')).toBe(true);
    }
  });

  test('workers reach nothing else', () => {
    const allowed = new Set([
      `${describeEnd(storage)} ${storagePort}`,
      ...bridges.map((b) => `${describeEnd(b)} 9101`),
    ]);
    const all: End[] = [
      ...pods.map((each) => ({ pods: each })),
      STRANGER,
      PROMETHEUS,
      ...PRIVATE,
      ...METADATA,
      ...INTERNET,
    ];
    const reached = encoders.flatMap((worker) =>
      all.flatMap((end) =>
        PORTS.filter((port) => network.allows(worker, end, port)).map(
          (port) => `${describeEnd(end)} ${port}`,
        ),
      ),
    );
    expect(reached.filter((end) => !allowed.has(end))).toEqual([]);
  });

  test('workers that fetch reach https of public addresses, never the inside of a network', () => {
    expect(fetchers.length).toBeGreaterThan(0);
    for (const fetcher of fetchers) {
      for (const end of INTERNET) {
        const reached = PORTS.filter((port) => network.allows(fetcher, end, port));
        expect(reached).toEqual([443, 8443]);
      }
      for (const end of [...PRIVATE, ...METADATA, STRANGER]) {
        expect(PORTS.filter((port) => network.allows(fetcher, end, port))).toEqual([]);
      }
    }
  });

  test('workers offer to fetch where they can, and only there', () => {
    const offers = (worker: { pods: Pods }) => environmentOf(worker.pods.container, manifests).FETCH_URLS;
    expect(fetchers.map(offers)).toEqual(fetchers.map(() => 'true'));
    expect(encoders.map(offers)).toEqual(encoders.map(() => 'false'));
  });

  test('nobody calls a worker but Prometheus', () => {
    const others = [...pods.map((each) => ({ pods: each })), STRANGER];
    for (const worker of workers) {
      expect(network.allows(PROMETHEUS, worker, 9111)).toBe(true);
      for (const other of others) expect(network.allows(other, worker, 9111)).toBe(false);
    }
  });

  test('what a program is told to call it can call', () => {
    const services = servicesOf(manifests);
    for (const { pods: caller } of pods.map((each) => ({ pods: each }))) {
      for (const container of [...caller.spec.initContainers, caller.container].filter(isOurs)) {
        for (const [variable, value] of Object.entries(environmentOf(container, manifests))) {
          const url = URL.parse(value);
          const service = services.find((each) => each.name === url?.hostname);
          if (!url || !service) continue;
          const port = service.ports.find((each) => String(each.port) === (url.port || '80'));
          const called = pods.filter(({ labels }) => matches(service.selector, labels));
          expect(called.length, `${caller.owner} ${variable}`).toBeGreaterThan(0);
          for (const each of called) {
            const target = each.container.ports.find(({ name: portName }) => portName === port?.targetPort);
            const reached = network.allows({ pods: caller }, { pods: each }, target?.containerPort ?? 0);
            expect(reached, `${caller.owner} calls ${value}, as ${variable} says`).toBe(true);
          }
        }
      }
    }
  });

  test('the bridge reaches the edge and the queue; gRPC reaches the edge', () => {
    const edges: End[] = name === 'local' || name === 'self-hosted' ? podsNamed(pods, 'edge') : [R2];
    const port = name === 'local' || name === 'self-hosted' ? 8080 : 443;
    for (const edge of edges) {
      for (const caller of [...bridges, ...podsNamed(pods, 'grpc')])
        expect(network.allows(caller, edge, port)).toBe(true);
    }
  });

  test('clients reach the doors, from anywhere; strangers reach nothing else', () => {
    const open = pods.flatMap((each) =>
      each.container.ports
        .filter(({ containerPort }) => network.allows(STRANGER, { pods: each }, containerPort))
        .map(({ containerPort }) => `${each.component} ${containerPort}`),
    );
    const hasEdge = name === 'local' || name === 'self-hosted';
    const doors = ['grpc 50051', ...(hasEdge ? ['edge 8080', 'edge 8081'] : [])];
    expect(open.sort()).toEqual(doors.sort());
  });

  test('no pod reaches where a cloud keeps the credentials of its machines, but those that call Kubernetes', () => {
    for (const each of pods.map((pod) => ({ pods: pod }))) {
      for (const end of METADATA) expect(network.allows(each, end, 80), each.pods.owner).toBe(false);
    }
  });

  test('only databases’ neighbours reach the databases', () => {
    const databases: [End, number][] =
      name === 'self-hosted'
        ? [
            [{ address: '192.0.2.10' }, 5432],
            [{ address: '192.0.2.20' }, 6379],
          ]
        : [];
    const callers = databases.map(([end, port]) =>
      pods.filter((pod) => network.allows({ pods: pod }, end, port)).map(({ component }) => component),
    );
    expect(callers).toEqual(name === 'self-hosted' ? [['edge', 'neon-proxy'], ['redis-proxy']] : []);
  });

  test('every port of a service is one of its pods', () => {
    for (const service of servicesOf(manifests)) {
      const called = pods.filter(({ labels }) => matches(service.selector, labels));
      expect(called.length, service.name).toBe(1);
      const names = called.flatMap(({ container }) => container.ports.map((port) => port.name));
      for (const port of service.ports) expect(names, service.name).toContain(port.targetPort);
    }
  });

  test('every policy is about pods that are there', () => {
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
    for (const policy of policies) {
      const selects =
        pods.some((pod) => networkOf([policy]).allows({ pods: pod }, STRANGER, 1) === false) ||
        pods.some((pod) => networkOf([policy]).allows(STRANGER, { pods: pod }, 1) === false);
      expect(selects, policy.metadata.name).toBe(true);
    }
  });
});

const serviceSpec = z.object({
  selector: z.record(z.string(), z.string()),
  ports: z.array(z.object({ name: z.string(), port: z.number(), targetPort: z.string() })),
});

function servicesOf(manifests: readonly Manifest[]) {
  return manifests
    .filter(({ kind }) => kind === 'Service')
    .map(({ metadata, spec }) => ({ name: metadata.name, ...serviceSpec.parse(spec) }));
}

function podsNamed(pods: readonly Pods[], component: string): { pods: Pods }[] {
  return pods.filter((each) => each.component === component).map((each) => ({ pods: each }));
}

function describeEnd(end: End | undefined): string {
  if (end === undefined) return 'nothing';
  if ('pods' in end) return end.pods.owner;
  return 'address' in end ? end.address : `namespace ${end.namespace}`;
}
