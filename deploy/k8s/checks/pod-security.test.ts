import { describe, expect, test } from 'vitest';
import { isObject } from '../render/manifest.ts';
import { renderOverlays } from './overlays.ts';
import { podsOf } from './pods.ts';

const overlays = await renderOverlays();

describe.each([...overlays])('overlay %s', (_, manifests) => {
  const pods = podsOf(manifests);
  const containers = pods.flatMap(({ owner, spec }) =>
    [...spec.initContainers, ...spec.containers].map((container) => ({ owner, ...container })),
  );
  const but = (is: (container: (typeof containers)[number]) => boolean) =>
    containers.filter((container) => !is(container)).map(({ owner, name }) => `${owner} ${name}`);

  test('the namespace refuses every pod below the restricted standard', () => {
    const [namespace] = manifests.filter(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata).toMatchObject({
      name: 'millrace',
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    });
    const elsewhere = manifests.filter(
      ({ metadata }) => metadata.namespace !== undefined && metadata.namespace !== 'millrace',
    );
    expect(elsewhere).toEqual([]);
  });

  test('no pod runs as root, and none can become root', () => {
    for (const { spec } of pods) expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(but(({ securityContext }) => securityContext.allowPrivilegeEscalation === false)).toEqual([]);
    expect(but(({ securityContext }) => !('privileged' in securityContext))).toEqual([]);
  });

  test('no pod keeps a capability of the kernel', () => {
    const dropped = { drop: ['ALL'] };
    for (const { securityContext } of containers) expect(securityContext.capabilities).toEqual(dropped);
  });

  test('every pod runs under the runtime’s seccomp profile', () => {
    for (const { spec } of pods) {
      expect(spec.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
    }
    expect(but(({ securityContext }) => !('seccompProfile' in securityContext))).toEqual([]);
  });

  test('no container writes to its image, and what it may write to has an end', () => {
    expect(but(({ securityContext }) => securityContext.readOnlyRootFilesystem === true)).toEqual([]);
    for (const { owner, spec, claims } of pods) {
      const volumes = new Map(spec.volumes.map((volume) => [volume.name, volume]));
      for (const { name, readOnly } of [...spec.initContainers, ...spec.containers].flatMap(
        (c) => c.volumeMounts,
      )) {
        const volume = volumes.get(name);
        const ends = volume?.emptyDir !== undefined || claims.includes(name) || readOnly;
        expect(ends, `${owner} mounts ${name}`).toBe(true);
      }
    }
  });

  test('no pod holds a token for Kubernetes but the bridge, which spells it out', () => {
    const accounts = manifests.filter(({ kind }) => kind === 'ServiceAccount');
    for (const account of accounts) expect(account.automountServiceAccountToken).toBe(false);
    for (const { owner, spec } of pods) {
      expect(spec.automountServiceAccountToken, owner).toBe(false);
      expect(accounts.map(({ metadata }) => metadata.name)).toContain(spec.serviceAccountName);
      const holdsToken = spec.volumes.some(({ projected }) =>
        projected?.sources.some((source) => 'serviceAccountToken' in source),
      );
      if (holdsToken) expect(owner).toBe('Deployment/millrace-bridge');
    }
  });

  test('every program has an account of its own', () => {
    const names = pods.map(({ spec }) => spec.serviceAccountName);
    expect(new Set(names).size).toBe(names.length);
  });

  test('no secret is in a manifest, but where all is for one machine', () => {
    const secrets = manifests.filter(({ kind }) => kind === 'Secret');
    const values = secrets.flatMap(({ data }) => (isObject(data) ? Object.values(data) : []));
    const known = values.map((value) => Buffer.from(String(value), 'base64').toString());
    for (const value of known) expect(value).toMatch(/local-only|^redis:\/\/millrace-redis:6379$/);
    if (secrets.length > 0)
      expect(manifests).toContainEqual(
        expect.objectContaining({
          kind: 'ConfigMap',
          data: expect.objectContaining({ ENVIRONMENT: 'local' }),
        }),
      );
  });

  test('a worker is given the token of the fleet and no other secret', () => {
    for (const { container, component } of pods) {
      const given = container.env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []);
      if (component === 'worker') expect(given).toEqual(['FLEET_TOKEN']);
      if (component === 'grpc') expect(given).toEqual([]);
      if (component === 'bridge') expect(given.sort()).toEqual(['FLEET_TOKEN', 'QUEUE_API_TOKEN']);
    }
  });
});
