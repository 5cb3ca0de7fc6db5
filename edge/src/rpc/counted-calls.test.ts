import { ConnectError } from '@connectrpc/connect';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import {
  asOperator,
  bearer,
  type ClosedInstallation,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { ORIGIN, restClient } from '../testing/rest-client.ts';
import { clientOf, RPC_PROTOCOLS, rpcClient } from '../testing/rpc-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { outcomeOf } from './call-outcome.ts';
import { answerRpc } from './rpc-door.ts';

/* What an operator sees of RPC: each call once, by its method and by what came of it, whatever the protocol. */

const NOWHERE = '00000000-0000-4000-8000-000000000000';
const JOBS = `/${JobService.typeName}`;
const FLEET = '/millrace.v1.FleetService';

let installation: ClosedInstallation;
let jobId: string;
beforeAll(async () => {
  installation = await openClosedInstallation();
  jobId = await seedJob(installation.ctx);
});
afterAll(async () => {
  await installation.settled();
  await installation.close();
});

const failed = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('the call was answered'),
    (error: unknown) => ConnectError.from(error),
  );

/** Without how long it took. */
const told = (fields: string[]) => fields.filter((field) => /^(count|rpc) /.test(field));

describe.each(RPC_PROTOCOLS)('over %s', (protocol) => {
  test('what was answered and what was refused, in HTTP and by its code', async () => {
    const rest = restClient(installation.ctx);
    const client = rpcClient(rest, protocol, asOperator);
    await client.getSystemMetrics({});
    await failed(client.getJob({ id: NOWHERE }));
    await failed(client.createJob({ inputKey: 'uploads/default/x.mp4', priority: 1_000 }));
    await failed(rpcClient(rest, protocol, bearer('mr_local_wrong')).getJob({ id: jobId }));
    await failed(clientOf(OperationsService, rest, protocol, asOperator).resumeDispatch({ id: NOWHERE }));
    expect(told(rest.counted)).toEqual([
      `count POST ${JOBS}/GetSystemMetrics 200`,
      `rpc ${JOBS}/GetSystemMetrics ok`,
      `count POST ${JOBS}/GetJob 404`,
      `rpc ${JOBS}/GetJob not_found`,
      `count POST ${JOBS}/CreateJob 400`,
      `rpc ${JOBS}/CreateJob invalid_argument`,
      `count POST ${JOBS}/GetJob 401`,
      `rpc ${JOBS}/GetJob unauthenticated`,
      'count POST /millrace.v1.OperationsService/ResumeDispatch 404',
      'rpc /millrace.v1.OperationsService/ResumeDispatch not_found',
    ]);
  });

  test('a stream when it begins, or does not', async () => {
    const rest = restClient(installation.ctx);
    const client = rpcClient(rest, protocol, asOperator);
    const leave = new AbortController();
    const messages = client.watchJob({ id: jobId }, { signal: leave.signal })[Symbol.asyncIterator]();
    await messages.next();
    expect(told(rest.counted)).toEqual([`count POST ${JOBS}/WatchJob 200`, `rpc ${JOBS}/WatchJob ok`]);
    const next = messages.next();
    leave.abort();
    await next.catch(() => {});
    await failed(client.watchJob({ id: NOWHERE })[Symbol.asyncIterator]().next());
    expect(told(rest.counted).slice(2)).toEqual([
      `count POST ${JOBS}/WatchJob 404`,
      `rpc ${JOBS}/WatchJob not_found`,
    ]);
  });

  test('what broke, as an error of ours', async () => {
    const broken = new Proxy(installation.ctx.db, {
      get: () => {
        throw new Error('broken');
      },
    });
    const rest = restClient({ ...installation.ctx, db: broken });
    await failed(rpcClient(rest, protocol, asOperator).getSystemMetrics({}));
    expect(told(rest.counted)).toEqual([
      `count POST ${JOBS}/GetSystemMetrics 500`,
      `rpc ${JOBS}/GetSystemMetrics internal`,
    ]);
  });
});

test.each([
  'application/json',
  'application/proto',
  'application/grpc-web+proto',
  'application/grpc-web+json',
])('a message in %s that nobody can read is its sender’s fault', async (type) => {
  const rest = restClient(installation.ctx);
  const body = Uint8Array.of(...(type.includes('grpc') ? [0, 0, 0, 0, 2] : []), 0xff, 0xff);
  const headers = { ...asOperator, 'content-type': type };
  await (await rest.fetch(new Request(`${ORIGIN}${JOBS}/GetJob`, { method: 'POST', headers, body }))).text();
  expect(told(rest.counted)).toEqual([
    `count POST ${JOBS}/GetJob 400`,
    `rpc ${JOBS}/GetJob invalid_argument`,
  ]);
});

test('an answer that could not be written is an error of ours', () => {
  const ok = { code: 'ok', status: 200 };
  expect(outcomeOf({ outcome: ok }, 500)).toEqual({ code: 'internal', status: 500 });
});

test('what is no call is none', async () => {
  const rest = restClient(installation.ctx);
  const headers = { ...asOperator, 'content-type': 'text/plain' };
  await rest.fetch(new Request(`${ORIGIN}${JOBS}/GetJob`, { method: 'POST', headers, body: 'x' }));
  await rest.fetch(new Request(`${ORIGIN}${JOBS}/GetJob`, { method: 'PUT', headers, body: 'x' }));
  await rest.fetch(new Request(`${ORIGIN}${JOBS}/NoMethod`, { method: 'POST', headers, body: 'x' }));
  expect(told(rest.counted)).toEqual([
    `count POST ${JOBS}/GetJob 415`,
    'count PUT none 405',
    'count POST none 404',
  ]);
});

describe('the fleet', () => {
  const fields: string[] = [];
  const call = async (path: string, given: { token?: string; body?: string; ctx?: Context } = {}) => {
    const { ctx = installation.ctx, token = ctx.config.fleetToken, body = '{}' } = given;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    fields.length = 0;
    await answerRpc(new Request(`${ORIGIN}${path}`, { method: 'POST', headers, body }), ctx, (increments) =>
      fields.push(...increments.map(([field]) => field)),
    );
    return told(fields);
  };

  test('is counted too: what was answered, refused and broke', async () => {
    expect(await call(`${FLEET}/Report`)).toEqual([
      `count POST ${FLEET}/Report 200`,
      `rpc ${FLEET}/Report ok`,
    ]);
    expect(fields.filter((field) => /^(bucket|sum) /.test(field))).toHaveLength(2);
    expect(await call(`${FLEET}/ClaimTasks`)).toEqual([
      `count POST ${FLEET}/ClaimTasks 400`,
      `rpc ${FLEET}/ClaimTasks invalid_argument`,
    ]);
    expect(await call(`${FLEET}/Report`, { token: 'wrong' })).toEqual([
      `count POST ${FLEET}/Report 401`,
      `rpc ${FLEET}/Report unauthenticated`,
    ]);
    expect(await call(`${FLEET}/Report`, { body: '{"' })).toEqual([
      `count POST ${FLEET}/Report 400`,
      `rpc ${FLEET}/Report invalid_argument`,
    ]);
    const quiet = { ...installation.ctx.quiet, isQuiet: () => Promise.reject(new Error('broken')) };
    expect(await call(`${FLEET}/Report`, { ctx: { ...installation.ctx, quiet } })).toEqual([
      `count POST ${FLEET}/Report 500`,
      `rpc ${FLEET}/Report internal`,
    ]);
  });

  test('adds no name that somebody made up', async () => {
    expect(await call(`${FLEET}/Anything`)).toEqual(['count POST none 404']);
    expect(await call(`${FLEET}/Anything`, { token: 'wrong' })).toEqual(['count POST none 401']);
    expect(await call('/jobs')).toEqual([]);
  });
});
