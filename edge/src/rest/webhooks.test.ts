import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createKey } from '../auth/create-key.ts';
import { projects, webhookDeliveries, webhooks } from '../db/schema.ts';
import { bearer, type ClosedInstallation, openClosedInstallation } from '../testing/closed-installation.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.ts';
import { delivery, deliveryWithBody, webhook, webhookWithSecret } from './webhook-json.ts';

const UNKNOWN = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const webhookList = z.object({ webhooks: z.array(webhook), next_cursor: z.string().nullable() });
const deliveryList = z.object({ deliveries: z.array(delivery), next_cursor: z.string().nullable() });

let outside: ClosedInstallation;
let client: RestClient;
let receiver: WebhookReceiver;
beforeAll(async () => {
  outside = await openClosedInstallation({ openAccess: true, webhookLoopback: true });
  client = restClient(outside.ctx);
  await outside.ctx.db.insert(projects).values({ id: 'other' });
});
afterAll(() => outside.close());
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await outside.settled();
  await receiver.close();
  await outside.ctx.db.delete(webhooks);
});

const create = async (input: Record<string, unknown> = {}) =>
  (await client.send('POST', '/webhooks', { url: receiver.url, ...input })).as(webhookWithSecret);

describe('a webhook', () => {
  test('is created, read, changed and deleted; its secret is shown once', async () => {
    const answer = await client.send('POST', '/webhooks', {
      url: receiver.url,
      events: ['job.completed'],
      description: 'mine',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { secret, ...created } = answer.as(webhookWithSecret);
    expect(answer.headers.get('location')).toBe(`/webhooks/${created.id}`);
    expect(created).toMatchObject({
      url: receiver.url,
      events: ['job.completed'],
      description: 'mine',
      status: 'enabled',
      disabled_reason: null,
      previous_secret_until: null,
    });
    const read = await client.get(`/webhooks/${created.id}`);
    expect(read.as(webhook)).toEqual(created);
    expect(read.text).not.toContain(secret);

    const change = (body: unknown) => client.send('PATCH', `/webhooks/${created.id}`, body);
    const disabled = await change({ status: 'disabled', description: '', events: [] });
    expect(disabled.as(webhook)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'owner',
      description: '',
      events: [],
      url: receiver.url,
    });
    const moved = new URL('/moved', receiver.url).href;
    expect((await change({ status: 'enabled', url: moved })).as(webhook)).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      url: moved,
    });
    expect((await change({})).as(webhook)).toMatchObject({ status: 'enabled', url: moved });

    expect((await client.send('DELETE', `/webhooks/${created.id}`)).status).toBe(204);
    expect((await client.get(`/webhooks/${created.id}`)).status).toBe(404);
    expect((await client.send('DELETE', `/webhooks/${created.id}`)).status).toBe(404);
  });

  test('lists newest first, page by page', async () => {
    const made = [await create(), await create(), await create()].map(({ id }) => id).reverse();
    const first = (await client.get('/webhooks?limit=2')).as(webhookList);
    const second = (await client.get(`/webhooks?limit=2&cursor=${first.next_cursor}`)).as(webhookList);
    expect([...first.webhooks, ...second.webhooks].map(({ id }) => id)).toEqual(made);
    expect(second.next_cursor).toBeNull();
    const foreign = await client.get(`/webhooks/${made[0]}/deliveries?cursor=${first.next_cursor}`);
    expect([foreign.status, foreign.as(problemShape).code]).toEqual([400, 'invalid_request']);
  });

  test('is one of at most twenty, however many are asked for at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => client.send('POST', '/webhooks', { url: receiver.url })),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(20);
    const refused = answers.filter((answer) => answer.status !== 201);
    expect(new Set(refused.map((answer) => answer.as(problemShape).code))).toEqual(
      new Set(['quota_exceeded']),
    );
    const id = (await client.get('/webhooks')).as(webhookList).webhooks[0]?.id;
    await client.send('DELETE', `/webhooks/${id}`);
    expect((await client.send('POST', '/webhooks', { url: receiver.url })).status).toBe(201);
  });

  test('gets a new secret; the old one signs for a day, or as long as wanted', async () => {
    const { id, secret } = await create();
    const rotate = async (body?: unknown) =>
      (await client.send('POST', `/webhooks/${id}/rotate`, body)).as(webhookWithSecret);
    const hoursOf = (until: string | null) =>
      until === null ? null : Math.round((Date.parse(until) - Date.now()) / 3_600_000);
    const daily = await rotate();
    expect(daily.secret).not.toBe(secret);
    expect(hoursOf(daily.previous_secret_until)).toBe(24);
    const hourly = await rotate({ overlap_seconds: 7_200 });
    expect(hoursOf(hourly.previous_secret_until)).toBe(2);
    expect((await rotate({ overlap_seconds: 0 })).previous_secret_until).toBeNull();
  });

  test('asked for again with the same idempotency key, it shows the same secret, which is kept nowhere else', async () => {
    const send = (path: string, body: unknown, key: string) =>
      client.send('POST', path, body, { 'idempotency-key': key });
    const made = (await send('/webhooks', { url: receiver.url }, 'make')).as(webhookWithSecret);
    expect((await send('/webhooks', { url: receiver.url }, 'make')).as(webhookWithSecret)).toEqual(made);
    const rotated = await send(`/webhooks/${made.id}/rotate`, {}, 'rotate');
    expect(rotated.headers.get('cache-control')).toBe('no-store');
    const again = await send(`/webhooks/${made.id}/rotate`, {}, 'rotate');
    expect(again.as(webhookWithSecret)).toEqual(rotated.as(webhookWithSecret));
    expect((await send('/webhooks', { url: receiver.url }, 'make')).as(webhookWithSecret).secret).toBe(
      made.secret,
    );
    const kept = await outside.ctx.db.execute(sql`select 1 from idempotency_keys where body like '%whsec_%'`);
    expect(kept.rows).toEqual([]);
    expect((await client.get('/webhooks')).as(webhookList).webhooks).toHaveLength(1);
  });

  test.each([
    ['http://hooks.example.com/', 422, 'webhook_url_refused'],
    ['https://169.254.169.254/', 422, 'webhook_url_refused'],
    ['https://user:secret@hooks.example.com/', 422, 'webhook_url_refused'],
    ['nonsense', 422, 'webhook_url_refused'],
    ['', 400, 'invalid_request'],
    [`https://hooks.example.com/${'x'.repeat(2_048)}`, 400, 'invalid_request'],
  ])('does not go to %s', async (url, status, code) => {
    const strict = restClient({ ...outside.ctx, config: { ...outside.ctx.config, webhookLoopback: false } });
    const created = await strict.send('POST', '/webhooks', { url });
    expect([created.status, created.as(problemShape).code]).toEqual([status, code]);
    const { id } = await create();
    const changed = await strict.send('PATCH', `/webhooks/${id}`, { url });
    expect([changed.status, changed.as(problemShape).code]).toEqual([status, code]);
  });

  test.each([
    { events: ['job.exploded'] },
    { events: 'job.completed' },
    { description: 'a\u0000b' },
    { status: 'disabled' },
    { secret: 'whsec_mine' },
  ])('is not made of %j', async (input) => {
    const answer = await client.send('POST', '/webhooks', { url: receiver.url, ...input });
    expect([answer.status, answer.as(problemShape).code]).toEqual([400, 'invalid_request']);
  });
});

describe('deliveries', () => {
  test('of a test event go the way of all others, and are listed', async () => {
    const { id } = await create({ events: ['job.failed'] });
    const answer = await client.send('POST', `/webhooks/${id}/test`);
    expect(answer.status).toBe(202);
    const sent = answer.as(delivery);
    expect(sent).toMatchObject({ type: 'webhook.test', state: 'pending' });
    await outside.settled();
    const [message] = receiver.received;
    expect(message?.headers['webhook-id']).toBe(sent.event_id);
    expect(JSON.parse(message?.body ?? '')).toEqual({
      type: 'webhook.test',
      timestamp: sent.occurred_at,
      data: { webhook_id: id },
    });
    const read = (await client.get(`/webhooks/${id}/deliveries/${sent.id}`)).as(deliveryWithBody);
    expect(read).toMatchObject({ state: 'delivered', body: message?.body, attempts: [{ status: 204 }] });
    const { body: _body, ...listed } = read;
    expect((await client.get(`/webhooks/${id}/deliveries`)).as(deliveryList).deliveries).toEqual([listed]);
  });

  test('list those of the latest events first, page by page, by state', async () => {
    const { id } = await create();
    const ids: string[] = [];
    for (const state of ['delivered', 'failed', 'delivered', 'failed', 'delivered']) {
      const occurredAt = new Date(Date.now() - 60_000 + ids.length * 1_000);
      ids.unshift(await seedDelivery(outside.ctx, id, { state, occurredAt, endedAt: new Date() }));
    }
    const page = async (query: string) =>
      (await client.get(`/webhooks/${id}/deliveries?${query}`)).as(deliveryList);
    const idsOf = ({ deliveries }: z.infer<typeof deliveryList>) => deliveries.map((entry) => entry.id);
    const first = await page('limit=3');
    const second = await page(`limit=3&cursor=${first.next_cursor}`);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    expect(idsOf(await page('state=failed'))).toEqual([ids[1], ids[3]]);
    expect(idsOf(await page('state=pending'))).toEqual([]);
  });

  test('are replayed under the same event id, whatever became of them', async () => {
    const { id } = await create();
    const original = await seedDelivery(outside.ctx, id, {
      state: 'failed',
      endedAt: new Date(),
      attempts: [
        { at: '2026-01-01T00:00:00.000Z', status: 500, error: 'status', duration_ms: 1, answer: null },
      ],
      occurredAt: new Date('2026-11-01T00:00:00.000Z'),
    });
    await outside.ctx.db.update(webhookDeliveries).set({ occurredAt: sql`now() - interval '1 hour'` });
    const answer = await client.send('POST', `/webhooks/${id}/deliveries/${original}/replay`);
    expect(answer.status).toBe(202);
    const replay = answer.as(delivery);
    expect(replay).toMatchObject({ event_id: `evt_${original}`, state: 'pending', attempts: [] });
    expect(replay.id).not.toBe(original);
    await outside.settled();
    expect(receiver.received.map((message) => message.headers['webhook-id'])).toEqual([`evt_${original}`]);
    const bodies = await Promise.all(
      [original, replay.id].map(async (deliveryId) =>
        (await client.get(`/webhooks/${id}/deliveries/${deliveryId}`)).as(deliveryWithBody),
      ),
    );
    expect(bodies[1]?.body).toBe(bodies[0]?.body);
    expect(bodies.map(({ state }) => state)).toEqual(['failed', 'delivered']);
  });

  test('of a disabled webhook wait, and none is made for it by hand', async () => {
    const { id } = await create();
    const waiting = await seedDelivery(outside.ctx, id);
    await client.send('PATCH', `/webhooks/${id}`, { status: 'disabled' });
    for (const path of ['test', `deliveries/${waiting}/replay`]) {
      const answer = await client.send('POST', `/webhooks/${id}/${path}`);
      expect([answer.status, answer.as(problemShape).code]).toEqual([409, 'webhook_disabled']);
    }
    await outside.settled();
    expect(receiver.received).toEqual([]);
  });
});

describe('access', () => {
  const operations = (id: string, deliveryId: string): [string, string, unknown?][] => [
    ['GET', `/webhooks/${id}`],
    ['PATCH', `/webhooks/${id}`, { description: 'x' }],
    ['POST', `/webhooks/${id}/rotate`, {}],
    ['POST', `/webhooks/${id}/test`],
    ['GET', `/webhooks/${id}/deliveries`],
    ['GET', `/webhooks/${id}/deliveries/${deliveryId}`],
    ['POST', `/webhooks/${id}/deliveries/${deliveryId}/replay`],
    ['DELETE', `/webhooks/${id}`],
  ];

  test("another project's webhooks do not exist", async () => {
    const theirs = await seedWebhook(outside.ctx, { url: receiver.url, projectId: 'other' });
    const deliveryId = await seedDelivery(outside.ctx, theirs.id, { projectId: 'other' });
    for (const [method, path, body] of operations(theirs.id, deliveryId)) {
      const answer = await client.send(method, path, body);
      expect([path, answer.status, answer.as(problemShape).code]).toEqual([path, 404, 'webhook_not_found']);
    }
    expect((await client.get('/webhooks')).as(webhookList).webhooks).toEqual([]);
    const own = (await client.get('/webhooks', { 'x-project-id': 'other' })).as(webhookList);
    expect(own.webhooks).toMatchObject([{ id: theirs.id, description: '', status: 'enabled' }]);
  });

  test("another webhook's deliveries do not exist", async () => {
    const [mine, yours] = [await create(), await create()];
    const deliveryId = await seedDelivery(outside.ctx, yours.id);
    for (const id of [deliveryId, UNKNOWN]) {
      const read = await client.get(`/webhooks/${mine.id}/deliveries/${id}`);
      expect([read.status, read.as(problemShape).code]).toEqual([404, 'delivery_not_found']);
      const replay = await client.send('POST', `/webhooks/${mine.id}/deliveries/${id}/replay`);
      expect([replay.status, replay.as(problemShape).code]).toEqual([404, 'delivery_not_found']);
    }
  });

  test('needs the scope webhooks:manage', async () => {
    const caller = { projectId: 'default', actor: 'test', scopes: ['admin'] as const, operator: false };
    const keyFor = async (scope: 'jobs:write' | 'webhooks:manage') =>
      bearer((await createKey(outside.ctx, { caller, name: scope, scopes: [scope], expiresAt: null })).key);
    const { id } = await create();
    const deliveryId = await seedDelivery(outside.ctx, id, { state: 'failed', endedAt: new Date() });
    const all: [string, string, unknown?][] = [
      ['GET', '/webhooks'],
      ['POST', '/webhooks', { url: receiver.url }],
      ...operations(id, deliveryId),
    ];
    const [wrong, right] = [await keyFor('jobs:write'), await keyFor('webhooks:manage')];
    for (const [method, path, body] of all) {
      const answer = await client.send(method, path, body, wrong);
      expect([path, answer.status, answer.as(problemShape).code]).toEqual([path, 403, 'forbidden']);
    }
    for (const [method, path, body] of all) {
      expect([path, (await client.send(method, path, body, right)).status < 300]).toEqual([path, true]);
    }
  });
});
