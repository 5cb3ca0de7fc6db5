import { randomUUID } from 'node:crypto';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context, Nudge } from '../context.ts';
import { keyOf } from '../contract/credentials.ts';
import { rowsOf } from '../db/database.ts';
import { asOperator, openClosedInstallation } from '../testing/closed-installation.ts';
import { graphqlClient } from '../testing/graphql-client.ts';
import { jobStatus } from '../testing/job-driver.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { clientOf } from '../testing/rpc-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { storeProject } from '../testing/store-job.ts';
import { updateWebhook } from '../webhooks/update-webhook.ts';

const letter = z.object({
  kind: z.string(),
  id: z.string(),
  project_id: z.string(),
  reason_code: z.string(),
});
const list = z.object({ dead_letters: z.array(letter), next_cursor: z.string().nullable() });
const done = z.object({
  redriven: z.array(letter),
  refused: z.array(z.object({ dead_letter: letter, code: z.string() })),
  next_cursor: z.string().nullable(),
});

let installation: Awaited<ReturnType<typeof openClosedInstallation>>;
let ctx: Context;
let rest: RestClient;
let asAdmin: Record<string, string>;
const nudges: Nudge[] = [];

beforeAll(async () => {
  // Receivers are found nowhere.
  installation = await openClosedInstallation({ dnsOverHttpsUrl: 'http://127.0.0.1:9/dns' });
  const nudgeQueue = { sendBatch: async (sent: Nudge[]) => void nudges.push(...sent) };
  ctx = { ...installation.ctx, nudges: nudgeQueue };
  rest = restClient(ctx);
  asAdmin = await keyOf(ctx, 'default', ['admin']);
  await storeProject(ctx, 'other');
});
afterAll(() => installation.close());
beforeEach(async () => {
  await installation.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, webhooks, workers cascade`);
  nudges.length = 0;
});

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

async function deadTask(failureCode: string, minutes: number, projectId = 'default') {
  const ended = { failureCode, finishedAt: minutesAgo(minutes) };
  const jobId = await seedJob(ctx, { projectId, status: 'failed', ...ended });
  return { jobId, taskId: await seedTask(ctx, jobId, { projectId, state: 'failed', attempt: 3, ...ended }) };
}

async function deadDelivery(error: string, minutes: number) {
  const webhook = await seedWebhook(ctx, { url: 'https://receiver.example/hook' });
  const attempts = [{ at: new Date(0).toISOString(), status: 503, error, duration_ms: 1, answer: 'busy' }];
  const row = { state: 'failed', endedAt: minutesAgo(minutes), attempts };
  return { webhookId: webhook.id, deliveryId: await seedDelivery(ctx, webhook.id, row) };
}

/** A nudge that the queue does not take, and when it was written. */
async function lateNudge(minutes: number) {
  const taskId = await seedTask(ctx, await seedJob(ctx), { state: 'ready' });
  await ctx.db.execute(sql`
    insert into outbox (task_id, created_at, claimed_until)
    values (${taskId}::uuid, ${minutesAgo(minutes).toISOString()}::timestamptz, now() + interval '1 hour')`);
  return taskId;
}

async function lettersOf(query = '', headers = asAdmin) {
  return (await rest.get(`/operations/dead-letters?${query}`, headers)).as(list);
}
async function redrive(body: object, headers = asAdmin) {
  const answer = await rest.send('POST', '/operations/dead-letters/redrive', body, headers);
  expect(answer.text).not.toContain('"status":');
  return answer.as(done);
}

test('what was given up on is listed, the latest first, page by page, and filtered', async () => {
  const { taskId: old } = await deadTask('decode_failed', 50);
  const { deliveryId } = await deadDelivery('timeout', 40);
  await lateNudge(30);
  await lateNudge(0);
  const { taskId } = await deadTask('storage_unavailable', 20);
  await deadTask('storage_unavailable', 10, 'other');

  const kinds: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await lettersOf(`limit=1${cursor && `&cursor=${cursor}`}`);
    kinds.push(...page.dead_letters.map(({ kind }) => kind));
    cursor = page.next_cursor;
  }
  expect(kinds).toEqual(['task', 'nudge', 'delivery', 'task']);
  const idsOf = async (query: string) => (await lettersOf(query)).dead_letters.map(({ id }) => id);
  expect(await idsOf('reason_code=storage_unavailable')).toEqual([taskId]);
  expect(await idsOf('kind=delivery')).toEqual([deliveryId]);
  expect(await idsOf(`died_before=${minutesAgo(45).toISOString()}`)).toEqual([old]);
  expect((await idsOf(`died_after=${minutesAgo(45).toISOString()}`)).length).toBe(3);

  expect((await rest.get('/operations/dead-letters?scope=installation', asAdmin)).status).toBe(403);
  expect((await lettersOf('scope=installation', asOperator)).dead_letters).toHaveLength(5);
});

test('a task is taken up with its job, once, and its log and count begin anew', async () => {
  const { jobId, taskId } = await deadTask('storage_unavailable', 5);
  await deadTask('decode_failed', 5);
  const first = await redrive({ reason_code: 'storage_unavailable' });
  expect(first.redriven.map(({ id }) => id)).toEqual([taskId]);
  expect(await jobStatus(ctx, jobId)).toBe('queued');
  await installation.settled();
  expect(nudges.map((nudge) => nudge.taskId)).toEqual([taskId]);
  expect(await redrive({ reason_code: 'storage_unavailable' })).toEqual({
    ...{ redriven: [], refused: [], next_cursor: null },
  });
  expect((await lettersOf()).dead_letters).toHaveLength(1);
});

test('many are taken up in pages, and what cannot be is passed by', async () => {
  for (let n = 0; n < 5; n++) await deadTask('storage_unavailable', n);
  const gone = await deadTask('storage_unavailable', 1);
  await ctx.db.execute(sql`update jobs set source_erased_at = now() where id = ${gone.jobId}::uuid`);
  await deadTask('storage_unavailable', 1, 'other');
  let cursor: string | null = null;
  const taken: string[] = [];
  const refused: string[] = [];
  do {
    const page: z.infer<typeof done> = await redrive({ limit: 2, ...(cursor !== null && { cursor }) });
    taken.push(...page.redriven.map(({ id }) => id));
    refused.push(...page.refused.map(({ code }) => code));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(taken).toHaveLength(5);
  expect(refused).toEqual(['source_not_found']);
  expect((await lettersOf('scope=installation', asOperator)).dead_letters).toHaveLength(2);
});

test('one that goes wrong is told of, and holds nothing up', async () => {
  const letters: { jobId: string; taskId: string }[] = [];
  for (let n = 0; n < 12; n++) letters.push(await deadTask('storage_unavailable', n));
  // What nobody foresaw.
  const broken = letters[3];
  await ctx.db.execute(sql`
    alter table jobs add constraint broken check (id <> ${sql.raw(`'${broken?.jobId}'`)} or retries = 0)`);
  const { redriven, refused } = await redrive({});
  await ctx.db.execute(sql`alter table jobs drop constraint broken`);
  expect(refused.map(({ code, dead_letter }) => [code, dead_letter.id])).toEqual([
    ['internal', broken?.taskId],
  ]);
  expect(redriven).toHaveLength(11);
  await installation.settled();
  expect(nudges).toHaveLength(11);
});

test('all that are named are taken up, at every door', async () => {
  const named = async () => {
    const ids: string[] = [];
    for (let n = 0; n < 25; n++) ids.push((await deadTask('storage_unavailable', 5)).taskId);
    return ids;
  };
  expect((await redrive({ ids: await named() })).redriven).toHaveLength(25);
  expect((await redrive({ ids: await named(), limit: 3 })).redriven).toHaveLength(3);
  const rpc = clientOf(OperationsService, rest, 'gRPC-Web', asAdmin);
  expect((await rpc.redriveDeadLetters({ ids: await named() })).redriven).toHaveLength(25);
  const graphql = graphqlClient({
    ...rest,
    send: (method, path, body, headers) => rest.send(method, path, body, { ...asAdmin, ...headers }),
  });
  const taken = await graphql.field(
    'redriveDeadLetters',
    z.object({ redriven: z.array(z.unknown()) }),
    'mutation($ids: [ID!]) { redriveDeadLetters(input: { ids: $ids }) { redriven { id } } }',
    { ids: await named() },
  );
  expect(taken.redriven).toHaveLength(25);
});

test('a delivery is sent once more from the beginning, by two at once only once', async () => {
  const { webhookId, deliveryId } = await deadDelivery('timeout', 5);
  const both = await Promise.all([redrive({ ids: [deliveryId] }), redrive({ ids: [deliveryId] })]);
  expect(both.flatMap(({ refused }) => refused)).toEqual([]);
  const deliveries = () =>
    rowsOf(
      ctx.db,
      sql`select id, event_id, state from webhook_deliveries where webhook_id = ${webhookId}::uuid`,
      z.object({ id: z.uuid(), event_id: z.string(), state: z.string() }),
    );
  const [a, b, ...more] = await deliveries();
  expect(more).toEqual([]);
  expect(a?.event_id).toBe(b?.event_id);
  expect((await lettersOf()).dead_letters).toEqual([]);

  // It fails again: then that is the dead one, and the first no longer.
  await installation.settled();
  await ctx.db.execute(
    sql`update webhook_deliveries set state = 'failed', ended_at = now() where state = 'pending'`,
  );
  const again = (await lettersOf()).dead_letters;
  expect(again).toHaveLength(1);
  expect(again[0]?.id).not.toBe(deliveryId);
});

test('a delivery of a disabled webhook stays, and says why', async () => {
  const { webhookId, deliveryId } = await deadDelivery('gone', 5);
  const webhook = { projectId: 'default', webhookId, actor: 'test' };
  await updateWebhook(ctx, { ...webhook, changes: { status: 'disabled' } });
  const { redriven, refused } = await redrive({ kind: 'delivery' });
  expect(redriven).toEqual([]);
  expect(refused).toMatchObject([{ code: 'webhook_disabled', dead_letter: { id: deliveryId } }]);
});

test('a nudge that the queue did not take is sent at once', async () => {
  const taskId = await lateNudge(30);
  const [nudge] = (await lettersOf('kind=nudge')).dead_letters;
  expect(nudge?.reason_code).toBe('not_sent');
  await redrive({ ids: [nudge?.id] });
  await installation.settled();
  expect(nudges.map((sent) => sent.taskId)).toEqual([taskId]);
  expect((await lettersOf()).dead_letters).toEqual([]);
});

test('nobody takes up what is of another project', async () => {
  const { jobId, taskId } = await deadTask('storage_unavailable', 5, 'other');
  expect((await redrive({ ids: [taskId, randomUUID()] })).redriven).toEqual([]);
  expect(await jobStatus(ctx, jobId)).toBe('failed');
  expect((await redrive({ scope: 'installation', ids: [taskId] }, asOperator)).redriven).toHaveLength(1);
});

test('GraphQL and RPC list and take up too', async () => {
  await deadTask('storage_unavailable', 1);
  const { taskId } = await deadTask('decode_failed', 2);
  const graphql = graphqlClient({
    ...rest,
    send: (method, path, body, headers) => rest.send(method, path, body, { ...asAdmin, ...headers }),
  });
  const page = await graphql.field(
    'deadLetters',
    z.object({ nodes: z.array(z.object({ id: z.string(), reasonCode: z.string() })) }),
    '{ deadLetters(filter: { kind: task, reasonCode: "decode_failed" }) { nodes { id reasonCode } } }',
  );
  expect(page.nodes).toEqual([{ id: taskId, reasonCode: 'decode_failed' }]);
  const taken = await graphql.field(
    'redriveDeadLetters',
    z.object({ redriven: z.array(z.object({ id: z.string() })), refused: z.array(z.unknown()) }),
    'mutation($id: ID!) { redriveDeadLetters(input: { ids: [$id] }) { redriven { id } refused { code } } }',
    { id: taskId },
  );
  expect(taken).toEqual({ redriven: [{ id: taskId }], refused: [] });

  const rpc = clientOf(OperationsService, rest, 'gRPC-Web', asAdmin);
  const { deadLetters } = await rpc.listDeadLetters({ filter: { kind: 'task' } });
  expect(deadLetters).toMatchObject([{ reasonCode: 'storage_unavailable', attempts: 3 }]);
  expect((await rpc.redriveDeadLetters({})).redriven).toHaveLength(1);
  expect((await rpc.listDeadLetters({})).deadLetters).toEqual([]);
});
