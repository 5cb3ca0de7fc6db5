import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { webhookDeliveries, webhooks } from '../db/schema.ts';
import { blocked, openSession } from '../testing/second-session.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { claimDeliveries } from './claim-deliveries.ts';
import { informWebhooks } from './inform-webhooks.ts';
import { updateWebhook } from './update-webhook.ts';

/* What two at the same time must not break. They take their turns at locks, not by luck. */

const url = 'https://hooks.example.com/';
let outside: TestContext;
let ctx: Context;
beforeAll(async () => {
  outside = await openTestContext();
  ctx = outside.ctx;
});
afterAll(() => outside.close());
afterEach(() => ctx.db.delete(webhooks));

const setStatus = (webhook: { id: string }, status: 'enabled' | 'disabled') =>
  updateWebhook(ctx, { projectId: 'default', webhookId: webhook.id, actor: 'test', changes: { status } });

/** Something happens that all webhooks are told of. */
async function change(): Promise<void> {
  await ctx.db.execute(sql`
    with told(job_id, project_id, number, type, data, at) as (
      values (${ctx.random.uuid()}::uuid, 'default', 1, 'job.created', '{}'::jsonb, now())
    ),
    ${informWebhooks(sql`told`)}
    select 1`);
}

test('a change that tells a webhook which is being deleted tells the others', async () => {
  const [going, staying] = [await seedWebhook(ctx, { url }), await seedWebhook(ctx, { url })];
  const session = await openSession(ctx);
  await session.query('begin');
  await session.query('delete from webhooks where id = $1', [going.id]);
  const changing = change();
  await blocked(session);
  await session.query('commit');
  await session.end();
  await changing;
  const told = await ctx.db.select().from(webhookDeliveries);
  expect(told.map((delivery) => delivery.webhookId)).toEqual([staying.id]);
});

test('what is put aside just when its webhook is enabled is sent', async () => {
  const webhook = await seedWebhook(ctx, { url });
  const id = await seedDelivery(ctx, webhook.id);
  await setStatus(webhook, 'disabled');
  // The claim stops when it is about to write that the delivery is put aside.
  const session = await openSession(ctx);
  await session.query(`
    create function stop() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock(42); return new; end $$;
    create trigger stop before update on webhook_deliveries for each row
      when (new.due_at = 'infinity') execute function stop()`);
  await session.query('begin');
  await session.query('select pg_advisory_xact_lock(42)');
  const claiming = claimDeliveries(ctx);
  await blocked(session);
  const enabling = setStatus(webhook, 'enabled');
  await blocked(session, 2);
  await session.query('commit');
  expect(await claiming).toEqual([]);
  await enabling;
  await session.query('drop function stop cascade');
  await session.end();
  expect((await claimDeliveries(ctx)).map((delivery) => delivery.id)).toEqual([id]);
});

test('nothing is put aside while its webhook is being enabled', async () => {
  const webhook = await seedWebhook(ctx, { url });
  const id = await seedDelivery(ctx, webhook.id);
  await setStatus(webhook, 'disabled');
  const session = await openSession(ctx);
  await session.query('begin');
  await session.query(`update webhooks set status = 'enabled' where id = $1`, [webhook.id]);
  expect(await claimDeliveries(ctx)).toEqual([]);
  await session.query('commit');
  await session.end();
  expect((await claimDeliveries(ctx)).map((claimed) => claimed.id)).toEqual([id]);
});
