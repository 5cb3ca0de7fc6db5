import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, type ClosedInstallation, openClosedInstallation } from '../testing/closed-installation.ts';
import { ORIGIN, restClient } from '../testing/rest-client.ts';
import { rpcClient } from '../testing/rpc-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { createKey } from './create-key.ts';
import { revokeKey } from './revoke-key.ts';

let installation: ClosedInstallation;

beforeAll(async () => {
  installation = await openClosedInstallation();
});
afterAll(() => installation.close());

test('whoever watches at any door hears no more when the key is revoked', async () => {
  const { ctx } = installation;
  const caller = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;
  const { id, key } = await createKey(ctx, { caller, name: 'k', scopes: ['jobs:read'], expiresAt: null });
  const jobId = await seedJob(ctx);
  const rest = restClient(ctx);

  const open = (path: string, init: RequestInit = {}) => {
    const headers = { ...bearer(key), accept: 'text/event-stream', 'content-type': 'application/json' };
    return rest.fetch(new Request(`${ORIGIN}${path}`, { headers, ...init }));
  };
  const body = JSON.stringify({ query: `subscription { jobUpdated(id: "${jobId}") { id } }` });
  const streams = await Promise.all([
    open(`/jobs/${jobId}/events/stream`),
    open('/events/stream'),
    open('/graphql', { method: 'POST', body }),
  ]);
  const updates = rpcClient(rest, 'Connect', bearer(key)).watchJob({ id: jobId })[Symbol.asyncIterator]();
  expect((await updates.next()).value?.job?.id).toBe(jobId);
  const rpcEnd = updates.next();
  await revokeKey(ctx, { projectId: 'default', keyId: id, actor: 'test' });

  const [job, project, graphql] = await Promise.all([
    ...streams.map((stream) => stream.text()),
    expect(rpcEnd).rejects.toThrow('[unauthenticated]'),
  ]);
  expect(job).toContain('event: snapshot');
  expect(project).toContain('event: snapshot');
  expect(graphql).toContain('"code":"unauthorized"');
});
