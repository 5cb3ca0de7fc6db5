import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context, Nudge } from '../context.ts';
import { keyOf } from '../contract/credentials.ts';
import { rowsOf } from '../db/database.ts';
import { maintain } from '../dispatch/maintain.ts';
import { reap } from '../dispatch/reap.ts';
import { restUntil } from '../dispatch/rest-until.ts';
import { claimTasks } from '../tasks/claim-tasks.ts';
import { seeWorkers } from '../tasks/see-workers.ts';
import {
  asOperator,
  bearer,
  OPERATOR_TOKEN,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { graphqlClient } from '../testing/graphql-client.ts';
import { claimStarted, completeClaimed, plannedJob, taskStates, WORKER } from '../testing/job-driver.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { clientOf } from '../testing/rpc-client.ts';
import { blocked, openSession } from '../testing/second-session.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { storeProject } from '../testing/store-job.ts';

const ABLE = { ...WORKER, capabilities: [...WORKER.capabilities, 'libsvtav1'] };
const BOTH = { renditions: [{ height: 480 }, { height: 480, codec: 'av1' as const }], storyboard: false };
const pauseShape = z.object({ id: z.string(), codec: z.string().nullable(), actor: z.string() });
const taskList = z.object({
  tasks: z.array(z.object({ kind: z.string(), state: z.string(), waiting_reason: z.string().nullable() })),
});

let installation: Awaited<ReturnType<typeof openClosedInstallation>>;
let ctx: Context;
let rest: RestClient;
let asAdmin: Record<string, string>;
const nudges: Nudge[] = [];

beforeAll(async () => {
  installation = await openClosedInstallation();
  const nudgeQueue = { sendBatch: async (sent: Nudge[]) => void nudges.push(...sent) };
  ctx = { ...installation.ctx, nudges: nudgeQueue };
  rest = restClient(ctx);
  asAdmin = await keyOf(ctx, 'default', ['admin']);
  await storeProject(ctx, 'other');
});
afterAll(() => installation.close());
beforeEach(async () => {
  await installation.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers, dispatch_pauses cascade`);
  nudges.length = 0;
});

async function pause(body: object, headers = asAdmin) {
  const answer = await rest.send('POST', '/operations/pauses', { reason: 'too dear', ...body }, headers);
  return { status: answer.status, ...(answer.status === 200 && answer.as(pauseShape)) };
}
const resume = (id: string | undefined, headers = asAdmin) =>
  rest.send('DELETE', `/operations/pauses/${id}`, undefined, headers);
const claimable = () => seeWorkers(ctx, [ABLE]);

async function waiting(jobId: string) {
  const { tasks } = (await rest.get(`/jobs/${jobId}/tasks`, asAdmin)).as(taskList);
  return tasks.filter(({ state }) => state === 'ready').map((task) => task.waiting_reason);
}

test('a paused project finishes what runs, begins nothing, says why, and goes on at once', async () => {
  const jobId = await plannedJob(ctx);
  const [running] = await claimStarted(ctx, 1);
  if (!running) throw new Error('nothing was claimed');
  const { id } = await pause({ scope: 'project' });

  expect(await claimTasks(ctx, ABLE, 8)).toEqual([]);
  expect(await claimable()).toBe(0);
  expect((await completeClaimed(ctx, running)).verdict).toBe('accepted');
  expect(new Set(await waiting(jobId))).toEqual(new Set(['dispatch_paused']));

  await ctx.db.execute(sql`delete from outbox`);
  nudges.length = 0;
  expect((await resume(id)).status).toBe(200);
  await installation.settled();
  expect(nudges.length).toBeGreaterThan(0);
  expect(new Set(await waiting(jobId))).toEqual(new Set([null]));
  expect((await claimTasks(ctx, ABLE, 8)).length).toBeGreaterThan(0);
});

test('how a project stands tells of pauses that concern it, and counts what could run', async () => {
  await plannedJob(ctx);
  const rpc = clientOf(JobService, rest, 'Connect', asAdmin);
  const before = await rpc.getSystemMetrics({});
  expect(before.dispatchPaused).toBe(false);
  expect(before.queueDepth).toBeGreaterThan(0n);
  const asStranger = await keyOf(ctx, 'other', ['admin']);
  await pause({ scope: 'project' }, asStranger);
  expect(await rpc.getSystemMetrics({})).toEqual(before);
  await pause({ scope: 'installation' }, asOperator);
  expect(await rpc.getSystemMetrics({})).toMatchObject({ dispatchPaused: true, queueDepth: 0n });
});

test('of many tasks a thousand are looked at, and behind as many that are paused there may be others', async () => {
  const taskId = await seedTask(ctx, await seedJob(ctx), { state: 'ready' });
  await ctx.db.execute(sql`
    insert into tasks
    select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).*
    from tasks t, generate_series(2, 999) where t.id = ${taskId}::uuid`);
  expect(await claimable()).toBe(999);
  const { id } = await pause({ scope: 'installation' }, asOperator);
  expect(await claimable()).toBe(0);
  await ctx.db.execute(sql`
    insert into tasks
    select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).*
    from tasks t, generate_series(1, 10) where t.id = ${taskId}::uuid`);
  expect(await claimable()).toBe(1);
  await resume(id, asOperator);
  expect(await claimable()).toBe(1_000);
});

test('a pause waits for nobody who has one of its tasks', async () => {
  const jobId = await seedJob(ctx);
  const unable = { state: 'ready', waitingReason: 'no_capable_worker', waitingSince: new Date() } as const;
  const [held, ...others] = [
    await seedTask(ctx, jobId, unable),
    await seedTask(ctx, await seedJob(ctx), unable),
    await seedTask(ctx, jobId, unable),
  ];
  const other = await openSession(ctx);
  try {
    await other.query('begin');
    await other.query('select 1 from tasks where id = $1 for update', [held]);
    expect((await pause({ scope: 'installation' }, asOperator)).status).toBe(200);
  } finally {
    await other.end();
  }
  const explained = await rowsOf(
    ctx.db,
    sql`select id from tasks where waiting_reason is null`,
    z.object({ id: z.uuid() }),
  );
  expect(explained.map(({ id }) => id).sort()).toEqual(others.sort());
});

test('a paused codec holds back its tasks and no others', async () => {
  const jobId = await plannedJob(ctx, 12, BOTH);
  await pause({ scope: 'project', codec: 'av1' });
  const codecs = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const claimed = await claimTasks(ctx, ABLE, 8);
    if (claimed.length === 0) break;
    for (const task of claimed) {
      if (task.spec.kind === 'encode-video') codecs.add(task.spec.renditions[0]?.codec ?? '');
      await ctx.db.execute(sql`update tasks set started = true where id = ${task.id}::uuid`);
      await completeClaimed(ctx, task);
    }
  }
  expect(codecs).toEqual(new Set(['h264']));
  expect((await taskStates(ctx, jobId))['encode-video']).toContain('ready');
  expect(new Set(await waiting(jobId))).toEqual(new Set(['dispatch_paused']));
});

test('a pause of the installation holds back every project, and only the operator lays or ends it', async () => {
  await plannedJob(ctx);
  expect((await pause({ scope: 'installation' })).status).toBe(403);
  const { id } = await pause({ scope: 'installation' }, asOperator);
  expect(await claimTasks(ctx, ABLE, 8)).toEqual([]);
  expect((await resume(id)).status).toBe(404);
  expect((await rest.get('/operations/pauses', asAdmin)).text).not.toContain(id);
  expect((await rest.get('/operations/pauses', asOperator)).text).toContain(id);
  expect((await resume(id, asOperator)).status).toBe(200);
  expect((await claimTasks(ctx, ABLE, 8)).length).toBeGreaterThan(0);
});

test('of two who end a pause at the same time one ends it, and the other finds none', async () => {
  const { id } = await pause({ scope: 'installation' }, asOperator);
  const other = await openSession(ctx);
  try {
    await other.query('begin');
    await other.query('delete from dispatch_pauses where id = $1', [id]);
    const second = resume(id, asOperator);
    await blocked(other);
    await other.query('commit');
    expect((await second).status).toBe(404);
  } finally {
    await other.end();
  }
});

test('what the operator has paused in a project its administrator neither ends nor changes', async () => {
  const { id } = await pause({ scope: 'project' }, bearer(OPERATOR_TOKEN, 'default'));
  expect((await resume(id)).status).toBe(403);
  expect((await pause({ scope: 'project' })).status).toBe(403);
  expect((await rest.get('/operations/pauses', asAdmin)).text).toContain(id);
  const asStranger = await keyOf(ctx, 'other', ['admin']);
  expect((await resume(id, asStranger)).status).toBe(404);
  // Theirs is another pause.
  const own = await pause({ scope: 'project' }, asStranger);
  expect(own.status).toBe(200);
  expect(own.id).not.toBe(id);
});

test('pausing what is paused changes the reason, and makes no second pause', async () => {
  const first = await pause({ scope: 'project', codec: 'opus' });
  const second = await pause({ scope: 'project', codec: 'opus', reason: 'still' });
  expect(second.id).toBe(first.id);
  const found = await rest.get('/operations/pauses', asAdmin);
  expect(found.text.match(/"id"/g)).toHaveLength(1);
  expect(found.text).toContain('still');
  expect((await pause({ scope: 'project', expires_at: '2020-01-01T00:00:00Z' })).status).toBe(400);
});

test('a pause that has run out is none, and the next pass nudges what it held back', async () => {
  await plannedJob(ctx);
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const { id } = await pause({ scope: 'project', expires_at: soon });
  await ctx.db.execute(sql`delete from outbox`);
  await ctx.db.execute(sql`update tasks set nudged_at = now() - interval '1 hour'`);
  await maintain(ctx);
  expect(nudges).toEqual([]);

  await ctx.db.execute(sql`update dispatch_pauses set expires_at = now() where id = ${id}::uuid`);
  expect((await resume(id)).status).toBe(404);
  await maintain(ctx);
  expect(nudges.length).toBeGreaterThan(0);
  expect((await ctx.db.execute(sql`select 1 from dispatch_pauses`)).rows).toEqual([]);
  expect((await claimTasks(ctx, ABLE, 8)).length).toBeGreaterThan(0);
});

test('what is held back does not starve meanwhile', async () => {
  await seeWorkers(ctx, [WORKER]);
  const long = new Date(Date.now() - 3_600_000);
  const old = { readyAt: long, nudgedAt: long, runAfter: long, waitingSince: long };
  const jobId = await seedJob(ctx);
  const row = { state: 'ready', needs: ['libsvtav1'], waitingReason: 'no_capable_worker', ...old };
  await seedTask(ctx, jobId, row);
  const { id } = await pause({ scope: 'project' });
  await reap(ctx);
  await resume(id);
  await seeWorkers(ctx, [WORKER]);
  await reap(ctx);
  const tasks = await rowsOf(
    ctx.db,
    sql`select state, waiting_reason from tasks`,
    z.object({ state: z.string(), waiting_reason: z.string().nullable() }),
  );
  expect(tasks).toEqual([{ state: 'ready', waiting_reason: 'no_capable_worker' }]);
});

test('a paused installation rests until the pause ends', async () => {
  await plannedJob(ctx);
  await ctx.db.execute(sql`delete from outbox`);
  expect(await restUntil(ctx)).toBeNull();
  const inHalfAnHour = new Date(Date.now() + 1_800_000).toISOString();
  await pause({ scope: 'installation', expires_at: inHalfAnHour }, asOperator);
  const seconds = ((await restUntil(ctx)) ?? 0) / 1000 - Date.now() / 1000;
  expect(seconds).toBeGreaterThan(1_700);
  expect(seconds).toBeLessThan(1_801);
});

test('GraphQL and RPC pause, list and resume too', async () => {
  const graphql = graphqlClient({
    ...rest,
    send: (method, path, body, headers) => rest.send(method, path, body, { ...asAdmin, ...headers }),
  });
  const laid = await graphql.field(
    'pauseDispatch',
    z.object({ id: z.string(), scope: z.literal('project'), codec: z.literal('av1') }),
    `mutation { pauseDispatch(input: { scope: project, codec: av1, reason: "too dear" }) { id scope codec } }`,
  );
  const rpc = clientOf(OperationsService, rest, 'Connect', asAdmin);
  const { pauses } = await rpc.listPauses({});
  expect(pauses).toMatchObject([{ id: laid.id, codec: 'av1', projectId: 'default', reason: 'too dear' }]);
  expect((await rpc.resumeDispatch({ id: laid.id })).pause?.id).toBe(laid.id);

  const paused = await rpc.pauseDispatch({ scope: 'project', reason: 'all of it' });
  const nodes = z.object({ nodes: z.array(z.object({ id: z.string(), codec: z.null() })) });
  const page = await graphql.field('dispatchPauses', nodes, '{ dispatchPauses { nodes { id codec } } }');
  expect(page.nodes).toEqual([{ id: paused.pause?.id, codec: null }]);
  await graphql.field(
    'resumeDispatch',
    z.object({ id: z.string() }),
    'mutation($id: ID!) { resumeDispatch(id: $id) { id } }',
    { id: paused.pause?.id },
  );
  expect((await rpc.listPauses({})).pauses).toEqual([]);
  await expect(rpc.pauseDispatch({ scope: 'installation', reason: 'all' })).rejects.toThrow(/operator/);
});
