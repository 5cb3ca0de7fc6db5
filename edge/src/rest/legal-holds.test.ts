import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey } from '../auth/create-key.ts';
import { bearer, type ClosedInstallation, openClosedInstallation } from '../testing/closed-installation.ts';
import { problemShape, restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { storeUpload } from '../testing/store-job.ts';

let installation: ClosedInstallation;
beforeAll(async () => {
  installation = await openClosedInstallation();
});
afterAll(() => installation.close());

const OPERATOR = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;

async function askAs(scope: 'jobs:write' | 'uploads:write' | 'admin') {
  const { ctx } = installation;
  const made = { caller: OPERATOR, name: randomUUID(), scopes: [scope], expiresAt: null };
  const { key } = await createKey(ctx, made);
  return (path: string, legal_hold: boolean) =>
    restClient(ctx).send('PATCH', path, { legal_hold }, bearer(key));
}

test.each([
  ['a job', 'jobs:write', async () => `/jobs/${await seedJob(installation.ctx)}`],
  ['an upload', 'uploads:write', async () => `/uploads/${(await storeUpload(installation.ctx)).uploadId}`],
] as const)('whoever changes %s may hold it; only an admin lets it go', async (_what, scope, make) => {
  const path = await make();
  const [asWriter, asAdmin] = [await askAs(scope), await askAs('admin')];
  const held = await asWriter(path, true);
  expect([held.status, held.text]).toEqual([200, expect.stringContaining('"legal_hold":true')]);
  const refused = await asWriter(path, false);
  expect([refused.status, refused.as(problemShape).code]).toEqual([403, 'forbidden']);
  const lifted = await asAdmin(path, false);
  expect([lifted.status, lifted.text]).toEqual([200, expect.stringContaining('"legal_hold":false')]);
});
