import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Manifest } from '../render/manifest.ts';
import { configOf } from './environment.ts';
import { renderOverlays } from './overlays.ts';
import { podsOf } from './pods.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
const BRIDGE = 'system:serviceaccount:millrace:millrace-bridge';

const overlays = [...(await renderOverlays())].filter(([name]) => name !== 'local');

const admissionPolicy = z.object({
  failurePolicy: z.literal('Fail'),
  matchConditions: z.array(z.object({ name: z.string(), expression: z.string() })),
  variables: z.array(z.object({ name: z.string(), expression: z.string() })),
  validations: z.array(z.object({ expression: z.string(), message: z.string() })),
});

describe.each(overlays)('overlay %s', (_, manifests) => {
  const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

  test('bridges tell Kubernetes of busy workers, with the token and authority they look for', () => {
    const [bridge] = podsOf(manifests).filter(({ component }) => component === 'bridge');
    if (!bridge) throw new Error('no bridge');
    const config = configOf(bridge.container, manifests);
    expect(config.POD_DELETION_COST).toBe(true);
    const mount = bridge.container.volumeMounts.find(
      (each) => each.mountPath === config.KUBERNETES_ACCOUNT_DIR,
    );
    const volume = bridge.spec.volumes.find(({ name }) => name === mount?.name);
    const files = JSON.stringify(volume?.projected).match(/"path":"[^"]+"/g);
    expect(files).toEqual(['"path":"token"', '"path":"ca.crt"', '"path":"namespace"']);
  });

  test('a bridge may list and patch pods of its namespace, and nothing else of Kubernetes', () => {
    expect(ofKind('ClusterRole')).toEqual([]);
    expect(ofKind('ClusterRoleBinding')).toEqual([]);
    expect(ofKind('Role').map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'patch'] }],
    ]);
    const [binding] = ofKind('RoleBinding');
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: ofKind('Role')[0]?.metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'millrace-bridge', namespace: 'millrace' }],
    });
  });

  describe('the admission policy', () => {
    const before = pod({ annotations: { 'kubernetes.io/config.seen': 'x' } });
    const admits = (after: object, user = BRIDGE, of: object = before) =>
      admitted(manifests, user, of, after);

    test('is bound, and denies', () => {
      const [binding] = ofKind('ValidatingAdmissionPolicyBinding');
      expect(binding?.spec).toMatchObject({
        policyName: ofKind('ValidatingAdmissionPolicy')[0]?.metadata.name,
      });
      expect(binding?.spec).toMatchObject({ validationActions: expect.arrayContaining(['Deny']) });
    });

    test('lets bridges set, change and take away the cost of a worker', () => {
      const with1 = pod({ annotations: { 'kubernetes.io/config.seen': 'x', [COST]: '1' } });
      const with2 = pod({ annotations: { 'kubernetes.io/config.seen': 'x', [COST]: '2' } });
      expect(admits(with1)).toBe(true);
      expect(admits(with2, BRIDGE, with1)).toBe(true);
      expect(admits(before, BRIDGE, with1)).toBe(true);
      const bare = pod({});
      expect(admits(pod({ annotations: { [COST]: '1' } }), BRIDGE, bare)).toBe(true);
    });

    test.each([
      ['another image', pod({ annotations: { 'kubernetes.io/config.seen': 'x' } }, 'evil')],
      [
        'another annotation',
        pod({ annotations: { 'kubernetes.io/config.seen': 'x', 'sidecar/inject': 'true' } }),
      ],
      ['one annotation less', pod({ annotations: {} })],
      ['an annotation’s value', pod({ annotations: { 'kubernetes.io/config.seen': 'y' } })],
      [
        'its labels',
        pod({ annotations: { 'kubernetes.io/config.seen': 'x' }, labels: { ...worker, extra: '1' } }),
      ],
      [
        'its owner',
        pod({ annotations: { 'kubernetes.io/config.seen': 'x' }, ownerReferences: [{ uid: '1' }] }),
      ],
      ['its finalizers', pod({ annotations: { 'kubernetes.io/config.seen': 'x' }, finalizers: ['a/b'] })],
    ])('does not let bridges change %s', (__, after) => {
      expect(admits(after)).toBe(false);
    });

    test('does not let bridges touch other pods than workers', () => {
      const edge = pod({ labels: { 'app.kubernetes.io/component': 'edge' } });
      const changed = pod({
        labels: { 'app.kubernetes.io/component': 'edge' },
        annotations: { [COST]: '1' },
      });
      expect(admits(changed, BRIDGE, edge)).toBe(false);
    });

    test('is about bridges alone', () => {
      expect(admits(pod({}, 'new-image'), 'system:serviceaccount:kube-system:deployment-controller')).toBe(
        true,
      );
    });
  });
});

const worker = { 'app.kubernetes.io/name': 'millrace', 'app.kubernetes.io/component': 'worker' };

function pod(metadata: object, image = 'ghcr.io/millrace/worker-node:0.1.0'): object {
  return {
    metadata: { name: 'millrace-worker-1', labels: worker, ...metadata },
    spec: { containers: [{ image }] },
  };
}

/** What the API server makes of an update, by the expressions themselves. */
function admitted(
  manifests: readonly Manifest[],
  username: string,
  oldObject: object,
  object: object,
): boolean {
  const [manifest] = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  const { matchConditions, variables, validations } = admissionPolicy.parse(manifest?.spec);
  const cel = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerVariable('object', 'dyn')
    .registerVariable('oldObject', 'dyn')
    .registerVariable('request', 'dyn')
    .registerVariable('variables', 'dyn');
  const given = { object, oldObject, request: { userInfo: { username } }, variables: {} };
  if (!matchConditions.every(({ expression }) => cel.evaluate(expression, given) === true)) return true;
  const values = Object.fromEntries(
    variables.map(({ name, expression }) => [name, cel.evaluate(expression, given)]),
  );
  return validations.every(
    ({ expression }) => cel.evaluate(expression, { ...given, variables: values }) === true,
  );
}
