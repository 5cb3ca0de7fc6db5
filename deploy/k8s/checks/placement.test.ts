import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { renderOverlays } from './overlays.ts';
import { matches, podsOf } from './pods.ts';

const budget = z.object({
  // An absolute number that must stay would let no node of a small installation be drained.
  maxUnavailable: z.union([z.number().min(1), z.string().regex(/^\d+%$/)]),
  unhealthyPodEvictionPolicy: z.literal('AlwaysAllow'),
  selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
});

describe.each([...(await renderOverlays())])('overlay %s', (overlay, manifests) => {
  const pods = podsOf(manifests);

  test('a disruption budget covers every deployment, and lets its nodes be drained', () => {
    const budgets = manifests
      .filter(({ kind }) => kind === 'PodDisruptionBudget')
      .map(({ spec }) => budget.parse(spec));
    for (const { owner, kind, labels } of pods) {
      const about = budgets.filter(({ selector }) => matches(selector.matchLabels, labels));
      expect(about.length, owner).toBe(kind === 'Deployment' ? 1 : 0);
    }
    for (const { selector } of budgets) {
      expect(pods.filter(({ labels }) => matches(selector.matchLabels, labels)).length).toBe(1);
    }
  });

  test('pods of one kind are spread over zones and nodes', () => {
    for (const { owner, kind, labels, selector, spec } of pods) {
      expect(matches(selector, labels), owner).toBe(true);
      if (kind !== 'Deployment') continue;
      const keys = spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
      expect(keys, owner).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
      for (const { labelSelector } of spec.topologySpreadConstraints)
        expect(labelSelector.matchLabels).toEqual(selector);
    }
  });

  test('no two deployments take each other’s pods', () => {
    for (const one of pods) {
      expect(pods.filter(({ labels }) => matches(one.selector, labels)).map(({ owner }) => owner)).toEqual([
        one.owner,
      ]);
    }
  });

  test('workers go first when the cluster is full, and end nobody themselves', () => {
    const classes = new Map(
      manifests.filter(({ kind }) => kind === 'PriorityClass').map((each) => [each.metadata.name, each]),
    );
    const control = Number(classes.get('millrace-control')?.value);
    expect(Number(classes.get('millrace-worker')?.value)).toBeLessThan(control);
    expect(classes.get('millrace-worker')?.preemptionPolicy).toBe('Never');
    for (const { owner, component, spec } of pods) {
      expect(spec.priorityClassName, owner).toBe(
        component === 'worker' ? 'millrace-worker' : 'millrace-control',
      );
    }
  });

  test('only workers run on nodes that may be taken away', () => {
    for (const { owner, component, spec } of pods) {
      const spot = spec.tolerations.filter(({ key }) => /spot|scalesetpriority/.test(key));
      if (component !== 'worker') expect(spot, owner).toEqual([]);
      if (owner === 'Deployment/millrace-worker')
        expect(spot.length > 0).toBe(['production', 'keda', 'gpu'].includes(overlay));
    }
  });

  test('every container says what it needs and how much it may take', () => {
    for (const { owner, spec } of pods) {
      for (const { resources } of [...spec.initContainers, ...spec.containers]) {
        expect(Object.keys(resources.requests), owner).toEqual(
          expect.arrayContaining(['cpu', 'memory', 'ephemeral-storage']),
        );
        expect(Object.keys(resources.limits), owner).toEqual(
          expect.arrayContaining(['memory', 'ephemeral-storage']),
        );
        // Encoders that are throttled miss their leases; requests share the CPUs out.
        expect(resources.limits, owner).not.toHaveProperty('cpu');
      }
    }
  });

  test('workers on GPUs ask for one, on nodes that have some', () => {
    const [gpu] = pods.filter(({ labels }) => labels['millrace.dev/pool'] === 'gpu');
    expect(gpu !== undefined).toBe(overlay === 'gpu');
    if (!gpu) return;
    expect(gpu.container.resources.limits['nvidia.com/gpu']).toBe('1');
    expect(gpu.container.image).toMatch(/nvenc/);
    expect(gpu.spec.nodeSelector).toHaveProperty(['nvidia.com/gpu.present']);
    expect(gpu.spec.tolerations).toContainEqual({ key: 'nvidia.com/gpu' });
  });
});
