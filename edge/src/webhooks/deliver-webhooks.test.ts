import { eq, sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { jobs, projects, webhookDeliveries, webhooks } from '../db/schema.ts';
import { countStatements } from '../testing/count-statements.ts';
import { recordSpans } from '../testing/record-spans.ts';
import { seedJob } from '../testing/seed-job.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { storeJob } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';
import { getDelivery } from './get-delivery.ts';
import { outbound } from './outbound.ts';
import { rotateSecret } from './rotate-secret.ts';
import { updateWebhook } from './update-webhook.ts';

const SHORT = { ...outbound, timeoutMs: 300 };

let outside: TestContext;
let ctx: Context;
let receiver: WebhookReceiver;
beforeAll(async () => {
  outside = await openTestContext();
  ctx = { ...outside.ctx, config: { ...outside.ctx.config, webhookLoopback: true } };
});
afterAll(() => outside.close());
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await receiver.close();
  await ctx.db.delete(webhooks);
});

async function read(deliveryId: string) {
  const [row] = await ctx.db
    .select({ webhookId: webhookDeliveries.webhookId })
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.id, deliveryId));
  return getDelivery(ctx, { projectId: 'default', webhookId: row?.webhookId ?? '', deliveryId });
}

/** How many deliveries of each word were counted as given up. */
async function givenUp(): Promise<Record<string, unknown>> {
  const { rows } = await ctx.db.execute(
    sql`select label, observations::int as n from metric_totals where metric = 'webhook_failures_total'`,
  );
  return Object.fromEntries(rows.map(({ label, n }) => [label, n]));
}

const makeDue = () => ctx.db.update(webhookDeliveries).set({ dueAt: sql`now()` });

describe('a message', () => {
  test('is signed so that the public library takes it', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const id = await seedDelivery(ctx, webhook.id, { data: { job_id: 'ä', tags: ['x'] } });
    expect(await deliverWebhooks(ctx)).toBe(1);

    const [message] = receiver.received;
    expect(message?.method).toBe('POST');
    expect(message?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': `evt_${id}` });
    const record = await read(id);
    expect(new Webhook(webhook.secret).verify(message?.body ?? '', message?.headers ?? {})).toEqual({
      type: 'job.completed',
      timestamp: record.occurred_at,
      data: { job_id: 'ä', tags: ['x'] },
    });
    expect(record.body).toBe(message?.body);
    expect(record).toMatchObject({ state: 'delivered', next_attempt_at: null });
    expect(record.ended_at).not.toBeNull();
    expect(record.attempts).toEqual([
      { at: expect.any(String), status: 204, error: null, duration_ms: expect.any(Number), answer: null },
    ]);
    expect(await deliverWebhooks(ctx)).toBe(0);
  });

  test('is signed with both secrets while a rotation overlaps, and with the new one afterwards', async () => {
    const old = await seedWebhook(ctx, { url: receiver.url });
    const ref = { projectId: 'default', webhookId: old.id, actor: 'test' };
    const rotated = await rotateSecret(ctx, { ...ref, overlapSeconds: 3_600 });
    expect(rotated.secret).not.toBe(old.secret);
    await seedDelivery(ctx, old.id);
    await deliverWebhooks(ctx);
    const verifies = (secret: string, index: number) => {
      const { body, headers } = receiver.received[index] ?? { body: '', headers: {} };
      try {
        new Webhook(secret).verify(body, headers);
        return true;
      } catch {
        return false;
      }
    };
    expect([verifies(old.secret, 0), verifies(rotated.secret, 0)]).toEqual([true, true]);

    await ctx.db.update(webhooks).set({ previousSecretUntil: sql`now() - interval '1 second'` });
    await seedDelivery(ctx, old.id);
    await deliverWebhooks(ctx);
    expect([verifies(old.secret, 1), verifies(rotated.secret, 1)]).toEqual([false, true]);

    const last = await rotateSecret(ctx, { ...ref, overlapSeconds: 0 });
    await seedDelivery(ctx, old.id);
    await deliverWebhooks(ctx);
    expect([verifies(rotated.secret, 2), verifies(last.secret, 2)]).toEqual([false, true]);
  });
});

test('a delivery hangs in the trace of its job, and says no more of its receiver than where it is', async () => {
  const tracing = { otlp: { url: 'https://collector.example', headers: {} }, ratio: 1 };
  const recorded = recordSpans({ ...ctx, config: { ...ctx.config, tracing } });
  const webhook = await seedWebhook(ctx, { url: `${receiver.url}?token=hush` });
  const request = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;
  for (const traceparent of [`${request}-01`, `${request}-00`, null]) {
    await seedDelivery(ctx, webhook.id, { jobId: await seedJob(ctx, { traceparent }) });
  }
  receiver.answer = { status: 503 };
  expect(await deliverWebhooks(recorded.ctx)).toBe(3);
  expect(recorded.sent).toEqual([
    expect.objectContaining({
      ...{ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16), name: 'deliver webhook', kind: 'client' },
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 503,
        'server.address': '127.0.0.1',
      },
      error: 'status',
    }),
  ]);
});

describe('an attempt that fails', () => {
  test('is repeated after a while under the same id, until it succeeds', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const id = await seedDelivery(ctx, webhook.id);
    receiver.answer = { status: 503, body: `down\u0000${'x'.repeat(1_000)}` };
    await deliverWebhooks(ctx);
    const once = await read(id);
    expect(once).toMatchObject({ state: 'pending', ended_at: null });
    expect(once.attempts).toMatchObject([{ status: 503, error: 'status' }]);
    expect(once.attempts[0]?.answer).toHaveLength(200);
    expect(once.attempts[0]?.answer).toMatch(/^down\ufffdx+$/);
    expect(await deliverWebhooks(ctx)).toBe(0);
    const [due] = (
      await ctx.db.execute(sql`select extract(epoch from due_at - now()) as seconds from webhook_deliveries`)
    ).rows;
    expect(Number(due?.seconds)).toBeGreaterThan(3);
    expect(Number(due?.seconds)).toBeLessThanOrEqual(5);

    await makeDue();
    receiver.answer = { status: 200 };
    expect(await deliverWebhooks(ctx)).toBe(1);
    const twice = await read(id);
    expect(twice).toMatchObject({ state: 'delivered', attempts: [{ status: 503 }, { status: 200 }] });
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  test('is the last one when the schedule is over', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const id = await seedDelivery(ctx, webhook.id);
    receiver.answer = { status: 500 };
    for (let attempt = 1; attempt <= 11; attempt++) {
      expect((await read(id)).state).toBe('pending');
      await makeDue();
      expect(await deliverWebhooks(ctx)).toBe(1);
    }
    expect(await read(id)).toMatchObject({ state: 'failed', next_attempt_at: null });
    expect((await read(id)).attempts).toHaveLength(11);
    await makeDue();
    expect(await deliverWebhooks(ctx)).toBe(0);
  });

  test('is one that was redirected, and nobody follows', async () => {
    const elsewhere = await startWebhookReceiver();
    receiver.answer = { status: 302, headers: { location: elsewhere.url } };
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const id = await seedDelivery(ctx, webhook.id);
    await deliverWebhooks(ctx);
    expect(await read(id)).toMatchObject({
      state: 'pending',
      attempts: [{ status: 302, error: 'redirect' }],
    });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test('is one without an answer, or without a receiver', async () => {
    receiver.answer = null;
    const silent = await seedWebhook(ctx, { url: receiver.url });
    const absent = await seedWebhook(ctx, { url: 'http://127.0.0.1:1/' });
    const ids = [await seedDelivery(ctx, silent.id), await seedDelivery(ctx, absent.id)];
    await deliverWebhooks(ctx, SHORT);
    const [timedOut, refused] = await Promise.all(ids.map(read));
    expect(timedOut).toMatchObject({ state: 'pending', attempts: [{ status: null, error: 'timeout' }] });
    expect(refused).toMatchObject({ attempts: [{ status: null, error: 'connection_failed' }] });
  });

  test('is counted by its word once the delivery is given up, and never before', async () => {
    const before = await givenUp();
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const other = await seedWebhook(ctx, { url: receiver.url });
    const failing = {
      error: 'status',
      status: 500,
      at: '2026-01-01T00:00:00Z',
      duration_ms: 1,
      answer: null,
    };
    const attempts = Array.from({ length: 10 }, () => failing);
    for (const { id } of [webhook, other]) await seedDelivery(ctx, id, { attempts });
    await seedDelivery(ctx, webhook.id);
    receiver.answer = { status: 500 };
    expect(await deliverWebhooks(ctx)).toBe(3);
    const once = await givenUp();
    expect(once).toEqual({ ...before, status: Number(before.status ?? 0) + 2 });
    await makeDue();
    receiver.answer = { status: 410 };
    expect(await deliverWebhooks(ctx)).toBe(1);
    expect(await givenUp()).toEqual({ ...once, gone: Number(once.gone ?? 0) + 1 });
  });

  test('counts once, though two had the delivery', async () => {
    const before = await givenUp();
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    await seedDelivery(ctx, webhook.id);
    receiver.answer = null;
    const first = deliverWebhooks(ctx, {
      ...outbound,
      fetch: async () => {
        await makeDue();
        receiver.answer = { status: 410 };
        await deliverWebhooks(ctx);
        return new Response(null, { status: 410 });
      },
    });
    await first;
    expect(await givenUp()).toEqual({ ...before, gone: Number(before.gone ?? 0) + 1 });
  });

  test('disables the webhook when the receiver says that it is gone', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const id = await seedDelivery(ctx, webhook.id);
    receiver.answer = { status: 410 };
    await deliverWebhooks(ctx);
    expect(await read(id)).toMatchObject({ state: 'failed', attempts: [{ status: 410, error: 'gone' }] });
    const [row] = await ctx.db.select().from(webhooks);
    expect(row).toMatchObject({ status: 'disabled', disabledReason: 'gone' });
  });

  test('does not disable a webhook that meanwhile has another receiver', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    await seedDelivery(ctx, webhook.id);
    const moved = new URL('/moved', receiver.url).href;
    await deliverWebhooks(ctx, {
      ...outbound,
      fetch: async () => {
        const ref = { projectId: 'default', webhookId: webhook.id, actor: 'test' };
        await updateWebhook(ctx, { ...ref, changes: { url: moved } });
        return new Response(null, { status: 410 });
      },
    });
    const [row] = await ctx.db.select().from(webhooks);
    expect(row).toMatchObject({ status: 'enabled', url: moved });
  });
});

describe('a pass', () => {
  test('puts aside what goes to a disabled webhook, until it is enabled again', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const ref = { projectId: 'default', webhookId: webhook.id, actor: 'test' };
    await updateWebhook(ctx, { ...ref, changes: { status: 'disabled' } });
    const id = await seedDelivery(ctx, webhook.id);
    expect(await deliverWebhooks(ctx)).toBe(0);
    expect(await read(id)).toMatchObject({ state: 'pending', attempts: [], next_attempt_at: null });
    await updateWebhook(ctx, { ...ref, changes: { status: 'enabled' } });
    expect(await deliverWebhooks(ctx)).toBe(1);
    expect(await read(id)).toMatchObject({ state: 'delivered' });
    expect(receiver.received).toHaveLength(1);
  });

  test('reaches all others while one receiver is silent', async () => {
    const quick = await startWebhookReceiver();
    receiver.answer = null;
    const slow = await seedWebhook(ctx, { url: receiver.url });
    const other = await seedWebhook(ctx, { url: quick.url });
    for (let i = 0; i < 12; i++) await seedDelivery(ctx, slow.id, { dueAt: new Date(Date.now() - 60_000) });
    for (let i = 0; i < 5; i++) await seedDelivery(ctx, other.id);
    const pass = deliverWebhooks(ctx, { ...outbound, timeoutMs: 2_000 });
    await quick.has(5);
    // Whoever is silent has no more than its share, however much waits for it.
    expect(receiver.received.length).toBeLessThanOrEqual(2);
    await receiver.close();
    await pass;
    await quick.close();
    receiver = await startWebhookReceiver();
  });

  test('begins with the first of every webhook, whatever waits for the others', async () => {
    const [one, two, late] = await Promise.all([1, 2, 3].map(() => seedWebhook(ctx, { url: receiver.url })));
    const backlog = new Date(Date.now() - 60_000);
    await Promise.all(
      [one, two].flatMap((webhook) =>
        Array.from({ length: 25 }, () => seedDelivery(ctx, webhook?.id ?? '', { dueAt: backlog })),
      ),
    );
    const id = await seedDelivery(ctx, late?.id ?? '');
    await deliverWebhooks(ctx);
    expect((await read(id)).state).toBe('delivered');
  });

  test('gives back what it did not come to', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const ids = await Promise.all([1, 2, 3, 4, 5, 6].map(() => seedDelivery(ctx, webhook.id)));
    let clock = 0;
    const hurried = { ...ctx, now: () => clock };
    const tried = await deliverWebhooks(hurried, {
      ...outbound,
      fetch: async (url, init) => {
        clock += 12_000;
        return outbound.fetch(url, init);
      },
    });
    expect(tried).toBe(2);
    const records = await Promise.all(ids.map(read));
    expect(records.filter((record) => record.state === 'delivered')).toHaveLength(2);
    expect(records.filter((record) => record.attempts.length === 0)).toHaveLength(4);
    expect(await deliverWebhooks(ctx)).toBe(4);
  });

  test('takes nothing that another one has, and takes over what a dead one had', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const id = await seedDelivery(ctx, webhook.id);
    receiver.answer = null;
    const first = deliverWebhooks(ctx, { ...outbound, timeoutMs: 1_000 });
    await receiver.has(1);
    expect(await deliverWebhooks(ctx)).toBe(0);
    // As if its time were over while it still hangs.
    await makeDue();
    receiver.answer = { status: 204 };
    expect(await deliverWebhooks(ctx)).toBe(1);
    expect((await read(id)).state).toBe('delivered');
    await first;
    expect(await read(id)).toMatchObject({ state: 'delivered', attempts: [{ status: 204 }] });
  });

  test('is one statement when nothing is due, and two otherwise', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const id = await seedDelivery(ctx, webhook.id);
    const counting = countStatements(ctx);
    await deliverWebhooks(counting.ctx);
    expect([counting.count(), (await read(id)).state]).toEqual([2, 'delivered']);
    await deliverWebhooks(counting.ctx);
    expect(counting.count()).toBe(3);
  });

  test('forgets what ended or was put aside a month ago, and nothing else', async () => {
    const webhook = await seedWebhook(ctx, { url: receiver.url });
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
    const ended = { state: 'delivered', endedAt: new Date() };
    const { jobId, uploadId } = await storeJob(ctx, { row: { legalHold: true } });
    await ctx.db.delete(webhookDeliveries);
    const overdue = { forgetAfter: daysAgo(1) };
    const old = await seedDelivery(ctx, webhook.id, { ...ended, ...overdue });
    const held = await seedDelivery(ctx, webhook.id, { ...ended, ...overdue, jobId });
    const free = await seedDelivery(ctx, webhook.id, { ...ended, ...overdue, uploadId });
    const recent = await seedDelivery(ctx, webhook.id, ended);
    const retried = await seedDelivery(ctx, webhook.id, {
      ...overdue,
      dueAt: new Date(Date.now() + 60_000),
    });
    const aside = await seedDelivery(ctx, webhook.id, overdue);
    await ctx.db
      .update(webhookDeliveries)
      .set({ dueAt: sql`'infinity'` })
      .where(eq(webhookDeliveries.id, aside));
    await deliverWebhooks(ctx);
    const left = async () => (await ctx.db.select().from(webhookDeliveries)).map(({ id }) => id).sort();
    expect(await left()).toEqual([held, recent, retried].sort());
    for (const id of [old, free]) expect(await left()).not.toContain(id);

    // What was spared does not stand in the way of the next, and has its turn again.
    const { rows } = await ctx.db.execute(sql`select 1 from webhook_deliveries where forget_after < now()`);
    expect(rows).toEqual([]);
    await ctx.db.update(jobs).set({ legalHold: false });
    await ctx.db.update(projects).set({ legalHold: true });
    await ctx.db.update(webhookDeliveries).set(overdue);
    await deliverWebhooks(ctx);
    expect(await left()).toEqual([held, recent, retried].sort());
    await ctx.db.update(projects).set({ legalHold: false });
    await ctx.db.update(webhookDeliveries).set(overdue);
    await deliverWebhooks(ctx);
    expect(await left()).toEqual([retried]);
  });
});
