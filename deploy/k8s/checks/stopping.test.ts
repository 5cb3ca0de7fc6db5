import { describe, expect, test } from 'vitest';
import { BRIDGE_STOP_LIMIT_MS } from '../../../worker-node/src/bridge/bridge.ts';
import { GRPC_DRAIN_LIMIT_MS } from '../../../worker-node/src/grpc/start-grpc.ts';
import { CLOSE_LIMIT_MS } from '../../../worker-node/src/server/close-server.ts';
import { DRAIN_LIMIT_MS } from '../../../worker-node/src/worker/worker.ts';
import { STOP_LIMIT_MS } from '../../services/workerd/run-workerd.ts';
import { renderOverlays } from './overlays.ts';
import { podsOf } from './pods.ts';

/** How long each program may take from SIGTERM to its end. */
const LIMITS_MS: Readonly<Record<string, number>> = {
  worker: DRAIN_LIMIT_MS + CLOSE_LIMIT_MS,
  bridge: BRIDGE_STOP_LIMIT_MS + CLOSE_LIMIT_MS,
  grpc: GRPC_DRAIN_LIMIT_MS + CLOSE_LIMIT_MS,
  edge: STOP_LIMIT_MS,
  queue: STOP_LIMIT_MS,
};

/** For the rest: spans that are sent, pools that close, the process that ends. */
const SLACK_MS = 5_000;

/** Nodes hear of an endpoint that goes within this time, as a rule. */
const ENDPOINT_SECONDS = 5;

describe.each([...(await renderOverlays())])('overlay %s', (_, manifests) => {
  const pods = podsOf(manifests);
  const services = manifests.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);

  test.each(pods.map((pod) => [pod.owner, pod] as const))(
    '%s has time to end by itself before it is killed',
    (_, { component, spec, container }) => {
      const preStopMs = (container.lifecycle?.preStop?.sleep.seconds ?? 0) * 1000;
      const needed = preStopMs + (LIMITS_MS[component] ?? 0) + SLACK_MS;
      expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(needed);
    },
  );

  test('what is called by others keeps answering until every node has heard that it goes', () => {
    const called = pods.filter(({ name, kind }) => services.includes(name) && kind === 'Deployment');
    expect(called.length).toBeGreaterThan(0);
    for (const { owner, container } of called) {
      expect(container.lifecycle?.preStop?.sleep.seconds, owner).toBeGreaterThanOrEqual(ENDPOINT_SECONDS);
    }
  });

  test('a worker begins to give its work back at once', () => {
    for (const { component, container } of pods) {
      if (component === 'worker') expect(container.lifecycle).toBeUndefined();
    }
  });

  test('a new version takes over before the old one goes', () => {
    for (const { owner, kind, component, strategy } of pods) {
      if (kind !== 'Deployment') continue;
      const rolling = strategy?.rollingUpdate;
      expect(rolling, owner).toBeDefined();
      if (component === 'worker') expect(rolling?.maxSurge).not.toBe(0);
      else expect(rolling).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    }
  });

  test('no process that hangs is waited for long, and none is killed while it starts', () => {
    for (const { owner, container } of pods) {
      const { startupProbe, readinessProbe, livenessProbe } = container;
      const seconds = (probe: typeof startupProbe) =>
        (probe?.periodSeconds ?? 0) * (probe?.failureThreshold ?? 0);
      expect(seconds(startupProbe), owner).toBeGreaterThanOrEqual(60);
      expect(seconds(readinessProbe), owner).toBeLessThanOrEqual(15);
      expect(seconds(livenessProbe), owner).toBeGreaterThanOrEqual(30);
      expect(seconds(livenessProbe), owner).toBeLessThanOrEqual(120);
    }
  });
});
