import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@millrace/shared/rpc/gen/google/rpc/error_details_pb.js';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import {
  asOperator,
  bearer,
  type ClosedInstallation,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { ORIGIN, type RestClient, restClient } from '../testing/rest-client.ts';
import { clientOf, RPC_PROTOCOLS, rpcClient } from '../testing/rpc-client.ts';
import { seedJob } from '../testing/seed-job.ts';

let installation: ClosedInstallation;
let rest: RestClient;
let jobId: string;

beforeAll(async () => {
  installation = await openClosedInstallation();
  rest = restClient(installation.ctx);
  jobId = await seedJob(installation.ctx);
  const made = await rest.send('POST', '/projects', { id: 'other', name: 'Other' }, asOperator);
  expect(made.status).toBe(201);
});
afterAll(() => installation.close());

async function keyFor(project: string, ...scopes: string[]): Promise<Record<string, string>> {
  const asAdmin = { ...asOperator, 'x-project-id': project };
  const made = await rest.send('POST', '/keys', { name: 'k', scopes }, asAdmin);
  return bearer(made.as(z.object({ key: z.string() })).key);
}

async function refusal(call: Promise<unknown>) {
  const error = ConnectError.from(await call.catch((reason: unknown) => reason));
  return [error.code, error.findDetails(ErrorInfoSchema)[0]?.reason];
}

test.each(RPC_PROTOCOLS)('over %s nobody gets in without a key', async (protocol) => {
  expect(await refusal(rpcClient(rest, protocol).getJob({ id: jobId }))).toEqual([
    Code.Unauthenticated,
    'unauthorized',
  ]);
  const wrong = rpcClient(rest, protocol, bearer('mr_local_wrong'));
  expect(await refusal(wrong.watchJob({ id: jobId })[Symbol.asyncIterator]().next())).toEqual([
    Code.Unauthenticated,
    'unauthorized',
  ]);
});

test('every method asks for a scope, and for a key before it reads', async () => {
  const without = rpcClient(rest, 'Connect', await keyFor('default', 'webhooks:manage'));
  for (const { name, localName, methodKind } of JobService.methods) {
    const message = { id: jobId, uploadId: jobId };
    const call =
      methodKind === 'unary'
        ? without[localName as 'getJob'](message)
        : without.watchJob(message)[Symbol.asyncIterator]().next();
    expect([name, ...(await refusal(call))]).toEqual([name, Code.PermissionDenied, 'forbidden']);
    const unread = await rest.fetch(
      new Request(`${ORIGIN}/${JobService.typeName}/${name}`, {
        method: 'POST',
        headers: { 'content-type': methodKind === 'unary' ? 'application/json' : 'application/connect+json' },
        body: 'no message',
      }),
    );
    expect(await unread.text()).toContain('unauthenticated');
  }
});

test('every method of OperationsService asks for an administrator, and for a key before it reads', async () => {
  const scopes = ['jobs:read', 'jobs:write', 'uploads:write', 'webhooks:manage'];
  const without = clientOf(OperationsService, rest, 'Connect', await keyFor('default', ...scopes));
  const nobody = clientOf(OperationsService, rest);
  for (const { name, localName } of OperationsService.methods) {
    const message = { id: jobId };
    expect([name, ...(await refusal(without[localName as 'resumeDispatch'](message)))]).toEqual([
      ...[name, Code.PermissionDenied, 'forbidden'],
    ]);
    expect([name, ...(await refusal(nobody[localName as 'resumeDispatch'](message)))]).toEqual([
      ...[name, Code.Unauthenticated, 'unauthorized'],
    ]);
  }
});

test('a key reads, writes and sees no more than it may', async () => {
  const reader = rpcClient(rest, 'Connect', await keyFor('default', 'jobs:read'));
  expect((await reader.getJob({ id: jobId })).job?.id).toBe(jobId);
  expect(await refusal(reader.cancelJob({ id: jobId }))).toEqual([Code.PermissionDenied, 'forbidden']);

  const stranger = rpcClient(rest, 'Connect', await keyFor('other', 'admin'));
  for (const call of [
    () => stranger.getJob({ id: jobId }),
    () => stranger.cancelJob({ id: jobId }),
    () => stranger.retryJob({ id: jobId }),
    () => stranger.deleteJob({ id: jobId }),
    () => stranger.watchJob({ id: jobId })[Symbol.asyncIterator]().next(),
  ]) {
    expect(await refusal(call())).toEqual([Code.NotFound, 'job_not_found']);
  }
  expect((await stranger.listJobs({})).jobs).toEqual([]);
  expect((await stranger.getSystemMetrics({})).totalJobs).toBe(0n);
});
