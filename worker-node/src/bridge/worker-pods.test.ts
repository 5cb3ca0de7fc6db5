import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startFakeKubernetes } from '../testing/fake-kubernetes.ts';
import { createWorkerPods } from './worker-pods.ts';

const signal = AbortSignal.timeout(30_000);

async function setUp() {
  const kubernetes = await startFakeKubernetes();
  const pods = await createWorkerPods(kubernetes);
  onTestFinished(() => pods.close());
  return { kubernetes, pods };
}

test('costs are read and set over TLS with the mounted token; no annotation is 0', async () => {
  const { kubernetes, pods } = await setUp();
  kubernetes.pods.set('worker-a', null).set('worker-b', '3').set('worker-c', 'by hand');
  expect([...(await pods.costs(signal))]).toEqual([
    ['worker-a', 0],
    ['worker-b', 3],
    ['worker-c', 0],
  ]);
  await pods.setCost('worker-a', 2, signal);
  expect(kubernetes.pods.get('worker-a')).toBe('2');
  expect(kubernetes.calls).toEqual(['list', 'worker-a 2']);
});

test('a token that the kubelet replaced is used with the next call', async () => {
  const { kubernetes, pods } = await setUp();
  await pods.costs(signal);
  await kubernetes.rotateToken();
  await expect(pods.costs(signal)).resolves.toBeDefined();
});

test('a pod that is gone needs no cost; what the role does not allow is an error that says so', async () => {
  const { kubernetes, pods } = await setUp();
  await pods.setCost('gone', 1, signal);
  kubernetes.forbidPatch = true;
  await expect(pods.setCost('worker-a', 1, signal)).rejects.toThrow(/worker-a: 403 .*forbidden/);
});

test('an API server that the mounted authority does not vouch for is not spoken to', async () => {
  const kubernetes = await startFakeKubernetes();
  await copyFile(join(kubernetes.accountDir, 'ca.crt'), join(kubernetes.accountDir, 'other.crt'));
  await writeFile(join(kubernetes.accountDir, 'ca.crt'), '');
  const pods = await createWorkerPods(kubernetes);
  onTestFinished(() => pods.close());
  await expect(pods.costs(signal)).rejects.toThrow(/certificate/);
  expect(kubernetes.calls).toEqual([]);
});
