import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { idOf, type Manifest } from '../render/manifest.ts';
import { render } from '../render/render.ts';
import { configOf, isOurs } from './environment.ts';
import { modelProblems } from './model-problems.ts';
import { networkOf } from './network.ts';
import { overlayFolder } from './overlays.ts';
import { type Pods, podsOf, quantity } from './pods.ts';

const COLLECTOR = {
  namespace: 'monitoring',
  labels: { 'app.kubernetes.io/name': 'opentelemetry-collector' },
};

test.each(['production', 'self-hosted'])(
  'on %s, tracing tells who traces where to, and lets them',
  async (overlay) => {
    const manifests = await rendered(overlay, 'tracing');
    const pods = podsOf(manifests);
    const tracing = pods.filter(
      ({ container }) =>
        isOurs(container) && 'OTEL_EXPORTER_OTLP_ENDPOINT' in configured(container, manifests),
    );
    const components = new Set(tracing.map(({ component }) => component));
    expect([...components].sort()).toEqual(
      overlay === 'production' ? ['bridge', 'worker'] : ['bridge', 'edge', 'worker'],
    );
    const network = networkOf(manifests);
    for (const each of pods) {
      expect(network.allows({ pods: each }, COLLECTOR, 4318), each.owner).toBe(tracing.includes(each));
    }
  },
);

test('scratch on a volume has room for the largest source, rewritten, in each slot', async () => {
  const manifests = await rendered('production', 'scratch-volume');
  const worker = podsOf(manifests).find(({ name }) => name === 'millrace-worker');
  const scratch = worker?.spec.volumes.find(({ name }) => name === 'scratch');
  expect(scratch?.emptyDir).toBeUndefined();
  const room = quantity(scratch?.ephemeral?.volumeClaimTemplate.spec.resources.requests.storage ?? '0');
  const { SLOTS, SOURCE_CACHE_BYTES } = worker ? configured(worker.container, manifests) : {};
  // As wrangler.toml has MAX_SOURCE_BYTES.
  const largest = 100 * 1024 ** 3;
  expect(room).toBeGreaterThanOrEqual(Number(SLOTS) * largest + Number(SOURCE_CACHE_BYTES));
});

test('scaling by KEDA suits the self-hosted installation too', async () => {
  const kinds = (await rendered('self-hosted', 'worker-keda')).map(idOf);
  expect(kinds).toContain('ScaledObject/millrace-worker');
  expect(kinds).not.toContain('HorizontalPodAutoscaler/millrace-worker');
});

/** An overlay of an operator's own: one of ours with one component more. */
async function rendered(overlay: string, component: string): Promise<Manifest[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-overlay-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [path.relative(folder, overlayFolder(overlay))],
    components: [path.relative(folder, path.join(overlayFolder(overlay), '../../components', component))],
  };
  await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  const manifests = await render(folder);
  expect(manifests.flatMap(modelProblems)).toEqual([]);
  return manifests;
}

function configured(container: Pods['container'], manifests: readonly Manifest[]): Record<string, unknown> {
  const config = configOf(container, manifests);
  return typeof config.variables === 'object' ? { ...config, ...config.variables } : config;
}
