import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projects, webhookDeliveries } from '../db/schema.ts';
import { seedWebhook } from '../testing/seed-webhook.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { informOfUpload, informWebhooks } from './inform-webhooks.ts';
import { updateWebhook } from './update-webhook.ts';

const JOB = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const UPLOAD = '7f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

test('events reach the enabled webhooks of their project that ask for them', async () => {
  const { ctx } = outside;
  await ctx.db.insert(projects).values({ id: 'other' });
  const url = 'https://hooks.example.com/';
  const all = await seedWebhook(ctx, { url });
  const some = await seedWebhook(ctx, { url, events: ['job.failed', 'job.completed'] });
  const uploads = await seedWebhook(ctx, { url, events: ['upload.completed'] });
  const disabled = await seedWebhook(ctx, { url });
  await updateWebhook(ctx, {
    projectId: 'default',
    webhookId: disabled.id,
    actor: 'test',
    changes: { status: 'disabled' },
  });
  const other = await seedWebhook(ctx, { url, projectId: 'other' });

  await ctx.db.execute(sql`
    with told(job_id, project_id, number, type, data, at) as (values
      (${JOB}::uuid, 'default', 3, 'job.playable', '{"job_id": "a"}'::jsonb, '2026-01-02T03:04:05.678Z'::timestamptz),
      (${JOB}::uuid, 'default', 4, 'job.completed', '{"job_id": "b"}'::jsonb, now())
    ),
    ${informWebhooks(sql`told`)}
    select 1`);
  await ctx.db.execute(sql`
    with told(upload_id, project_id, data, at) as (
      values (${UPLOAD}::uuid, 'default', '{"upload_id": "c"}'::jsonb, now())
    ),
    ${informOfUpload(sql`told`)}
    select 1`);

  const told = async (webhookId: string) =>
    (await ctx.db.select().from(webhookDeliveries).where(eq(webhookDeliveries.webhookId, webhookId)))
      .map((row) => `${row.type} ${row.eventId} ${JSON.stringify(row.data)}`)
      .sort();
  const playable = `job.playable evt_${JOB}_3 {"job_id":"a"}`;
  const completed = `job.completed evt_${JOB}_4 {"job_id":"b"}`;
  const uploaded = `upload.completed evt_${UPLOAD} {"upload_id":"c"}`;
  expect(await told(all.id)).toEqual([completed, playable, uploaded].sort());
  expect(await told(some.id)).toEqual([completed]);
  expect(await told(uploads.id)).toEqual([uploaded]);
  expect(await told(disabled.id)).toEqual([]);
  expect(await told(other.id)).toEqual([]);

  const [first] = await ctx.db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.type, 'job.playable'));
  expect(first).toMatchObject({ jobId: JOB, uploadId: null, projectId: 'default', state: 'pending' });
  expect(first?.occurredAt.toISOString()).toBe('2026-01-02T03:04:05.678Z');
  const [last] = await ctx.db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.type, 'upload.completed'));
  expect(last).toMatchObject({ jobId: null, uploadId: UPLOAD });
});
