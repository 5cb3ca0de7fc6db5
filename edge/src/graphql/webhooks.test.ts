import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type GraphqlClient, graphqlClient } from '../testing/graphql-client.ts';
import { restClient } from '../testing/rest-client.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
let client: GraphqlClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = graphqlClient(restClient(outside.ctx));
  await outside.ctx.db.execute(`insert into projects (id) values ('stranger')`);
});
afterAll(async () => {
  await outside.settled();
  await outside.close();
});

const URL_OF = 'https://hooks.example.com/in';
const entry = z.looseObject({ id: z.string() });
const page = z.object({ nodes: z.array(entry), nextCursor: z.string().nullable() });

test('answers with a secret are kept nowhere, and come again all the same', async () => {
  const create = `mutation { createWebhook(input: {url: "${URL_OF}"}) { webhook { id } secret } }`;
  const send = (query: string, key: string) => client.post(query, {}, { 'idempotency-key': key });
  const made = await send(create, 'make');
  expect((await send(create, 'make')).text).toBe(made.text);
  const shape = z.object({ data: z.object({ createWebhook: z.object({ webhook: entry }) }) });
  const { id } = made.as(shape).data.createWebhook.webhook;
  const rotate = `mutation { rotateWebhookSecret(id: "${id}") { secret } }`;
  const rotated = await send(rotate, 'rotate');
  expect((await send(rotate, 'rotate')).text).toBe(rotated.text);
  const kept = await outside.ctx.db.execute(sql`select 1 from idempotency_keys where body like '%whsec_%'`);
  expect(kept.rows).toEqual([]);
  await client.ask('mutation ($id: ID!) { deleteWebhook(id: $id) }', { id });
});

test('webhooks are made, changed, given a new secret and removed', async () => {
  const made = await client.field(
    'createWebhook',
    z.object({ webhook: z.object({ id: z.string(), status: z.string() }), secret: z.string() }),
    'mutation { createWebhook(input: {url: "https://hooks.example.com/in", events: ["job.completed"]}) { webhook { id status } secret } }',
  );
  const { id } = made.webhook;
  const rotated = await client.field(
    'rotateWebhookSecret',
    z.object({ secret: z.string() }),
    'mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret webhook { previousSecretUntil } } }',
    { id },
  );
  expect(rotated.secret).not.toBe(made.secret);
  const changed = await client.ask(
    'mutation ($id: ID!) { updateWebhook(id: $id, changes: {status: disabled}) { status disabledReason events } }',
    { id },
  );
  expect(changed.data?.updateWebhook).toEqual({
    status: 'disabled',
    disabledReason: 'owner',
    events: ['job.completed'],
  });
  const list = () =>
    client.field(
      'webhooks',
      z.object({ nodes: z.array(z.object({ id: z.string() })) }),
      '{ webhooks { nodes { id url } nextCursor } }',
    );
  expect((await list()).nodes).toMatchObject([{ id }]);
  await client.ask('mutation ($id: ID!) { deleteWebhook(id: $id) }', { id });
  expect((await list()).nodes).toEqual([]);
});

test('a test event is sent, its delivery read, and delivered once more', async () => {
  const { id } = await seedWebhook(outside.ctx, { url: URL_OF });
  const sent = await client.field(
    'testWebhook',
    entry,
    'mutation ($id: ID!) { testWebhook(id: $id) { id type state eventId jobId attempts { status } occurredAt } }',
    { id },
  );
  expect(sent).toMatchObject({ type: 'webhook.test', state: 'pending', jobId: null, attempts: [] });
  const read = await client.field(
    'delivery',
    z.object({ body: z.string(), delivery: entry }),
    'query ($id: ID!, $delivery: ID!) { delivery(webhookId: $id, id: $delivery) { body delivery { id eventId } } }',
    { id, delivery: sent.id },
  );
  expect(read.delivery).toEqual({ id: sent.id, eventId: sent.eventId });
  expect(JSON.parse(read.body)).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } });

  const again = await client.field(
    'replayDelivery',
    entry,
    'mutation ($id: ID!, $delivery: ID!) { replayDelivery(webhookId: $id, id: $delivery) { id eventId } }',
    { id, delivery: sent.id },
  );
  expect(again).toEqual({ id: expect.not.stringMatching(sent.id), eventId: sent.eventId });
});

test('deliveries have pages, and a filter', async () => {
  const { id } = await seedWebhook(outside.ctx, { url: URL_OF });
  const made: string[] = [];
  for (const [state, day] of [
    ['delivered', 1],
    ['failed', 2],
    ['delivered', 3],
  ] as const)
    made.unshift(
      await seedDelivery(outside.ctx, id, { state, occurredAt: new Date(Date.UTC(2026, 0, day)) }),
    );
  const ask = async (args: string) =>
    client.field(
      'deliveries',
      page,
      `{ deliveries(webhookId: "${id}", ${args}) { nodes { id state } nextCursor } }`,
    );
  const first = await ask('limit: 2');
  const second = await ask(`limit: 2, cursor: "${first.nextCursor}"`);
  expect([...first.nodes, ...second.nodes].map((one) => one.id)).toEqual(made);
  expect((await ask('state: failed')).nodes.map((one) => one.id)).toEqual([made[1]]);
});

test('a disabled webhook takes no test event; enabled again, it is sent what it had missed at once', async () => {
  const { id } = await seedWebhook(outside.ctx, { url: URL_OF });
  const set = (status: string) =>
    client.ask(`mutation ($id: ID!) { updateWebhook(id: $id, changes: {status: ${status}}) { status } }`, {
      id,
    });
  await set('disabled');
  const refused = await client.ask('mutation ($id: ID!) { testWebhook(id: $id) { id } }', { id });
  expect(refused.errors?.[0]?.extensions).toEqual({ code: 'webhook_disabled', status: 409 });
  const missed = await seedDelivery(outside.ctx, id);
  expect((await set('enabled')).data?.updateWebhook).toEqual({ status: 'enabled' });
  await outside.settled();
  const { nodes } = await client.field(
    'deliveries',
    page,
    `{ deliveries(webhookId: "${id}") { nodes { id attempts { at error } } nextCursor } }`,
  );
  expect(nodes).toMatchObject([{ id: missed, attempts: [{ error: expect.any(String) }] }]);
});

test('what REST refuses is refused here, in the names of this door', async () => {
  const create = 'mutation ($input: WebhookInput!) { createWebhook(input: $input) { secret } }';
  const refused = await client.ask(create, {
    input: { url: URL_OF, events: ['job.exploded'], description: 'x'.repeat(501) },
  });
  expect(refused.errors?.[0]?.extensions.issues).toMatchObject([
    { path: 'input.events.0' },
    { path: 'input.description' },
  ]);
  expect(
    (await client.ask(create, { input: { url: 'https://10.0.0.1/in' } })).errors?.[0]?.extensions.code,
  ).toBe('webhook_url_refused');
});

test('of a stranger’s webhook nothing is read, and nothing happens to it', async () => {
  const { id } = await seedWebhook(outside.ctx, { url: URL_OF, projectId: 'stranger' });
  const delivery = await seedDelivery(outside.ctx, id, { projectId: 'stranger' });
  const read = await client.ask(
    `query ($id: ID!, $delivery: ID!) {
      webhook(id: $id) { id } deliveries(webhookId: $id) { nodes { id } } delivery(webhookId: $id, id: $delivery) { body }
    }`,
    { id, delivery },
  );
  expect(read).toEqual({ data: { webhook: null, deliveries: null, delivery: null } });
  for (const mutation of [
    'updateWebhook(id: $id, changes: {status: disabled}) { id }',
    'deleteWebhook(id: $id)',
    'rotateWebhookSecret(id: $id) { secret }',
    'testWebhook(id: $id) { id }',
    `replayDelivery(webhookId: $id, id: "${delivery}") { id }`,
  ]) {
    const refused = await client.ask(`mutation ($id: ID!) { ${mutation} }`, { id });
    expect([mutation, refused.errors?.[0]?.extensions]).toEqual([
      mutation,
      { code: 'webhook_not_found', status: 404 },
    ]);
  }
});
