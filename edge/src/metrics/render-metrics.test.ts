import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dispatchPauses, outbox, webhookDeliveries, webhooks } from '../db/schema.ts';
import { publishJob } from '../jobs/publish-job.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { expireTask } from '../tasks/expire-task.ts';
import { failTask } from '../tasks/fail-task.ts';
import {
  acceptedJob,
  analyzeFilm,
  claimStarted,
  completeClaimed,
  fenceOf,
  plannedJob,
  runEverything,
} from '../testing/job-driver.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { ATTEMPT_ERRORS } from '../webhooks/attempt.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { outbound } from '../webhooks/outbound.ts';
import { EDGE_METRICS } from './edge-metrics.ts';
import { renderMetrics } from './render-metrics.ts';

/* What an operator reads of jobs, out of Postgres alone. */

let t: TestContext;

beforeAll(async () => {
  t = await openTestContext();
});
afterAll(async () => {
  await t.settled();
  await t.close();
});

const GET_JOB = '/millrace.v1.JobService/GetJob';
const noCounters = {
  ...{ add: async () => {}, keepStored: async () => {} },
  ...{
    read: async () => ({ 'storage put throttled': '3', [`rpc ${GET_JOB} ok`]: '5' }),
    readStored: async () => null,
  },
};

/** Every sample of the page, by its name with its labels. */
async function scrape(): Promise<Map<string, number>> {
  const text = await renderMetrics(t.ctx, noCounters);
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );
}

test('every metric of the list is on the page, with its help, and no other', async () => {
  const text = await renderMetrics(t.ctx, noCounters);
  const named = [...text.matchAll(/^# HELP (\w+) (.+)$/gm)].map(([, name, help]) => [name, help]);
  const listed = Object.entries(EDGE_METRICS).map(([name, { help }]) => [name, help]);
  expect(named.sort()).toEqual(listed.sort());
});

test('a completed job tells when it could be played, what it cost, and its project with it', async () => {
  const before = await scrape();
  await acceptedJob(t.ctx);
  const [analyze] = await claimStarted(t.ctx, 1);
  if (!analyze) throw new Error('nothing to analyze');
  await acceptResult(t.ctx, {
    ...analyzeFilm(analyze, 12),
    cpuMicros: 2_500_000,
    sourceBytesRead: 3_000_000,
  });
  const { publishTaskId } = await runEverything(t.ctx);
  await publishJob(t.ctx, publishTaskId ?? '');
  const after = await scrape();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('jobs_processed_total{status="completed"}')).toBe(1);
  expect(grown('first_play_seconds_count')).toBe(1);
  expect(grown('first_play_seconds_bucket{le="64"}')).toBe(1);
  expect(grown('job_cpu_seconds_sum')).toBe(2.5);
  expect(grown('job_cpu_seconds_bucket{le="2"}')).toBe(0);
  expect(grown('job_cpu_seconds_bucket{le="4"}')).toBe(1);
  expect(grown('job_bytes_sum{direction="read"}')).toBe(3_000_000);
  expect(grown('job_bytes_bucket{direction="read",le="1048576"}')).toBe(0);
  expect(grown('job_bytes_bucket{direction="read",le="4194304"}')).toBe(1);
  expect(grown('job_bytes_sum{direction="stored"}')).toBeGreaterThan(0);
  expect(grown('project_cpu_seconds_total{project="default"}')).toBe(2.5);
  expect(grown('project_bytes_total{project="default",direction="read"}')).toBe(3_000_000);
  expect(grown('project_bytes_total{project="default",direction="stored"}')).toBe(
    grown('job_bytes_sum{direction="stored"}'),
  );
});

test('a job that failed, was retried and failed again is two failures, and pays each attempt once', async () => {
  const before = await scrape();
  const jobId = await acceptedJob(t.ctx);
  const failOnce = async (cpuMicros: number) => {
    const task = (await claimStarted(t.ctx, 8)).find((claimed) => claimed.job_id === jobId);
    if (!task) throw new Error('nothing to fail');
    const why = { code: 'source_unreadable', message: '', logTail: '' } as const;
    await failTask(t.ctx, { ...fenceOf(task), ...why, cpuMicros });
  };
  await failOnce(1_000_000);
  await retryJob(t.ctx, { projectId: 'default', jobId, actor: 'test' });
  await failOnce(500_000);
  const after = await scrape();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('job_failures_total{code="source_unreadable"}')).toBe(2);
  expect(grown('project_cpu_seconds_total{project="default"}')).toBe(1.5);
  expect(grown('job_cpu_seconds_count')).toBe(0);
  expect(after.get('dead_letters{kind="task"}')).toBe((before.get('dead_letters{kind="task"}') ?? 0) + 1);
});

test('a delivery that failed is a dead letter until it is tried again, as in their list', async () => {
  const deadLetters = async () => (await scrape()).get('dead_letters{kind="delivery"}') ?? 0;
  const before = await deadLetters();
  const { id: webhookId } = await seedWebhook(t.ctx, { url: 'https://receiver.example/hook' });
  const event = { eventId: 'evt_dead', occurredAt: ago(9) };
  await seedDelivery(t.ctx, webhookId, { ...event, state: 'failed', endedAt: ago(5) });
  expect(await deadLetters()).toBe(before + 1);
  const again = await seedDelivery(t.ctx, webhookId, { ...event, state: 'pending', dueAt: ago(-60) });
  expect(await deadLetters()).toBe(before);
  const failed = { state: 'failed', endedAt: ago(1) };
  await t.ctx.db.update(webhookDeliveries).set(failed).where(eq(webhookDeliveries.id, again));
  expect(await deadLetters()).toBe(before + 1);
  await t.ctx.db.delete(webhooks).where(eq(webhooks.id, webhookId));
});

test('a delivery that is given up is counted by why, also when it is tried again', async () => {
  const samples = async () => {
    const page = await scrape();
    return ATTEMPT_ERRORS.map((error) => page.get(`webhook_failures_total{error="${error}"}`));
  };
  const before = await samples();
  expect(before).not.toContain(undefined);
  const { id: webhookId } = await seedWebhook(t.ctx, { url: 'https://8.8.8.8/hook' });
  await seedDelivery(t.ctx, webhookId);
  const answer410 = async () => new Response(null, { status: 410 });
  await deliverWebhooks(t.ctx, { ...outbound, fetch: answer410 });
  await t.ctx.db.delete(webhooks).where(eq(webhooks.id, webhookId));
  const gone = ATTEMPT_ERRORS.indexOf('gone');
  expect(await samples()).toEqual(before.map((n, i) => (i === gone ? Number(n) + 1 : n)));
});

test('an attempt that was taken back is counted by its kind', async () => {
  const before = await scrape();
  await plannedJob(t.ctx, 12, { renditions: [{ height: 480 }], reuse: false });
  const [first, ...rest] = await claimStarted(t.ctx, 8);
  if (!first) throw new Error('nothing to lose');
  await t.ctx.db.execute(
    sql`update tasks set lease_expires_at = now() - interval '1 second' where id = ${first.id}::uuid`,
  );
  await expireTask(t.ctx, first.id);
  const name = `leases_expired_total{kind="${first.spec.kind}"}`;
  expect((await scrape()).get(name)).toBe((before.get(name) ?? 0) + 1);
  for (const task of rest) await completeClaimed(t.ctx, task);
  await t.ctx.db.execute(sql`update jobs set status = 'canceled' where status in ('queued', 'processing')`);
  await t.ctx.db.execute(
    sql`update tasks set state = 'canceled' where state in ('blocked', 'ready', 'running')`,
  );
});

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);

test('the queue is as old as what waits longest, pauses aside; a job that runs waits no more', async () => {
  const old = { readyAt: ago(10), runAfter: ago(10), createdAt: ago(10) };
  const running = await seedJob(t.ctx);
  await seedTask(t.ctx, running, { state: 'running', startedAt: new Date() });
  await seedTask(t.ctx, running, { state: 'ready', ...old });
  let page = await scrape();
  expect(page.get('queue_depth')).toBe(1);
  expect(page.get('queue_age_seconds')).toBeGreaterThanOrEqual(599);
  expect(page.get('queue_wait_seconds')).toBe(0);

  const waiting = await seedJob(t.ctx, { status: 'queued' });
  const five = { readyAt: ago(5), runAfter: ago(5), createdAt: ago(5) };
  await seedTask(t.ctx, waiting, { state: 'ready', ...five });
  page = await scrape();
  expect(page.get('queue_wait_seconds')).toBeGreaterThanOrEqual(299);
  expect(page.get('queue_wait_seconds')).toBeLessThan(400);

  await t.ctx.db.insert(dispatchPauses).values({
    ...{ id: t.ctx.random.uuid(), projectId: 'default', reason: 'test', actor: 'test' },
  });
  page = await scrape();
  expect(page.get('queue_depth')).toBe(0);
  expect(page.get('queue_age_seconds')).toBe(0);
  expect(page.get('paused_tasks')).toBe(2);
  expect(page.get('dispatch_pauses')).toBe(1);
  await t.ctx.db.delete(dispatchPauses);
});

test('a job is without progress when nothing of it moves: not while it waits, not while frames come', async () => {
  const stuck = async () => (await scrape()).get('jobs_without_progress');
  const before = (await stuck()) ?? 0;
  const old = { createdAt: ago(60), startedAt: ago(40) };
  const jobId = await seedJob(t.ctx);
  const taskId = await seedTask(t.ctx, jobId, { state: 'running', ...old, movedAt: ago(20) });
  expect(await stuck()).toBe(before + 1);
  await t.ctx.db.execute(sql`update tasks set moved_at = now() where id = ${taskId}::uuid`);
  expect(await stuck()).toBe(before);
  await t.ctx.db.execute(sql`update tasks set moved_at = null, state = 'ready' where id = ${taskId}::uuid`);
  expect(await stuck()).toBe(before);
  await t.ctx.db.execute(sql`update tasks set state = 'blocked' where id = ${taskId}::uuid`);
  expect(await stuck()).toBe(before + 1);
});

test('lag is of what is overdue: not of what is to wait, nor of what its owner has disabled', async () => {
  const hook = (status: string) => {
    const id = t.ctx.random.uuid();
    const row = { projectId: 'default', url: 'https://receiver.test', events: [], secret: 's', actor: 'a' };
    return t.ctx.db
      .insert(webhooks)
      .values({ ...row, id, status })
      .then(() => id);
  };
  const delivery = async (webhookId: string, dueAt: Date) => {
    const row = { projectId: 'default', eventId: 'e', type: 'job.completed', data: {} };
    await t.ctx.db.insert(webhookDeliveries).values({ ...row, webhookId, dueAt });
  };
  await t.ctx.db.delete(outbox);
  await delivery(await hook('disabled'), ago(9));
  const enabled = await hook('enabled');
  await delivery(enabled, ago(-9));
  expect((await scrape()).get('webhook_lag_seconds')).toBe(0);
  expect((await scrape()).get('outbox_lag_seconds')).toBe(0);
  await delivery(enabled, ago(3));
  await t.ctx.db.insert(outbox).values({ taskId: t.ctx.random.uuid(), dueAt: ago(2) });
  const page = await scrape();
  expect(page.get('webhook_lag_seconds')).toBeGreaterThanOrEqual(179);
  expect(page.get('outbox_lag_seconds')).toBeGreaterThanOrEqual(119);
  expect(page.get('storage_errors_total{operation="put",reason="throttled"}')).toBe(3);
  expect(page.get(`rpc_requests_total{method="${GET_JOB}",code="ok"}`)).toBe(5);
});
